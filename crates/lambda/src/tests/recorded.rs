//! Events that API Gateway itself has written.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tollgate_mapping::Dialect;
use tollgate_policy::{
    Authorizer, AuthorizerKind, ClientCert, Context, Exchange, Headers, Identity, Request,
    Timestamp,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::event::{Body, Source, V1, V2};

const EVENTS: &str = include_str!("../../../../tests/data/lambda/events.jsonl");

/// Names that the client wrote in ways of its own.
const OF_THE_CLIENT: [&str; 3] = ["tEsT-HEADeR", "foobar", "headerVar"];

fn events(of: &str) -> Vec<(String, Value)> {
    let events: Vec<_> = EVENTS
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|row| (row["id"].as_str().unwrap().to_owned(), row["event"].clone()))
        .filter(|(id, _)| id.contains(of))
        .collect();
    assert!(!events.is_empty(), "{of}");
    events
}

/// What the client sent, where the event does not tell.
fn target(id: &str, event: &Value) -> String {
    let path = match id.rsplit('/').next().unwrap() {
        "invocation-payload-with-prepended-slash-to-stage" => "//stage/proxy-value",
        _ => event["requestContext"]["path"].as_str().unwrap(),
    };
    let query = match (id.rsplit('/').next().unwrap(), &event["multiValueQueryStringParameters"]) {
        ("invocation-payload-with-params-encoding", _) => {
            "dateTimeOffset=2023-06-12T18:05:10.123456+00:00&email=test%2Balias@gmail.com\
             &plus=test+alias@gmail.com&url=https://www.google.com/&whitespace=foo%20bar\
             &zhash=abort/"
                .to_owned()
        }
        (_, Value::Null) => return path.to_owned(),
        (_, parameters) => {
            let mut pairs = Vec::new();
            for (name, values) in parameters.as_object().unwrap() {
                let values = values.as_array().unwrap().iter();
                pairs.extend(values.map(|value| format!("{name}={}", value.as_str().unwrap())));
            }
            pairs.join("&")
        }
    };
    format!("{path}?{query}")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The exchange that the event is about.
fn exchange(id: &str, event: &Value) -> Exchange {
    let known = &event["requestContext"];
    let target = target(id, event);
    let mut fields = vec![
        (":method".to_owned(), text(&event["httpMethod"])),
        (":path".to_owned(), target.as_str()),
        (":authority".to_owned(), text(&known["domainName"])),
    ];
    for (name, value) in event["headers"].as_object().unwrap() {
        if !matches!(name.as_str(), "Host" | "X-Forwarded-Port") {
            fields.push((name.to_ascii_lowercase(), text(value)));
        }
    }
    let headers: Headers = fields.into_iter().collect();
    let parameters: BTreeMap<_, _> = (event["pathParameters"].as_object().into_iter().flatten())
        .map(|(name, value)| (name.as_str().into(), text(value).to_owned()))
        .collect();
    let context = Context {
        account_id: Some(text(&known["accountId"]).into()),
        api_id: text(&known["apiId"]).into(),
        stage: text(&known["stage"]).into(),
        deployment_id: Some(text(&known["deploymentId"]).into()),
        resource_path: text(&known["resourcePath"]).into(),
        resource_id: Some(text(&known["resourceId"]).into()),
        path_parameters: parameters,
        ..Context::default()
    };
    Exchange {
        request: Request { headers },
        context,
        source_address: Some("192.0.2.7".parse().unwrap()),
        ..Exchange::default()
    }
}

/// Whether an event says the same as a recorded one, in which `<...>` stands for what differs each time.
fn compare(ours: &Value, recorded: &Value, at: &str) {
    match (ours, recorded) {
        (Value::Object(ours), Value::Object(recorded)) => {
            let lower = |object: &Map<String, Value>| -> BTreeMap<String, Value> {
                let is_headers = at.ends_with("eaders");
                let name = |name: &String| {
                    if is_headers && OF_THE_CLIENT.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                        name.to_ascii_lowercase()
                    } else {
                        name.clone()
                    }
                };
                object.iter().map(|(key, value)| (name(key), value.clone())).collect()
            };
            let (ours, recorded) = (lower(ours), lower(recorded));
            let names = |of: &BTreeMap<String, Value>| of.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&ours), names(&recorded), "{at}");
            for (name, value) in &ours {
                compare(value, &recorded[name], &format!("{at}.{name}"));
            }
        }
        (Value::String(body), Value::Object(_)) if at.ends_with(".body") => {
            compare(&serde_json::from_str(body).unwrap(), recorded, at);
        }
        (ours, Value::String(place)) if place.starts_with('<') => {
            assert!(!ours.is_null(), "{at}");
        }
        (ours, recorded) => assert_eq!(ours, recorded, "{at}"),
    }
}

