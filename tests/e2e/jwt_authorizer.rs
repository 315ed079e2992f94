//! Who is admitted with which token, inside the gateway.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use tollgate_tests::backend::values;
use tollgate_tests::envoy::Watch;
use tollgate_tests::issuer::{Algorithm, Secret, SigningKey, now};
use tollgate_tests::{Backend, Gateway, Issuer, Request, definition, wait};

/// A gateway that several tests share, and what it needs.
struct Scene {
    gateway: Gateway,
    issuer: Issuer,
    _backend: Backend,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let api =
        definition::authorized_api(&backend.url(""), &issuer.authorizer(), &["orders", "admin"]);
    Scene { gateway: Gateway::serving(api), issuer, _backend: backend }
});

fn scene() -> (&'static Scene, Watch<'static>) {
    (&SCENE, SCENE.gateway.watch())
}

/// The challenge to a token that is refused for this reason.
fn invalid(scopes: &str, reason: &str) -> String {
    format!(r#"Bearer scope="{scopes}" error="invalid_token" error_description="{reason}""#)
}

#[test]
fn a_request_without_a_token_is_told_to_bring_one() {
    let (scene, _watch) = scene();
    for request in [
        Request::get("/"),
        Request::get("/").header("authorization", ""),
        Request::get("/").header("authorization", "Bearer "),
        Request::get("/scoped"),
    ] {
        let answer = request.send(&scene.gateway);
        assert_eq!((answer.status, answer.text()), (401, r#"{"message":"Unauthorized"}"#));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("apigw-requestid").map(str::len), Some(16));
    }
}

#[test]
fn a_good_token_is_admitted_with_and_without_its_scheme() {
    let (scene, _watch) = scene();
    let token = scene.issuer.token();
    for value in [format!("Bearer {token}"), format!("bEARER {token}"), token] {
        let answer = Request::get("/").header("authorization", &value).send(&scene.gateway);
        assert_eq!(answer.status, 200, "{value}");
        assert_eq!(values(&answer.json(), "x-subject"), ["user-1"]);
    }
}

#[test]
fn a_token_that_is_not_good_is_refused_for_its_reason() {
    let (scene, _watch) = scene();
    let issuer = &scene.issuer;
    let refused = [
        (json!({"aud": "other"}), "the token does not have a valid audience"),
        (json!({"aud": null}), "the token does not have a valid audience"),
        (json!({"aud": null, "client_id": "other"}), "the token does not have a valid audience"),
        (json!({"aud": "other", "client_id": "api"}), "the token does not have a valid audience"),
        (json!({"iss": "https://other.example"}), "issuer does not match"),
        (json!({"iss": format!("{}/", issuer.url())}), "issuer does not match"),
        (json!({"exp": now() - 1}), "the token has expired"),
        (json!({"exp": null}), ""),
        (json!({"nbf": now() + 60}), ""),
        (json!({"iat": now() + 60}), ""),
    ];
    for (claims, reason) in refused {
        let answer = Request::get("/").bearer(&issuer.token_with(&claims)).send(&scene.gateway);
        assert_eq!((answer.status, answer.text()), (401, r#"{"message":"Unauthorized"}"#));
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(
            challenge.starts_with(r#"Bearer scope="" error="invalid_token" error_description="#),
            "{claims}: {challenge}"
        );
        if !reason.is_empty() {
            assert_eq!(challenge, invalid("", reason), "{claims}");
        }
    }
}

#[test]
fn a_token_that_someone_else_signed_is_refused() {
    let (scene, _watch) = scene();
    let claims = scene.issuer.claims(&json!({}));
    let forged = SigningKey::make(Algorithm::Es256, "key-1").sign(&claims);
    let answer = Request::get("/").bearer(&forged).send(&scene.gateway);
    assert_eq!(answer.status, 401);
    let none = forged.rsplit_once('.').map(|(start, _)| format!("{start}.")).unwrap();
    assert_eq!(Request::get("/").bearer(&none).send(&scene.gateway).status, 401);
    assert_eq!(Request::get("/").bearer(&scene.issuer.token()).send(&scene.gateway).status, 200);
}

#[test]
fn the_client_id_stands_in_for_a_missing_audience() {
    let (scene, _watch) = scene();
    for claims in [json!({"aud": null, "client_id": "api"}), json!({"aud": ["x", "api"]})] {
        let token = scene.issuer.token_with(&claims);
        assert_eq!(Request::get("/").bearer(&token).send(&scene.gateway).status, 200, "{claims}");
    }
}

#[test]
fn one_of_the_routes_scopes_is_enough_and_none_is_forbidden() {
    let (scene, _watch) = scene();
    let check = |claims: Value, status: u16| {
        let token = scene.issuer.token_with(&claims);
        let answer = Request::get("/scoped").bearer(&token).send(&scene.gateway);
        assert_eq!(answer.status, status, "{claims}");
        if status == 403 {
            assert_eq!(answer.text(), r#"{"message":"Forbidden"}"#);
            let expected = "Bearer scope=\"orders admin\" error=\"insufficient_scope\" \
                            error_description=\"the token does not have any of the required scopes\"";
            assert_eq!(answer.header("www-authenticate"), Some(expected));
        }
    };
    check(json!({"scope": "read orders"}), 200);
    check(json!({"scp": ["admin"]}), 200);
    check(json!({"scp": "admin"}), 200);
    check(json!({}), 403);
    check(json!({"scope": ""}), 403);
    check(json!({"scope": "ordersadmin"}), 403);
    check(json!({"scope": "order"}), 403);
    check(json!({"aud": "other", "scope": "orders"}), 401);
}

#[test]
fn a_bad_token_on_a_route_with_scopes_is_told_the_scopes() {
    let (scene, _watch) = scene();
    let token = scene.issuer.token_with(&json!({"aud": "other"}));
    let answer = Request::get("/scoped").bearer(&token).send(&scene.gateway);
    let expected = invalid("orders admin", "the token does not have a valid audience");
    assert_eq!(answer.header("www-authenticate"), Some(expected.as_str()));
}

#[test]
fn two_tokens_are_one_too_many() {
    let (scene, _watch) = scene();
    let good = format!("Bearer {}", scene.issuer.token());
    for other in [good.as_str(), "Bearer x", "x"] {
        for (first, second) in [(good.as_str(), other), (other, good.as_str())] {
            let request =
                Request::get("/").header("authorization", first).header("authorization", second);
            assert_eq!(request.send(&scene.gateway).status, 401, "{first} {second}");
        }
    }
}

#[test]
fn a_verified_token_is_not_remembered_beyond_its_end() {
    let (scene, _watch) = scene();
    let token = scene.issuer.token_with(&json!({"exp": now() + 3}));
    let ask = || Request::get("/").bearer(&token).send(&scene.gateway).status;
    assert_eq!(ask(), 200);
    let refused = wait::until("end of the token", Duration::from_secs(10), || {
        Some(ask()).filter(|status| *status != 200)
    });
    assert_eq!(refused, 401);
}

#[test]
fn a_token_may_come_in_the_query_or_in_a_cookie_where_the_operator_says_so() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let mut authorizer = issuer.authorizer();
    authorizer["identity_source"] =
        json!(["$request.querystring.access_token", "$request.cookie.session"]);
    let api = definition::authorized_api(&backend.url(""), &authorizer, &[]);
    let gateway = Gateway::with_workers(api, 1);
    let token = issuer.token();
    let query = Request::get(&format!("/?a=b&access_token={token}"));
    assert_eq!(query.send(&gateway).status, 200);
    let cookie = Request::get("/").header("cookie", format!("a=b; session={token}"));
    assert_eq!(cookie.send(&gateway).status, 200);
    assert_eq!(Request::get("/").bearer(&token).send(&gateway).status, 401);
    let twice = Request::get(&format!("/?access_token={token}&access_token={token}"));
    assert_eq!(twice.send(&gateway).status, 401);
}

#[test]
fn each_issuer_vouches_only_for_its_own_audience_and_keys() {
    let backend = Backend::start();
    let (first, second) = (Issuer::start(), Issuer::start());
    let mut authorizer = first.authorizer();
    let mut other = second.authorizer()["issuers"][0].clone();
    other["audiences"] = json!({"any_of": ["partners"]});
    other["additional_claims"] =
        json!([{"claim_name": "tier", "required": true, "expected_values": ["gold"]}]);
    authorizer["issuers"].as_array_mut().unwrap().push(other);
    let api = definition::authorized_api(&backend.url(""), &authorizer, &[]);
    let gateway = Gateway::with_workers(api, 1);
    let check = |token: &str, status: u16| {
        assert_eq!(Request::get("/").bearer(token).send(&gateway).status, status);
    };
    check(&first.token(), 200);
    check(&second.token_with(&json!({"aud": "partners", "tier": "gold"})), 200);
    check(&second.token_with(&json!({"aud": "partners", "tier": "tin"})), 401);
    check(&second.token_with(&json!({"aud": "partners"})), 401);
    check(&second.token_with(&json!({"tier": "gold"})), 401);
    check(&first.token_with(&json!({"aud": "partners"})), 401);
    check(&first.token_with(&json!({"iss": second.url(), "aud": "partners", "tier": "gold"})), 401);
}

#[test]
fn a_rest_api_refuses_in_its_own_words() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let jwt = json!({"jwt": {"authorizer": "users", "scopes": ["orders"]}});
    let gateway = Gateway::with_workers(
        definition(json!({
            "version": 1,
            "default_api": "a",
            "apis": {"a": {
                "name": "A",
                "protocol": "rest",
                "authorizers": {"users": {"jwt": issuer.authorizer()}},
                "integrations": {"backend": {"http_proxy": {"uri": backend.url("/")}}},
                "routes": {"GET /orders": {"authorization": jwt, "integration": "backend"}},
                "stages": {"prod": {}},
            }},
        })),
        1,
    );
    let answer = Request::get("/prod/orders").send(&gateway);
    assert_eq!((answer.status, answer.text()), (401, r#"{"message":"Unauthorized"}"#));
    assert_eq!(answer.header("x-amzn-errortype"), Some("UnauthorizedException"));
    let answer = Request::get("/prod/orders").bearer(&issuer.token()).send(&gateway);
    let body = r#"{"Message":"User is not authorized to access this resource"}"#;
    assert_eq!((answer.status, answer.text()), (403, body));
    assert_eq!(answer.header("x-amzn-errortype"), Some("AccessDeniedException"));
    let token = issuer.token_with(&json!({"scope": "orders"}));
    let answer = Request::get("/prod/orders").bearer(&token).send(&gateway);
    assert_eq!(answer.status, 200);
    assert_eq!(values(&answer.json(), "x-amzn-apigateway-api-id"), ["a"]);
}

#[test]
fn a_shared_secret_counts_only_where_it_is_asked_for_by_name() {
    let backend = Backend::start();
    let secret = Secret::of(&[b'k'; 32], "s");
    let token = secret.sign(&json!({"iss": "i", "aud": "api", "exp": now() + 60}));
    let serve = |algorithms: Value, key: Value| {
        let authorizer = json!({"issuers": [{
            "issuer": "i",
            "audiences": {"any_of": ["api"]},
            "algorithms": algorithms,
            "keys": {"jwks": {"keys": [key]}},
        }]});
        let api = definition::authorized_api(&backend.url(""), &authorizer, &[]);
        Gateway::with_workers(api, 1)
    };
    let ask = |gateway: &Gateway, token: &str| Request::get("/").bearer(token).send(gateway).status;
    assert_eq!(ask(&serve(json!(["HS256"]), secret.jwk()), &token), 200);

    // The public key of an algorithm with two keys must not pass for a secret.
    let public = SigningKey::make(Algorithm::Rs256, "s").public();
    let gateway = serve(json!([]), public.clone());
    assert_eq!(ask(&gateway, &token), 401);
    for confused in [public.to_string(), public["n"].as_str().unwrap_or_default().to_owned()] {
        let claims = json!({"iss": "i", "aud": "api", "exp": now() + 60});
        assert_eq!(ask(&gateway, &Secret::of(confused.as_bytes(), "s").sign(&claims)), 401);
    }
}
