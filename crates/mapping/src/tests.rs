use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use tollgate_policy::{
    Authorizer, ClientCert, Context, Exchange, Fault, Headers, Identity, Request, Response,
    Timestamp,
};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{Dialect, Expression, JsonPath, Scene, Template, Variable, clf, decode, encode};

#[cfg(not(target_arch = "wasm32"))]
mod properties;

fn exchange() -> Exchange {
    let headers = Headers::from_iter([
        (":method", "GET"),
        (":path", "/prod/pets/a%2Fb+c?kind=cat&kind=d%6Fg&empty=&q=x%20y+z"),
        (":authority", "pets.example.com:8443"),
        ("x-one", "1"),
        ("X-Two", "a"),
        ("x-two", "b"),
        ("user-agent", "curl/8"),
    ]);
    let claims = json!({"sub": "me", "groups": ["a", "b"], "n": 3});
    let context = Context {
        api_id: "pets".into(),
        stage: "prod".into(),
        route_key: "GET /pets/{id}".into(),
        resource_path: "/pets/{id}".into(),
        request_id: "abc=".into(),
        authorizer: Some(Authorizer {
            claims: Rc::new(claims.as_object().cloned().expect("an object")),
            ..Authorizer::default()
        }),
        stage_variables: Rc::new(BTreeMap::from([("color".to_owned(), "blue".to_owned())])),
        path_parameters: BTreeMap::from([(Rc::from("id"), "a%2Fb+c".to_owned())]),
        ..Context::default()
    };
    Exchange {
        request: Request { headers },
        context,
        arrived: Timestamp(Duration::from_millis(1_724_760_000_123)),
        source_address: Some("192.0.2.7".parse().expect("an address")),
        ..Exchange::default()
    }
}

#[track_caller]
fn check(dialect: Dialect, expression: &str, expected: Option<&str>) {
    let exchange = exchange();
    let body = br#"{"a":{"b":[1,{"c":"deep"}]},"s":"text"}"#;
    let response = Response {
        status: 200,
        headers: Headers::from_iter([("cid", "7"), ("x-two", "c"), ("x-two", "d")]),
        body: br#"{"op":"+","redirect":{"url":"https://x"}}"#.to_vec(),
    };
    let scene = Scene::new(&exchange).with_body(body).with_response(&response);
    let expression = Expression::parse(expression, dialect).expect(expression);
    let value = expression.value(&scene);
    let value = value.map(|value| String::from_utf8(value.into_owned()).expect("text"));
    assert_eq!(value.as_deref(), expected);
}

