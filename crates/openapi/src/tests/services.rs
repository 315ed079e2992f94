//! How the services of integrations are reached, and how their responses come.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::collections::BTreeMap;

use tollgate_gateway::definition::{HttpProxy, ResponseTransferMode};

use super::*;

/// An `http_proxy` of an API of this kind, and what is said about it.
#[track_caller]
fn service(protocol: Protocol, more: &str) -> (HttpProxy, Vec<String>) {
    let text = with_integration("/a", &format!("{{type: http_proxy, {more}}}"));
    let text = text.replacen("swagger: '2.0'", "openapi: '3.0.1'", 1);
    let options = Options { protocol: Some(protocol), ..Options::default() };
    let translation = translate(&text, &options).expect(more);
    let api = translation.definition.apis.into_values().next().expect("an API");
    let notices = translation.notices.into_iter().map(|notice| notice.reason).collect();
    match api.integrations.into_values().next() {
        Some(Integration::HttpProxy(service)) => (service, notices),
        other => panic!("{other:?}"),
    }
}

/// What is said of an `http_proxy`, refused or not.
#[track_caller]
fn check(more: &str, reasons: &[&str]) {
    let text = with_integration("/a", &format!("{{type: http_proxy, {more}}}"));
    assert_eq!(told(&text), reasons, "{more}");
}

const SECURE: &str = "uri: 'https://a.internal/'";
const CLEAR: &str = "uri: 'http://a.internal/'";
const SKIPS: &str = "tlsConfig: {insecureSkipVerification: true}";
const UNCHECKED: &str = "nobody checks the service's certificate: whoever is on the way there can \
                         read and change what is said. (API Gateway looks at its name and its dates \
                         still.)";

#[test]
fn a_certificate_is_checked_unless_a_rest_api_says_otherwise() {
    let read = |more: &str| {
        let (service, notices) = service(Protocol::Rest, more);
        (service.insecure_skip_verification, notices)
    };
    assert_eq!(read(SECURE), (false, vec![]));
    let no = format!("{SECURE}, tlsConfig: {{insecureSkipVerification: false}}");
    assert_eq!(read(&no), (false, vec![]));
    assert_eq!(read(&format!("{SECURE}, tlsConfig: {{}}")), (false, vec![]));
    assert_eq!(read(&format!("{SECURE}, {SKIPS}")), (true, vec![UNCHECKED.to_owned()]));
    check(
        &format!("{SECURE}, tlsConfig: {{insecureSkipVerification: 1}}"),
        &["`true` or `false` belongs here, not a number"],
    );
    check(
        &format!("{SECURE}, tlsConfig: {{insecureSkipverification: true}}"),
        &["`insecureSkipverification` is not known, perhaps `insecureSkipVerification` is meant"],
    );
}

#[test]
fn what_is_said_of_a_certificate_is_about_one() {
    check(
        &format!("{CLEAR}, {SKIPS}"),
        &["a service that is reached in the clear has no certificate: this does nothing"],
    );
    let (in_the_clear, _) = service(Protocol::Rest, &format!("{CLEAR}, {SKIPS}"));
    assert!(!in_the_clear.insecure_skip_verification);
    check(
        &format!("{CLEAR}, tlsConfig: {{serverNameToVerify: b.internal}}"),
        &["a service that is reached in the clear has no certificate: the URI begins with \
         `https://`, or there is no `serverNameToVerify`"],
    );
    let named = |bytes: usize| {
        format!("{SECURE}, tlsConfig: {{serverNameToVerify: {}}}", "a".repeat(bytes))
    };
    check(&named(253), &[]);
    let reasons = told(&with_integration("/a", &format!("{{type: http_proxy, {}}}", named(254))));
    assert!(reasons[0].ends_with("is not a DNS name"), "{reasons:?}");
    let both = "tlsConfig: {insecureSkipVerification: true, serverNameToVerify: b.internal}";
    check(
        &format!("{SECURE}, {both}"),
        &["a certificate that nobody checks needs no name: leave out one of \
         `insecureSkipVerification` and `serverNameToVerify`"],
    );
}

#[test]
fn an_http_api_always_checks() {
    let text = with_integration("/a", &format!("{{type: http_proxy, {SECURE}, {SKIPS}}}"));
    let text = text.replacen("swagger: '2.0'", "openapi: '3.0.1'", 1);
    let options = Options { protocol: Some(Protocol::Http), ..Options::default() };
    let reason = "only a REST API can leave a certificate unchecked: give the service one that \
                  fits, or name what it says in `serverNameToVerify`";
    assert_eq!(refused(&text, &options), [reason]);
    // What only a REST API has makes it one.
    assert_eq!(told(&text), [UNCHECKED]);
}

/// A service that a stage variable says how to reach, as the stages have it.
#[track_caller]
fn on_stages(more: &str, schemes: [&str; 2]) -> Vec<String> {
    let uri = "uri: '${stageVariables.scheme}://a.internal/'";
    let text = with_integration("/a", &format!("{{type: http_proxy, {uri}, {more}}}"));
    let stages = ["one", "two"].into_iter().zip(schemes).map(|(name, scheme)| {
        let variables = BTreeMap::from([("scheme".to_owned(), scheme.to_owned())]);
        (name.to_owned(), variables)
    });
    let options = Options { stages: stages.collect(), ..Options::default() };
    match translate(&text, &options) {
        Ok(translation) => translation.notices.into_iter().map(|notice| notice.reason).collect(),
        Err(problems) => problems.into_iter().map(|problem| problem.reason).collect(),
    }
}