#[test]
fn an_event_of_a_rest_api_says_what_a_recorded_one_says() {
    for (id, recorded) in events("aws-recorded/test_lambda") {
        let exchange = exchange(&id, &recorded);
        let source = Source { exchange: &exchange, path: text(&recorded["path"]) };
        let body = (!recorded["body"].is_null()).then(|| recorded["body"].to_string().into());
        let body = Body { text: body, ..Body::default() };
        let event = V1::with_body(source, Dialect::Rest, body);
        compare(&serde_json::to_value(event).unwrap(), &recorded, &id);
    }
}

#[test]
fn header_fields_that_a_rest_api_keeps_to_itself_are_in_no_event() {
    let (_, recorded) = events("header_remapping").remove(0);
    let names = [
        "accept",
        "accept-charset",
        "accept-encoding",
        "age",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-md5",
        "content-type",
        "date",
        "expect",
        "max-forwards",
        "pragma",
        "proxy-authenticate",
        "range",
        "referer",
        "server",
        "te",
        "transfer-encoding",
        "trailer",
        "upgrade",
        "user-agent",
        "via",
        "warn",
        "www-authenticate",
        "x-amzn-trace-id",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-tollgate-target",
        "x-envoy-decorator-operation",
    ];
    let fields: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, &b"1"[..])).collect();
    let event = super::rest(&super::exchange("/prod/pets/7", &fields));
    assert_eq!(super::names(&event["headers"]), super::names(&recorded["headers"]));
}

#[test]
fn an_event_of_format_2_says_what_a_recorded_one_says() {
    let (_, recorded) = events("serverless-express").remove(0);
    let known = &recorded["requestContext"];
    let mut fields = vec![
        (":method", text(&known["http"]["method"])),
        (":path", "/users"),
        (":authority", text(&known["domainName"])),
    ];
    for (name, value) in recorded["headers"].as_object().unwrap() {
        // The length and the port are the gateway's to say.
        if !matches!(name.as_str(), "content-length" | "host" | "x-forwarded-port") {
            fields.push((name, text(value)));
        }
    }
    let exchange = Exchange {
        request: Request { headers: fields.into_iter().collect() },
        context: Context {
            account_id: Some(text(&known["accountId"]).into()),
            api_id: text(&known["apiId"]).into(),
            stage: "$default".into(),
            route_key: "$default".into(),
            request_id: text(&known["requestId"]).to_owned(),
            ..Context::default()
        },
        arrived: Timestamp(Duration::from_millis(known["timeEpoch"].as_u64().unwrap())),
        source_address: Some(text(&known["http"]["sourceIp"]).parse().unwrap()),
        ..Exchange::default()
    };
    assert_eq!(super::v2(&exchange), recorded);
}