#[test]
#[wasm_bindgen_test]
fn an_expression_of_an_http_api_is_worth_what_it_names() {
    let check = |expression, expected| check(Dialect::Http, expression, expected);
    check("$request.header.x-one", Some("1"));
    check("$request.header.X-TWO", Some("a,b"));
    check("$request.header.x-three", None);
    check("$request.querystring.kind", Some("cat,dog"));
    check("$request.querystring.empty", Some(""));
    check("$request.querystring.q", Some("x y z"));
    check("$request.querystring.none", None);
    check("$request.path", Some("/prod/pets/a%2Fb+c"));
    check("$request.path.id", Some("a/b+c"));
    check("$request.body.a.b[1].c", Some("deep"));
    check("$request.body.a.b[7]", None);
    check("$request.body", Some(r#"{"a":{"b":[1,{"c":"deep"}]},"s":"text"}"#));
    check("$response.header.cid", Some("7"));
    check("$response.body.redirect.url", Some("https://x"));
    check("$context.stage", Some("prod"));
    check("$context.authorizer.claims.groups", Some("[a b]"));
    check("$context.authorizer.claims.nobody", None);
    check("$stageVariables.color", Some("blue"));
    check("static text", Some("static text"));
    check("", Some(""));
    check("${request.path.id} of ${stageVariables.color}!", Some("a/b+c of blue!"));
    check("${request.header.x-three}-", Some("-"));
}

#[test]
#[wasm_bindgen_test]
fn an_expression_of_a_rest_api_is_worth_what_it_names() {
    let check = |expression, expected| check(Dialect::Rest, expression, expected);
    check("method.request.header.x-one", Some("1"));
    check("method.request.header.x-two", Some("b"));
    check("method.request.multivalueheader.x-two", Some("a,b"));
    check("method.request.querystring.kind", Some("dog"));
    check("method.request.multivaluequerystring.kind", Some("cat,dog"));
    check("method.request.path.id", Some("a/b+c"));
    check("method.request.body.s", Some("text"));
    check("integration.response.header.x-two", Some("d"));
    check("integration.response.multivalueheader.x-two", Some("c,d"));
    check("integration.response.body.op", Some("+"));
    check("context.requestId", Some("abc="));
    check("stageVariables.color", Some("blue"));
    check("'*'", Some("*"));
    check("''", Some(""));
}

#[test]
#[wasm_bindgen_test]
fn the_path_is_the_one_without_the_stage_where_that_is_known() {
    let exchange = exchange();
    let path = Expression::parse("$request.path", Dialect::Http).expect("a path");
    let scene = Scene::new(&exchange).with_path("/pets/a%2Fb+c");
    assert_eq!(path.value(&scene).as_deref(), Some(&b"/pets/a%2Fb+c"[..]));
}

#[test]
#[wasm_bindgen_test]
fn what_names_nothing_is_refused() {
    let refuse = |dialect, expression: &str| {
        let refused = Expression::parse(expression, dialect);
        refused.expect_err(expression).reason
    };
    assert_eq!(refuse(Dialect::Http, "$request.heder.x"), "there is no `$request.heder.x`");
    assert_eq!(refuse(Dialect::Http, "$context.nothing"), "there is no `$context.nothing`");
    assert_eq!(refuse(Dialect::Http, "$request.header."), "there is no `$request.header.`");
    assert_eq!(
        refuse(Dialect::Http, "${request.path"),
        "`${request.path` has a `${` that is never closed"
    );
    assert_eq!(
        refuse(Dialect::Http, "$request.body..deep"),
        "`..deep` is not a path such as `.order.lines[0]`"
    );
    assert_eq!(
        refuse(Dialect::Http, "$request.body.a[?(@.b)]"),
        "`.a[?(@.b)]` is not a path such as `.order.lines[0]`"
    );
    assert_eq!(refuse(Dialect::Http, "$request.header.a\r\nb"), "`a\\r\\nb` is not a header field");
    refuse(Dialect::Rest, "true");
    refuse(Dialect::Rest, "method.request.cookie.a");
    refuse(Dialect::Rest, "$request.header.a");
    refuse(Dialect::Rest, &format!("'{}'", "x".repeat(600)));
}

#[test]
#[wasm_bindgen_test]
fn the_variables_of_the_context_are_worth_what_the_exchange_says() {
    let mut exchange = exchange();
    exchange.request.headers.set(":path", "/elsewhere");
    exchange.request.headers.set(":method", "POST");
    exchange.context.error = Some(Fault::InvalidApiKey);
    exchange.context.client_cert = Some(Rc::new(ClientCert {
        client_cert_pem: "-----BEGIN".to_owned(),
        subject_dn: "CN=me".to_owned(),
        issuer_dn: "CN=issuer".to_owned(),
        serial_number: "a1:0b".to_owned(),
        not_before: "May 28 12:30:02 2019 GMT".to_owned(),
        not_after: "Aug  5 09:36:04 2021 GMT".to_owned(),
    }));
    exchange.context.vpce_id = Some("vpce-1".into());
    exchange.context.identity = Some(Identity {
        access_key: "AKIDEXAMPLE".into(),
        account_id: "123456789012".into(),
        user_id: "AIDAEXAMPLE".into(),
        user_arn: "arn:aws:iam::123456789012:user/ann".into(),
        principal_org_id: Some("o-1".into()),
    });
    exchange.context.vpc_id = Some("vpc-2".into());
    let value = |name: &str| {
        let variable = Variable::parse(name).expect(name);
        variable.value(&exchange).map(std::borrow::Cow::into_owned)
    };
    for (name, expected) in [
        ("httpMethod", Some("GET")),
        ("path", Some("/prod/pets/a%2Fb+c")),
        ("domainName", Some("pets.example.com")),
        ("domainPrefix", Some("pets")),
        ("protocol", Some("HTTP/1.1")),
        ("identity.sourceIp", Some("192.0.2.7")),
        ("identity.userAgent", Some("curl/8")),
        ("identity.vpcId", Some("vpc-2")),
        ("identity.vpceId", Some("vpce-1")),
        ("identity.accessKey", Some("AKIDEXAMPLE")),
        ("identity.accountId", Some("123456789012")),
        ("identity.caller", Some("AIDAEXAMPLE")),
        ("identity.user", Some("AIDAEXAMPLE")),
        ("identity.userArn", Some("arn:aws:iam::123456789012:user/ann")),
        ("identity.principalOrgId", Some("o-1")),
        ("requestTime", Some("27/Aug/2024:12:00:00 +0000")),
        ("requestTimeEpoch", Some("1724760000123")),
        ("routeKey", Some("GET /pets/{id}")),
        ("authorizer.claims.n", Some("3")),
        ("authorizer.claims.sub", Some("me")),
        ("authorizer.tenant", None),
        ("error.message", None),
        ("error.messageString", Some("null")),
        ("error.responseType", Some("INVALID_API_KEY")),
        ("status", None),
        ("identity.cognitoIdentityId", None),
        ("waf.latency", None),
        ("identity.clientCert.clientCertPem", Some("-----BEGIN")),
        ("identity.clientCert.subjectDN", Some("CN=me")),
        ("identity.clientCert.issuerDN", Some("CN=issuer")),
        ("identity.clientCert.serialNumber", Some("a1:0b")),
        ("identity.clientCert.validity.notBefore", Some("May 28 12:30:02 2019 GMT")),
        ("identity.clientCert.validity.notAfter", Some("Aug  5 09:36:04 2021 GMT")),
    ] {
        assert_eq!(value(name).as_deref(), expected, "{name}");
    }
    assert!(Variable::parse("identity.clientCert.other").is_err());
    assert!(Variable::parse("identity.sourceIp").expect("known").needs().source_address);
    assert!(!Variable::parse("stage").expect("known").needs().source_address);
}

#[test]
#[wasm_bindgen_test]
fn variables_stand_in_text() {
    let render = |template: &str| {
        let mut exchange = exchange();
        exchange.context.error = Some(Fault::Throttled);
        exchange.context.error_message = Some("Too \"Many\"".to_owned());
        let template = Template::response(template).expect(template);
        template.render(&exchange, |value, _, text| text.push_str(&value.unwrap_or_default()))
    };
    assert_eq!(
        render(r#"{"message":$context.error.messageString}"#),
        r#"{"message":"Too \"Many\""}"#
    );
    assert_eq!(render("$context.error.message."), "Too \"Many\".");
    assert_eq!(
        render("${context.stage}x $stageVariables.color, $method.request.header.x-one;"),
        "prodx blue, 1;"
    );
    assert_eq!(render("costs $5 and $input.body"), "costs $5 and $input.body");
    assert_eq!(render("$$context.stage$"), "$prod$");
    assert!(Template::response("$context.nothing").is_err());
    assert!(
        Template::log("$stageVariables.color").expect("text").needs()
            == tollgate_policy::Needs::default()
    );
    assert!(Template::log("$context.identity.sourceIp").expect("known").needs().source_address);
}

#[test]
#[wasm_bindgen_test]
fn the_calendar_is_right() {
    for (secs, expected) in [
        (0, "01/Jan/1970:00:00:00 +0000"),
        (951_782_399, "28/Feb/2000:23:59:59 +0000"),
        (951_782_400, "29/Feb/2000:00:00:00 +0000"),
        (951_868_800, "01/Mar/2000:00:00:00 +0000"),
        (1_735_689_599, "31/Dec/2024:23:59:59 +0000"),
        (4_107_542_400, "01/Mar/2100:00:00:00 +0000"),
    ] {
        assert_eq!(clf(Timestamp::from_secs(secs)), expected);
    }
}

#[test]
#[wasm_bindgen_test]
fn queries_are_decoded_and_encoded() {
    assert_eq!(&*decode(b"a%2Bb+c%zz%"), b"a+b c%zz%");
    let mut out = Vec::new();
    encode("a b&c=d/é".as_bytes(), &mut out);
    assert_eq!(out, b"a%20b%26c%3Dd%2F%C3%A9");
}

#[test]
#[wasm_bindgen_test]
fn a_body_that_is_too_long_or_too_deep_has_no_members() {
    let exchange = exchange();
    let expression = Expression::parse("$request.body.a", Dialect::Http).expect("a path");
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(100 * 1024));
    let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(500), "]".repeat(500));
    for body in [long.as_str(), &deep, "{", ""] {
        let scene = Scene::new(&exchange).with_body(body.as_bytes());
        assert_eq!(expression.value(&scene), None);
    }
    assert!(JsonPath::parse(&".a".repeat(65)).is_err());
}

#[test]
#[wasm_bindgen_test]
fn the_template_of_an_integration_is_no_program() {
    for text in [
        "plain",
        "$context.stage ${stageVariables.color}",
        "costs $5, #1",
        "a # b",
        "{\"a\": \"$\"}",
    ] {
        assert!(Template::integration(text).is_ok(), "{text}");
    }
    for (text, what) in [
        ("#set($a = 1)", "`#set`"),
        ("a $input.json('$')", "`$input.json`"),
        ("## comment", "`##`"),
        ("#* a *#", "`#*`"),
        ("$!foo", "`$!foo`"),
        ("${input.body}", "`${input.body}`"),
    ] {
        let reason = Template::integration(text).expect_err(text).reason;
        assert!(reason.starts_with(what), "{reason}");
    }
}

/// Those of both kinds of API, as the developer guide lists them.
#[test]
#[wasm_bindgen_test]
fn every_variable_that_api_gateway_has_is_known() {
    const NAMES: &str = "accountId apiId authorizer.claims.sub authorizer.error authorizer.principalId \
        authorizer.tenant awsEndpointRequestId awsEndpointRequestId2 customDomain.basePathMatched dataProcessed \
        domainName domainPrefix error.message error.messageString error.responseType error.validationErrorString \
        extendedRequestId httpMethod identity.accountId identity.apiKey identity.apiKeyId identity.caller \
        identity.cognitoAuthenticationProvider identity.cognitoAuthenticationType identity.cognitoIdentityId \
        identity.cognitoIdentityPoolId identity.principalOrgId identity.clientCert.clientCertPem \
        identity.clientCert.subjectDN identity.clientCert.issuerDN identity.clientCert.serialNumber \
        identity.clientCert.validity.notBefore identity.clientCert.validity.notAfter identity.sourceIp identity.user \
        identity.userAgent identity.userArn identity.vpcId identity.vpceId integration.error \
        integration.integrationStatus integration.latency integration.requestId integration.status \
        integrationErrorMessage integrationLatency integrationStatus path protocol requestId requestTime \
        requestTimeEpoch responseLatency responseLength routeKey stage status deploymentId isCanaryRequest resourceId \
        resourcePath wafResponseCode webaclArn authorize.error authorize.latency authorize.status \
        authorizer.integrationLatency authorizer.integrationStatus authorizer.latency authorizer.requestId \
        authorizer.status authenticate.error authenticate.latency authenticate.status endpointType waf.error \
        waf.latency waf.status xrayTraceId";
    for name in NAMES.split_whitespace() {
        assert!(Variable::parse(name).is_ok(), "{name}");
    }
}
