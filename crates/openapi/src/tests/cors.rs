#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

fn with(cors: &str) -> String {
    document(&format!("openapi: 3.0.1\nx-amazon-apigateway-cors: {cors}"), "/a", "")
}

#[track_caller]
fn check(cors: &str, reasons: &[&str]) {
    assert_eq!(told(&with(cors)), reasons, "{cors}");
}

#[test]
fn cors_has_the_names_of_api_gateway() {
    let cors = api(
        &with(
            "{allowOrigins: [https://a.example.com], allowMethods: [GET, '*'], allowHeaders: \
             [x-a], exposeHeaders: [x-b], maxAge: 600, allowCredentials: true}",
        ),
        &Options::default(),
    )
    .cors
    .expect("CORS");
    assert_eq!(cors.allow_origins, ["https://a.example.com"]);
    assert_eq!(cors.allow_methods, ["GET", "*"]);
    assert_eq!((cors.allow_headers, cors.expose_headers), (vec!["x-a".into()], vec!["x-b".into()]));
    assert_eq!((cors.max_age_secs, cors.allow_credentials), (Some(600), true));
    assert!(api(&with("{}"), &Options::default()).cors.is_some(), "it answers preflights");
}

#[test]
fn every_wrong_word_of_cors_is_told_in_its_place() {
    check("{allowOrigins: ['*', '*']}", &[]);
    check("{maxAge: -1}", &[]);
    check(
        "{allowOrigins: ['https://a.example.com/', 'null', '*']}",
        &[
            "`https://a.example.com/` is more than an origin: it ends with its host or port, without \
             a `/`",
            "`null` is the origin of every page in a sandbox, so it would stand for anybody",
        ],
    );
    let no_name = "is not `*`, nor a name of RFC 9110 of at most 128 bytes";
    check("{allowMethods: [a b]}", &[&format!("`a b` {no_name}")]);
    check("{exposeHeaders: ['']}", &["is empty"]);
    check("{allowHeaders: x-a}", &["a list belongs here, not a string"]);
    let seconds = "a whole number of seconds from -1 to 86400 belongs here";
    check("{maxAge: 86401}", &[&format!("{seconds}, not `86401`")]);
    check("{maxAge: [1]}", &[seconds]);
    check("{allowCredentials: yes}", &["`true` or `false` belongs here, not a string"]);
    let wildcard = "`*` cannot be allowed together with `allowCredentials`";
    check("{allowOrigins: ['*'], allowCredentials: true}", &[wildcard]);
    check("{allowOrigin: []}", &["`allowOrigin` is not known, perhaps `allowOrigins` is meant"]);
    let many = vec!["x-a"; 101].join(", ");
    check(&format!("{{allowHeaders: [{many}]}}"), &["must not be more than 100"]);
}

#[test]
fn a_rest_api_has_cors_from_elsewhere() {
    let text = document("swagger: '2.0'\nx-amazon-apigateway-cors: {}", "/a", "");
    let reason =
        "`x-amazon-apigateway-cors` does nothing in a REST API: `cors` in the overlay does";
    assert_eq!(told(&text), [reason]);
    assert_eq!(api(&text, &Options::default()).cors, None);
}
