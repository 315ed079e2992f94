//! A gateway whose routes functions answer, and whose callers functions let in: all of it by an `OpenAPI`
//! document, as `tollgate run` serves one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use serde_json::{Value, json};
use tollgate_gateway::Definition;
use tollgate_openapi::{Options, translate};
use tollgate_tests::backend::values;
use tollgate_tests::signers::{AccessKey, Job, send};
use tollgate_tests::{Backend, Connection, Gateway, Lambda, Request};

const ANN: AccessKey =
    AccessKey { id: "AKIDANN", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token: "" };

/// A function that tells what it is told, and what it is asked to.
const ECHO: &str = r#"
import base64, json

def handler(event, context):
    if event.get("path", "").endswith("/bytes"):
        return {"statusCode": 200, "headers": {"content-type": "image/png"},
                "body": base64.b64encode(bytes(range(256))).decode(), "isBase64Encoded": True}
    if event.get("path", "").endswith("/fail"):
        raise Exception("a secret")
    if event.get("path", "").endswith("/none"):
        return {"statusCode": 204}
    return {"statusCode": 201, "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]},
            "body": json.dumps(event)}
"#;

/// The definition of a document whose functions are all at this place.
#[track_caller]
fn translated(document: &str, functions: &str) -> Definition {
    let mut options = Options::default();
    options.functions.all = Some(tollgate_lambda::Place {
        endpoint: Some(functions.to_owned()),
        ..tollgate_lambda::Place::default()
    });
    translate(document, &options).expect("a document that is served").definition
}

fn integration(function: &str) -> Value {
    let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:{function}");
    json!({
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": format!(
            "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
        ),
    })
}

/// A REST API of one operation, for every path, with these extensions at its root.
fn document(operation: &Value, root: &Value) -> String {
    let mut document = json!({
        "swagger": "2.0",
        "info": {"title": "Functions", "version": "1"},
        "paths": {"/{proxy+}": {"x-amazon-apigateway-any-method": operation}},
    });
    for (name, value) in root.as_object().into_iter().flatten() {
        document[name] = value.clone();
    }
    document.to_string()
}

fn serving(lambda: &Lambda, operation: &Value, root: &Value) -> Gateway {
    let definition = translated(&document(operation, root), &lambda.url());
    Gateway::with_workers(definition, 1)
}

