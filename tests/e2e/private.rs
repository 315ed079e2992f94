//! The private endpoint: who reaches it, from where, and as whom.

use std::fs;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::json;
use tollgate_envoy_config::EndpointType;
use tollgate_tests::{
    Answer, Authority, Backend, Gateway, Identity, Network, Request, Secure, definition, envoy,
    program, wait, workspace,
};

use crate::topology::{self, Moved};

/// What API Gateway says to those whom a resource policy does not allow.
#[track_caller]
fn assert_denied(answer: &Answer) {
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(
        answer.json(),
        json!({"Message": "User: anonymous is not authorized to perform: execute-api:Invoke on \
                           resource: execute-api:/*"})
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-amzn-errortype"), Some("AccessDeniedException"));
}

#[test]
fn only_a_network_that_is_named_is_served_whatever_a_client_says() {
    let backend = Backend::start();
    let serving = |network: &str| {
        let open = definition::http_api(&backend.url("/{proxy}"), &["ANY /{proxy+}"]);
        Gateway::prepared(open, 1, |_, settings| {
            settings.endpoint_type = EndpointType::Private;
            settings.sources = vec![network.parse().expect("a network")];
            settings.trusted_hops = 1;
        })
    };
    let inside = serving("127.0.0.0/8");
    assert_eq!(Request::get("/x").send(&inside).status, 200);
    let seen = backend.count();
    let elsewhere = serving("10.0.0.0/8");
    for (name, value) in [
        ("x-forwarded-for", "10.0.0.1"),
        ("x-envoy-external-address", "10.0.0.1"),
        ("x-real-ip", "10.0.0.1"),
        ("forwarded", "for=10.0.0.1"),
        ("a", "b"),
    ] {
        assert_denied(&Request::get("/x").header(name, value).send(&elsewhere));
    }
    // A request for nothing is refused alike: who is outside learns nothing.
    assert_denied(&Request::to("GET", "/no/such/route", "other.example").send(&elsewhere));
    assert_eq!(backend.count(), seen);
    inside.assert_healthy();
}

#[test]
#[expect(clippy::print_stderr, reason = "that is where a test says why it is skipped")]
fn the_folder_is_reached_from_inside_and_not_from_outside() {
    let (Some(inside), Some(outside)) = (Network::new(213, 1), Network::new(213, 2)) else {
        eprintln!("skipped: it takes root to make networks");
        return;
    };
    let (authority, stranger) = (Authority::new("ours"), Authority::new("a stranger's"));
    let backend = Backend::start();
    let moved = Moved::new("private", "envoy/private")
        .with("10.89.0.10", 8443, (inside.here(), 0).into())
        .with("backend", 8081, backend.address())
        .replaced("10.89.0.0", |_| "10.213.1.0".to_owned());
    let tls = moved.folder().join("tls");
    fs::create_dir(&tls).expect("a folder");
    authority.certify(&["gw.example"]).write(&tls, "server");
    authority.write(&tls.join("authority.pem"));
    let gateway = moved.start();
    let address = envoy::listener(&gateway, "gateway");
    assert_eq!(address.ip(), IpAddr::from(inside.here()));

    let shop = authority.certify(&["shop.internal"]);
    let get = || Request::get("/stock/pen").header("x-forwarded-for", "10.213.1.2");
    let ask = |network: &Network, identity: Option<&Identity>| -> Option<Answer> {
        let client = Secure::new(&authority);
        let client = match identity {
            Some(identity) => client.with(identity),
            None => client,
        };
        network.inside(|| client.try_send(address, get()).ok())
    };
    let answer = wait::until("the API", wait::PATIENCE, || {
        ask(&inside, Some(&shop)).filter(|answer| answer.status == 200)
    });
    assert_eq!(answer.json()["target"], "/stock/pen");
    let workload = authority.certify(&["spiffe://internal/shop"]);
    assert_eq!(ask(&inside, Some(&workload)).map(|answer| answer.status), Some(200));

    let seen = backend.count();
    assert!(ask(&inside, None).is_none(), "served without a certificate");
    for identity in [
        authority.certify(&["other.internal"]),
        authority.certify(&[]),
        stranger.certify(&["shop.internal"]),
    ] {
        assert!(ask(&inside, Some(&identity)).is_none(), "served with another certificate");
    }
    // With a good certificate, but from elsewhere.
    assert_denied(&ask(&outside, Some(&shop)).expect("an answer"));
    assert!(ask(&outside, None).is_none(), "served without a certificate");
    // At the addresses that this machine has elsewhere there is nobody.
    let port = address.port();
    let knock = |ip: IpAddr| {
        TcpStream::connect_timeout(&SocketAddr::new(ip, port), Duration::from_secs(2)).is_ok()
    };
    assert!(!outside.inside(|| knock(outside.here().into())), "there is a listener outside");
    assert!(!knock([127, 0, 0, 1].into()), "there is a listener on this machine");
    assert_eq!(backend.count(), seen);
    gateway.assert_healthy();
}

#[test]
fn the_backend_of_the_folder_answers() {
    let backend = topology::beside("private", "backend", &[("0.0.0.0", 8081)]);
    let address = envoy::listener(&backend, "backend");
    let answer = Request::get("/stock/pen").send(([127, 0, 0, 1], address.port()));
    assert_eq!((answer.status, answer.text()), (200, r#"{"count":3}"#));
}

#[test]
fn a_document_of_a_private_api_is_served_by_a_private_endpoint_only() {
    let document = workspace().join("envoy/private/api.yaml");
    let document = document.to_str().expect("UTF-8");
    for command in ["check", "routes"] {
        let open = program::run(&[command, document]);
        assert!(!open.status.success(), "{command}");
        let said = [open.stdout, open.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("say whom to serve, with `--endpoint-type private`"), "{said}");
        let private = program::run(&[command, document, "--endpoint-type", "private"]);
        assert!(private.status.success(), "{}", String::from_utf8_lossy(&private.stderr));
    }
}
