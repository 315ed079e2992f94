//! `iam-authorizer.wasm` on its own, before a backend that answers everybody, and the clients that people
//! sign with.

use serde_json::{Value, json};
use tollgate_tests::backend::values;
use tollgate_tests::signers::{AccessKey, Job, NODE, PYTHON, send};
use tollgate_tests::{Alone, Backend, Request, Service};

const ANN: AccessKey =
    AccessKey { id: "AKIDANN", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token: "" };

/// Temporary credentials of Ben's.
const BEN: AccessKey = AccessKey {
    id: "ASIABEN",
    secret: "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
    token: "FwoGZXIvYXdzEBYaDK+token/of+his==",
};

fn config(style: &str) -> Value {
    let api = "arn:aws:execute-api:us-east-1:123456789012:shop/prod";
    let statement = |effect: &str, resource: &str| {
        let resource = format!("{api}/{resource}");
        json!({"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource})
    };
    let policy = |statements: &[Value]| json!([{"Version": "2012-10-17", "Statement": statements}]);
    json!({
        "api_id": "shop",
        "stage": "prod",
        "style": style,
        "credentials": [
            {
                "access_key_id": ANN.id,
                "secret_access_key": ANN.secret,
                "owner": {"arn": "arn:aws:iam::123456789012:user/ann"},
                "policies": policy(&[statement("Allow", "*"), statement("Deny", "*/secret")]),
            },
            {
                "access_key_id": BEN.id,
                "secret_access_key": BEN.secret,
                "session_token": BEN.token,
                "owner": {
                    "arn": "arn:aws:sts::123456789012:assumed-role/reader/ben",
                    "user_id": "AROAEXAMPLE:ben",
                },
                "policies": policy(&[statement("Allow", "GET/*")]),
            },
        ],
    })
}

fn start(style: &str) -> (Backend, Alone) {
    let backend = Backend::start();
    let services = [Service::new("backend", backend.url(""))];
    let envoy = Alone::start("iam-authorizer", &config(style), &services, 2);
    (backend, envoy)
}

fn url(envoy: &Alone, target: &str) -> String {
    format!("http://{}{target}", envoy.address())
}

fn clients() -> impl Iterator<Item = &'static str> {
    PYTHON.into_iter().chain(NODE).chain(["curl"])
}

/// Jobs of all clients that can do them.
fn jobs(
    envoy: &Alone,
    key: AccessKey,
    method: &'static str,
    target: &str,
    body: &'static str,
) -> Vec<Job> {
    clients().map(|client| Job { client, key, method, url: url(envoy, target), body }).collect()
}

#[test]
fn what_clients_sign_reaches_the_backend_without_the_signature() {
    let (backend, envoy) = start("rest");
    let mut all = jobs(&envoy, ANN, "GET", "/pets", "");
    all.extend(jobs(&envoy, ANN, "GET", "/", ""));
    all.extend(jobs(&envoy, ANN, "GET", "/pets/a%20b?a=1&b=2&c=a%20b", ""));
    all.extend(jobs(&envoy, ANN, "POST", "/pets", "{\"name\":\"Tom\"}"));
    all.extend(jobs(&envoy, BEN, "GET", "/pets?x=%2F", ""));
    // What botocore presigns has no body.
    all.retain(|job| job.client != "botocore-presigned" || job.body.is_empty());
    // What these two make of a path or a query that needs encoding is not what AWS makes of it.
    all.retain(|job| !["awscurl", "curl"].contains(&job.client) || !job.url.contains('%'));
    for (job, (status, body)) in all.iter().zip(send(&all)) {
        assert_eq!(status, 200, "{job:?}: {body}");
    }
    assert_eq!(backend.count(), all.len());
    let mut bodies = 0;
    for seen in backend.seen() {
        for gone in ["authorization", "x-amz-security-token"] {
            assert_eq!(values(&seen, gone), [""; 0], "{seen}");
        }
        let target = seen["target"].as_str().expect("a target");
        assert!(!target.contains("X-Amz-"), "{target}");
        assert_eq!(values(&seen, "x-color"), ["red"], "{seen}");
        bodies += seen["body_bytes"].as_u64().expect("a number");
    }
    assert_eq!(bodies, 14 * 8);
    envoy.assert_healthy();
}

#[test]
fn paths_and_queries_that_need_care_are_what_clients_sign() {
    let (backend, envoy) = start("rest");
    let mut all = Vec::new();
    for target in [
        "/pets/a%2Fb",
        "/pets/%E1%88%B4",
        "/pets/a:b,c@d",
        "/pets/~ann/-_.",
        "/pets?q=a%2Bb&q=1&u=%E1%88%B4",
        "/pets?b=2&a=10&a=1&A=0",
        "/pets?empty=",
    ] {
        for client in ["botocore", "aws4", "aws4fetch", "smithy", "requests-aws4auth"] {
            let url = url(&envoy, target);
            all.push(Job { client, key: ANN, method: "GET", url, body: "" });
        }
    }
    for (job, (status, body)) in all.iter().zip(send(&all)) {
        assert_eq!(status, 200, "{job:?}: {body}");
    }
    assert_eq!(backend.count(), all.len());
}

#[test]
fn whoever_signs_with_what_is_not_theirs_is_refused() {
    let (backend, envoy) = start("rest");
    let forger = AccessKey { secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYANOTHERKEY", ..ANN };
    let stranger = AccessKey { id: "AKIDNOBODY", ..ANN };
    let stale = AccessKey { token: "FwoGZXIvYXdzEBYaDK+another/token==", ..BEN };
    let bare = AccessKey { token: "", ..BEN };
    for (key, told) in [
        (forger, "The request signature we calculated does not match the signature you provided."),
        (stranger, "The security token included in the request is invalid."),
        (stale, "The security token included in the request is invalid."),
        (bare, "The security token included in the request is invalid."),
    ] {
        let all = jobs(&envoy, key, "GET", "/pets", "");
        for (job, (status, body)) in all.iter().zip(send(&all)) {
            assert!(status == 403 && body.contains(told), "{job:?}: {status} {body}");
        }
    }
    assert_eq!(backend.count(), 0);
    envoy.assert_healthy();
}

#[test]
fn policies_say_who_may_do_what() {
    let (backend, envoy) = start("rest");
    let job = |key, method, target: &str| {
        let url = url(&envoy, target);
        Job { client: "botocore", key, method, url, body: "" }
    };
    let answers = send(&[
        job(ANN, "DELETE", "/pets/1"),
        job(BEN, "GET", "/pets/1"),
        job(BEN, "DELETE", "/pets/1"),
        job(ANN, "GET", "/pets/secret"),
        job(ANN, "GET", "/pets/%73ecret"),
    ]);
    let statuses: Vec<_> = answers.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [200, 200, 403, 403, 403]);
    let denied = |who: &str, resource: &str, how: &str| {
        let message = format!(
            "User: {who} is not authorized to perform: execute-api:Invoke on resource: \
             arn:aws:execute-api:us-east-1:********9012:shop/prod/{resource}{how}"
        );
        json!({ "Message": message }).to_string()
    };
    let ben = "arn:aws:sts::123456789012:assumed-role/reader/ben";
    let ann = "arn:aws:iam::123456789012:user/ann";
    let how = " with an explicit deny";
    assert_eq!(answers[2].1, denied(ben, "DELETE/pets/1", ""));
    assert_eq!(answers[3].1, denied(ann, "GET/pets/secret", how));
    assert_eq!(answers[4].1, denied(ann, "GET/pets/%73ecret", how));
    assert_eq!(backend.count(), 2);
}

#[test]
fn whoever_does_not_sign_is_told_what_the_kind_of_api_tells() {
    let bearer = "Bearer token";
    let stale = format!(
        "AWS4-HMAC-SHA256 Credential={}/20150830/us-east-1/execute-api/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={}",
        ANN.id,
        "0".repeat(64)
    );
    for (style, missing, incomplete, invalid) in [
        (
            "rest",
            r#"{"message":"Missing Authentication Token"}"#,
            r#"{"message":"'PEaenWxYddN6"#,
            r#"{"message":"Signature expired: 20150830T123600Z is now earlier than "#,
        ),
        (
            "http",
            r#"{"message":"Forbidden"}"#,
            r#"{"message":"Forbidden"}"#,
            r#"{"message":"Forbidden"}"#,
        ),
    ] {
        let (backend, envoy) = start(style);
        let get = || Request::get("/pets").header("x-amz-date", "20150830T123600Z");
        for (request, told, error_type) in [
            (get(), missing, "MissingAuthenticationTokenException"),
            (get().header("authorization", bearer), incomplete, "IncompleteSignatureException"),
            (get().header("authorization", &stale), invalid, "InvalidSignatureException"),
        ] {
            let answer = request.send(&envoy);
            assert_eq!(answer.status, 403);
            assert!(answer.text().starts_with(told), "{}", answer.text());
            assert_eq!(answer.header("content-type"), Some("application/json"));
            let error_type = (style == "rest").then_some(error_type);
            assert_eq!(answer.header("x-amzn-errortype"), error_type);
        }
        assert_eq!(backend.count(), 0);
        envoy.assert_healthy();
    }
}

#[test]
fn a_configuration_that_is_refused_does_not_show_its_secrets() {
    let mut config = config("rest");
    config["credentials"][1]["owner"]["arn"] = json!("ben");
    let log = Alone::try_start("iam-authorizer", &config, &[], 1).unwrap_err();
    assert!(log.contains("credentials[1].owner.arn: `ben` is no ARN of an owner"), "{log}");
    for secret in [ANN.secret, BEN.secret, BEN.token] {
        assert!(!log.contains(secret), "{log}");
    }
}