#[test]
fn a_function_answers_as_it_would_behind_api_gateway() {
    let lambda = Lambda::serving(ECHO);
    let operation = json!({"x-amazon-apigateway-integration": integration("function")});
    let root = json!({"x-amazon-apigateway-binary-media-types": ["image/png"]});
    let gateway = serving(&lambda, &operation, &root);
    let answer = Request::new("PUT", "/prod/orders/1?q=1&q=2")
        .header("content-type", "application/json")
        .header("x-two", "1")
        .header("x-two", "2")
        .body("{\"n\":1}")
        .send(&gateway);
    assert_eq!(answer.status, 201);
    let cookies: Vec<_> = answer.headers.iter().filter(|(name, _)| name == "set-cookie").collect();
    assert_eq!(cookies.len(), 2);
    let event = answer.json();
    assert_eq!(event["httpMethod"], "PUT");
    assert_eq!(event["resource"], "/{proxy+}");
    assert_eq!(event["path"], "/orders/1");
    assert_eq!(event["body"], "{\"n\":1}");
    assert_eq!(event["multiValueQueryStringParameters"]["q"], json!(["1", "2"]));
    assert_eq!(event["requestContext"]["identity"]["sourceIp"], "127.0.0.1");
    let request_id = event["requestContext"]["requestId"].as_str();
    assert_eq!(answer.header("x-amzn-requestid"), request_id);
    // Bytes go up and down as Base64, where the API says that they are bytes.
    let answer = Request::get("/prod/bytes").header("accept", "image/png").send(&gateway);
    assert_eq!((answer.status, answer.body.len()), (200, 256));
    let up = Request::new("POST", "/prod/up").header("content-type", "image/png").body([0, 255]);
    let event = up.send(&gateway).json();
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("AP8="), &json!(true)));
    let none = Request::get("/prod/none").send(&gateway);
    assert_eq!((none.status, none.body.len()), (204, 0));
    let head = Request::new("HEAD", "/prod/x").send(&gateway);
    assert_eq!((head.status, head.body.len()), (201, 0));
    // What went wrong is for the operator.
    let failed = Request::get("/prod/fail").send(&gateway);
    assert_eq!((failed.status, failed.text()), (502, r#"{"message": "Internal server error"}"#));
}

/// The use that all began with: a function that reads a token says who calls, may call, and for whom.
#[test]
fn a_token_authorizer_runs_as_it_stands_and_its_tenant_reaches_the_backend() {
    let lambda = Lambda::serving(
        r#"
import base64, json

def handler(event, context):
    token = event["authorizationToken"].split(" ")[1]
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if "sub" not in claims:
        raise Exception("Unauthorized")
    return {
        "principalId": claims["sub"],
        "policyDocument": {"Version": "2012-10-17", "Statement": [{
            "Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}]},
        "context": {"tenant": claims["tenant"]},
    }
"#,
    );
    let backend = Backend::start();
    let operation = json!({
        "security": [{"who": []}],
        "x-amazon-apigateway-integration": {
            "type": "http_proxy",
            "httpMethod": "ANY",
            "uri": backend.url("/"),
            "requestParameters": {
                "integration.request.header.x-tenant": "context.authorizer.tenant",
                "integration.request.header.x-principal": "context.authorizer.principalId",
            },
        },
    });
    let uri = integration("function")["uri"].clone();
    let root = json!({"securityDefinitions": {"who": {
        "type": "apiKey", "name": "Authorization", "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": uri},
    }}});
    let gateway = serving(&lambda, &operation, &root);
    let token = |claims: &str| format!("Bearer e30.{}.c2ln", base64url(claims));
    let ask = |path: &str, token: &str| {
        Request::get(path)
            .header("authorization", token)
            .header("x-tenant", "forged")
            .send(&gateway)
    };
    let ann = token(r#"{"sub":"ann","tenant":"t1"}"#);
    let echo = ask("/prod/a", &ann).json();
    assert_eq!(
        (values(&echo, "x-tenant"), values(&echo, "x-principal")),
        (vec!["t1".to_owned()], vec!["ann".to_owned()])
    );
    assert_eq!(ask("/prod/a", &ann).status, 200);
    assert_eq!(lambda.calls(), 1);
    // The answer that is kept allowed that path, and no other.
    let other = ask("/prod/b", &ann);
    let denied = r#"{"Message":"User is not authorized to access this resource"}"#;
    assert_eq!((other.status, other.text()), (403, denied));
    assert_eq!(lambda.calls(), 1);
    let nobody = ask("/prod/a", &token("{}"));
    assert_eq!((nobody.status, nobody.text()), (401, r#"{"message":"Unauthorized"}"#));
    let broken = ask("/prod/a", "Bearer e30.x.y");
    assert_eq!((broken.status, broken.text()), (500, r#"{"message":null}"#));
    let none = Request::get("/prod/a").send(&gateway);
    assert_eq!((none.status, none.text()), (401, r#"{"message":"Unauthorized"}"#));
    assert_eq!(lambda.calls(), 3);
}

fn base64url(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

#[test]
fn a_signed_request_reaches_the_function_with_its_owner_and_without_its_signature() {
    let lambda = Lambda::serving(ECHO);
    let operation = json!({
        "security": [{"iam": []}],
        "x-amazon-apigateway-integration": integration("function"),
    });
    let root = json!({
        "securityDefinitions": {"iam": {
            "type": "apiKey", "name": "Authorization", "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        }},
        "x-amazon-apigateway-policy": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/ann"},
             "Action": "execute-api:Invoke", "Resource": "execute-api:/prod/*"},
            {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke",
             "Resource": "execute-api:/prod/*/secret"},
        ]},
    });
    let mut definition = translated(&document(&operation, &root), &lambda.url());
    definition.credentials = serde_json::from_value(json!([{
        "access_key_id": ANN.id,
        "secret_access_key": ANN.secret,
        "owner": {"arn": "arn:aws:iam::123456789012:user/ann", "user_id": "AIDAANN"},
    }]))
    .expect("credentials");
    let gateway = Gateway::with_workers(definition, 1);
    let url = |path: &str| format!("http://{}{path}", gateway.address());
    let job =
        |client, method, path: &str, body| Job { client, key: ANN, method, url: url(path), body };
    let told = send(&[
        job("botocore", "POST", "/prod/a?b=1", "{\"n\":1}"),
        job("curl", "GET", "/prod/a", ""),
        job("aws4fetch", "GET", "/prod/secret", ""),
    ]);
    let (status, body) = &told[0];
    assert_eq!(*status, 201, "{body}");
    let event: Value = serde_json::from_str(body).expect("an event");
    let identity = &event["requestContext"]["identity"];
    assert_eq!(identity["userArn"], "arn:aws:iam::123456789012:user/ann");
    assert_eq!((&identity["accessKey"], &identity["user"]), (&json!(ANN.id), &json!("AIDAANN")));
    assert_eq!(event["headers"].get("Authorization"), None);
    assert_eq!(event["body"], "{\"n\":1}");
    assert_eq!(told[1].0, 201, "{}", told[1].1);
    assert_eq!(told[2].0, 403, "{}", told[2].1);
    assert!(told[2].1.ends_with("with an explicit deny\"}"), "{}", told[2].1);
    let unsigned = Request::get("/prod/a").send(&gateway);
    assert_eq!(unsigned.text(), r#"{"message":"Missing Authentication Token"}"#);
}

/// A server that streams what a function writes: what it has been sent comes out, and what it is to send
/// goes in.
fn writer() -> (String, Receiver<String>, Sender<Option<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let ((seen, received), (pieces, to_send)) = (channel(), channel::<Option<Vec<u8>>>());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            seen.send(read(&stream)).expect("a test that listens");
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n\
                        transfer-encoding: chunked\r\n\r\n";
            stream.write_all(head.as_bytes()).expect("a proxy that listens");
            while let Ok(Some(piece)) = to_send.recv() {
                if piece.is_empty() {
                    // It fails while it writes.
                    return;
                }
                let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat();
                if stream.write_all(&chunk).is_err() {
                    return;
                }
            }
            stream.write_all(b"0\r\n\r\n").expect("a proxy that listens");
        }
    });
    (url, received, pieces)
}

/// The request line and the body of a request.
fn read(stream: &TcpStream) -> String {
    let mut from = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    from.read_line(&mut first).expect("a request line");
    loop {
        let mut line = String::new();
        from.read_line(&mut line).expect("a header field");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).expect("a body");
    format!("{first}{}", String::from_utf8(body).expect("text"))
}

#[test]
fn what_a_function_streams_reaches_the_client_while_it_writes() {
    let (url, seen, pieces) = writer();
    let mut streaming = integration("writer");
    streaming["responseTransferMode"] = json!("STREAM");
    let operation = json!({"x-amazon-apigateway-integration": streaming});
    let definition = translated(&document(&operation, &json!({})), &url);
    let gateway = Gateway::with_workers(definition, 1);
    let ask = |request: Request, is_whole: bool| {
        let mut connection = Connection::open(&gateway).expect("a connection");
        connection.send(&request.into_bytes()).expect("a request that is sent");
        let called = seen.recv().expect("a call");
        let (line, event) = called.split_once('\n').expect("a request line");
        assert_eq!(
            line.trim(),
            "POST /2021-11-15/functions/writer/response-streaming-invocations HTTP/1.1"
        );
        let event: Value = serde_json::from_str(event).expect("an event");
        pieces.send(Some(br#"{"statusCode":202,"headers":{"x-a""#.to_vec())).unwrap();
        pieces.send(Some(b":\"1\"}}\0\0\0\0\0\0\0\0first".to_vec())).unwrap();
        let head = connection.head().expect("a head");
        assert_eq!((head.status, head.header("x-a")), (202, Some("1")));
        assert_eq!(head.header("content-type"), Some("application/json"));
        // What is still to come has not been written yet.
        assert_eq!(connection.chunk().expect("a chunk"), b"first");
        pieces.send(Some(b"second".to_vec())).unwrap();
        assert_eq!(connection.chunk().expect("a chunk"), b"second");
        if is_whole {
            pieces.send(None).unwrap();
            assert_eq!(connection.chunk().expect("an end"), b"");
        } else {
            pieces.send(Some(Vec::new())).unwrap();
            assert!(connection.chunk().is_err(), "what is broken off has no end");
        }
        event
    };
    // A request without a body becomes one with the event.
    let event = ask(Request::get("/prod/a?q=1"), true);
    assert_eq!((&event["httpMethod"], &event["path"]), (&json!("GET"), &json!("/a")));
    assert_eq!(event["queryStringParameters"], json!({"q": "1"}));
    let event = ask(Request::new("POST", "/prod/b").body("hello"), true);
    assert_eq!((&event["httpMethod"], &event["body"]), (&json!("POST"), &json!("hello")));
    ask(Request::get("/prod/a"), false);
    gateway.assert_healthy();
}

#[test]
fn a_stream_that_begins_with_no_head_is_a_bad_gateway() {
    let (url, seen, pieces) = writer();
    let mut streaming = integration("writer");
    streaming["responseTransferMode"] = json!("STREAM");
    let operation = json!({"x-amazon-apigateway-integration": streaming});
    let gateway = Gateway::with_workers(translated(&document(&operation, &json!({})), &url), 1);
    pieces.send(Some(b"not a head".to_vec())).unwrap();
    pieces.send(None).unwrap();
    let answer = Request::get("/prod/a").send(&gateway);
    seen.recv().expect("a call");
    assert_eq!((answer.status, answer.text()), (502, r#"{"message": "Internal server error"}"#));
}

/// Lambda itself takes signed calls only. The proxy signs them, with the credentials of its environment.
#[test]
fn calls_of_lambda_itself_are_signed_by_the_proxy() {
    let backend = Backend::start();
    let operation = json!({"x-amazon-apigateway-integration": integration("orders")});
    let mut options = Options::default();
    options.functions.all = Some(tollgate_lambda::Place {
        endpoint: Some(backend.url("")),
        name: None,
        signing_region: Some("eu-west-1".to_owned()),
    });
    let definition =
        translate(&document(&operation, &json!({})), &options).expect("a definition").definition;
    let gateway = Gateway::with_workers(definition, 1);
    // What an echo says is no response of a function.
    assert_eq!(Request::get("/prod/a").send(&gateway).status, 502);
    let call = backend.seen().pop().expect("a call");
    let [authorization] = &values(&call, "authorization")[..] else { panic!("{call}") };
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDPROXY/"), "{authorization}");
    assert!(authorization.contains("/eu-west-1/lambda/aws4_request"), "{authorization}");
    verify(&call);
}

/// Checks a signature as whoever knows the secret does.
#[track_caller]
fn verify(call: &Value) {
    use tollgate_sigv4::{Outcome, Presented, Request, Secret, SigningKey};

    let headers: Vec<(Vec<u8>, Vec<u8>)> = (call["headers"].as_array().expect("fields").iter())
        .map(|field| {
            let text = |index: usize| field[index].as_str().expect("text").as_bytes().to_vec();
            (text(0), text(1))
        })
        .collect();
    let fields: Vec<(&[u8], &[u8])> = headers.iter().map(|(n, v)| (&**n, &**v)).collect();
    let authority = values(call, "host").pop().expect("a host");
    let request = Request {
        method: b"POST",
        path: call["target"].as_str().expect("a target").as_bytes(),
        query: b"",
        authority: authority.as_bytes(),
        headers: &fields,
    };
    let presented = Presented::read(&request).expect("a signature").expect("a signature");
    let secret = Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let key = SigningKey::derive(&secret, presented.scope());
    let body = call["body"].as_str().expect("a body").as_bytes();
    let verified = presented.verify(&request, &key, Some(body)).expect("a good signature");
    assert!(matches!(verified, Outcome::Verified(_)));
}