#[test]
fn what_is_said_of_encryption_fits_every_stage() {
    let agreed = "over TLS a service and the proxy agree on HTTP/2 by themselves: leave it out, or \
                  the URI begins with `http://`";
    let http2 = "x-tollgate-http2: true";
    assert_eq!(on_stages(http2, ["http", "http"]), Vec::<String>::new());
    assert_eq!(on_stages(http2, ["http", "https"]), [agreed]);
    assert_eq!(on_stages(SKIPS, ["https", "https"]), [UNCHECKED]);
    let some = "on some stages the service is reached in the clear, and has no certificate: the URI \
                begins with `https://`";
    assert_eq!(on_stages(SKIPS, ["https", "http"]), [some]);
    let name = "tlsConfig: {serverNameToVerify: b.internal}";
    let clear = "a service that is reached in the clear has no certificate: the URI begins with \
                 `https://`, or there is no `serverNameToVerify`";
    assert_eq!(on_stages(name, ["https", "http"]), [clear]);
}

#[test]
fn a_service_in_the_clear_may_be_spoken_to_in_http_2() {
    for protocol in [Protocol::Http, Protocol::Rest] {
        let http2 = |more: &str| service(protocol, &format!("{CLEAR}, {more}")).0.http2;
        assert!(http2("x-tollgate-http2: true"));
        assert!(!http2("x-tollgate-http2: false"));
        assert!(!http2("httpMethod: GET"));
    }
    check(
        &format!("{SECURE}, x-tollgate-http2: true"),
        &[
            "over TLS a service and the proxy agree on HTTP/2 by themselves: leave it out, or the URI \
         begins with `http://`",
        ],
    );
    check(&format!("{SECURE}, x-tollgate-http2: false"), &[]);
    check(
        &format!("{CLEAR}, x-tollgate-http2: yes"),
        &["`true` or `false` belongs here, not a string"],
    );
    let elsewhere = "`x-tollgate-http2` does nothing here: it belongs in an integration of type \
                     `http_proxy` or `http`";
    let mock = "{type: mock, x-tollgate-http2: true, requestTemplates: {application/json: \
                '{statusCode: 200}'}, responses: {default: {statusCode: 200}}}";
    assert_eq!(told(&with_integration("/a", mock)), [elsewhere]);
}

#[test]
fn a_response_may_come_as_a_stream_that_takes_its_time() {
    let read = |more: &str| {
        let (service, _) = service(Protocol::Rest, &format!("{SECURE}, {more}"));
        (service.response_transfer_mode, service.timeout_millis)
    };
    use ResponseTransferMode::{Buffered, Stream};
    assert_eq!(read("httpMethod: GET"), (Buffered, None));
    assert_eq!(read("responseTransferMode: BUFFERED"), (Buffered, None));
    assert_eq!(read("responseTransferMode: STREAM"), (Stream, None));
    let longest = "responseTransferMode: stream, timeoutInMillis: 900000";
    assert_eq!(read(longest), (Stream, Some(900_000)));
    for (more, most) in [
        ("responseTransferMode: STREAM, timeoutInMillis: 900001", "900000"),
        ("responseTransferMode: BUFFERED, timeoutInMillis: 29001", "29000"),
        ("timeoutInMillis: 29001", "29000"),
    ] {
        let reasons =
            told(&with_integration("/a", &format!("{{type: http_proxy, {SECURE}, {more}}}")));
        assert!(reasons[0].ends_with(&format!("from 50 to {most}")), "{reasons:?}");
    }
    check(
        &format!("{SECURE}, responseTransferMode: SLOWLY"),
        &["`BUFFERED` or `STREAM` belongs here"],
    );
}

#[test]
fn only_what_a_service_answers_by_itself_comes_as_a_stream() {
    let http = format!(
        "{{type: http, {SECURE}, responseTransferMode: STREAM, responses: {{default: \
                        {{statusCode: 200}}}}}}"
    );
    let reason = "only the responses of an `http_proxy` or an `aws_proxy` come as a stream: those of \
                  an `http` are made of what `responses` say";
    assert_eq!(told(&with_integration("/a", &http)), [reason]);
}

#[test]
fn how_a_service_is_reached_does_not_matter_to_a_function() {
    let function = |more: &str| {
        let uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:\
                   eu-west-1:123456789012:function:pets/invocations";
        let text = format!("{{type: aws_proxy, httpMethod: POST, uri: '{uri}', {more}}}");
        told(&with_integration("/a", &text))
    };
    let nothing: [&str; 0] = [];
    assert_eq!(function("connectionType: INTERNET, tlsConfig: {}"), nothing);
    assert_eq!(function(SKIPS), ["`tlsConfig` does nothing where a function is called"]);
    let reason = "there are no VPC links: the URI is called from where the proxy runs";
    assert_eq!(function("connectionType: VPC_LINK, connectionId: a"), [reason]);
    let reason = "`INTERNET` or `VPC_LINK` belongs here";
    assert_eq!(function("connectionType: TUNNEL"), [reason]);
}