#[test]
fn an_event_of_format_2_says_what_the_samples_of_aws_say_of_callers() {
    for (id, sample) in events("aws-lambda-go/apigw-v2-request-") {
        let known = &sample["requestContext"];
        let cert = &known["authentication"]["clientCert"];
        let cert = ClientCert {
            client_cert_pem: text(&cert["clientCertPem"]).to_owned(),
            subject_dn: text(&cert["subjectDN"]).to_owned(),
            issuer_dn: text(&cert["issuerDN"]).to_owned(),
            serial_number: text(&cert["serialNumber"]).to_owned(),
            not_before: text(&cert["validity"]["notBefore"]).to_owned(),
            not_after: text(&cert["validity"]["notAfter"]).to_owned(),
        };
        let caller = &known["authorizer"];
        let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let scopes = caller["jwt"]["scopes"].as_array().map(|scopes| {
            scopes.iter().map(|scope| text(scope).to_owned()).collect::<Vec<_>>().into()
        });
        let kind = match caller["lambda"] {
            Value::Null => AuthorizerKind::Jwt,
            _ => AuthorizerKind::Lambda,
        };
        let iam = &caller["iam"];
        let signer = iam.is_object().then(|| Identity {
            access_key: text(&iam["accessKey"]).into(),
            account_id: text(&iam["accountId"]).into(),
            // Callers of ours are users of IAM, who are called the same everywhere.
            user_id: text(&iam["callerId"]).into(),
            user_arn: text(&iam["userArn"]).into(),
            principal_org_id: iam["principalOrgId"].as_str().map(Into::into),
        });
        let authorizer = Authorizer {
            kind,
            claims: object(&caller["jwt"]["claims"]).into(),
            context: object(&caller["lambda"]).into(),
            scopes,
            ..Authorizer::default()
        };
        let target = format!("/my/path?{}", text(&sample["rawQueryString"]));
        let fields: [(&str, &[u8]); 3] =
            [("cookie", b"cookie1; cookie2"), ("header1", b"value1"), ("user-agent", b"agent")];
        let mut exchange = super::exchange(&target, &fields);
        exchange.context.client_cert = Some(cert.into());
        exchange.context.authorizer = Some(authorizer);
        exchange.context.identity = signer;
        exchange.context.path_parameters = [("proxy".into(), "hello/world".to_owned())].into();
        exchange.context.stage_variables = std::rc::Rc::new(
            (object(&sample["stageVariables"]).into_iter())
                .map(|(name, value)| (name, text(&value).to_owned()))
                .collect(),
        );
        let source = Source { exchange: &exchange, path: "/my/path" };
        let body = Body { text: Some(text(&sample["body"]).into()), ..Body::default() };
        let event = serde_json::to_value(V2::with_body(source, body)).unwrap();
        assert_eq!(super::names(&event), super::names(&sample), "{id}");
        let names = |event: &Value| {
            super::names(&event["requestContext"])
                .iter()
                .map(|it| (*it).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&event), names(&sample), "{id}");
        let mut expected = known["authorizer"].clone();
        if iam.is_object() {
            expected["iam"]["userId"] = iam["callerId"].clone();
            expected["iam"]["cognitoIdentity"] = Value::Null;
        }
        assert_eq!(event["requestContext"]["authorizer"], expected, "{id}");
        assert_eq!(event["requestContext"]["authentication"], known["authentication"], "{id}");
        for part in [
            "rawPath",
            "rawQueryString",
            "cookies",
            "queryStringParameters",
            "pathParameters",
            "stageVariables",
            "body",
            "isBase64Encoded",
        ] {
            assert_eq!(event[part], sample[part], "{id}: {part}");
        }
        // An authorizer's event is the same without a body.
        let mut without = sample.clone();
        let members = without.as_object_mut().unwrap();
        members.remove("body");
        members.remove("isBase64Encoded");
        let event = serde_json::to_value(V2::of(source)).unwrap();
        assert_eq!(super::names(&event), super::names(&without));
    }
}

/// As HTTP APIs were seen to write it: nothing of an authorizer, and `cognitoAmr` besides.
#[test]
fn an_event_of_format_1_has_the_members_that_http_apis_give_it() {
    let exchange = super::exchange("/prod/pets/7", &[("user-agent", b"curl/7.77.0")]);
    let event = super::v1(&exchange, "/pets/7", Dialect::Http);
    assert_eq!(
        event,
        json!({
            "version": "1.0",
            "resource": "/pets/{id}",
            "path": "/prod/pets/7",
            "httpMethod": "GET",
            "headers": {
                "Content-Length": "0",
                "Host": "abc123.execute-api.eu-west-1.amazonaws.com",
                "User-Agent": "curl/7.77.0",
                "X-Forwarded-Port": "443",
            },
            "multiValueHeaders": {
                "Content-Length": ["0"],
                "Host": ["abc123.execute-api.eu-west-1.amazonaws.com"],
                "User-Agent": ["curl/7.77.0"],
                "X-Forwarded-Port": ["443"],
            },
            "queryStringParameters": null,
            "multiValueQueryStringParameters": null,
            "pathParameters": {"id": "7"},
            "stageVariables": null,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "abc123",
                "domainName": "abc123.execute-api.eu-west-1.amazonaws.com",
                "domainPrefix": "abc123",
                "extendedRequestId": "extended=",
                "httpMethod": "GET",
                "identity": {
                    "accessKey": null,
                    "accountId": null,
                    "caller": null,
                    "cognitoAmr": null,
                    "cognitoAuthenticationProvider": null,
                    "cognitoAuthenticationType": null,
                    "cognitoIdentityId": null,
                    "cognitoIdentityPoolId": null,
                    "principalOrgId": null,
                    "sourceIp": "192.0.2.7",
                    "user": null,
                    "userAgent": "curl/7.77.0",
                    "userArn": null,
                },
                "path": "/prod/pets/7",
                "protocol": "HTTP/1.1",
                "requestId": "request=",
                "requestTime": "27/Aug/2024:12:00:00 +0000",
                "requestTimeEpoch": 1_724_760_000_123_u64,
                "resourceId": "GET /pets/{id}",
                "resourcePath": "/pets/{id}",
                "stage": "prod",
            },
            "body": null,
            "isBase64Encoded": false,
        })
    );
}
