//! The regional endpoint: TLS, certificates that are replaced, and clients that must have one.

use openssl::ssl::SslVersion;
use serde_json::{Value, json};
use tollgate_envoy_config::{AccessLog, Certificate, Clients, Tls};
use tollgate_tests::backend::values;
use tollgate_tests::certificates::Files;
use tollgate_tests::{
    Authority, Backend, Gateway, Identity, Issuer, Program, Request, Secure, definition, envoy,
    program, wait, workspace,
};

use crate::topology::Moved;

fn certificate(files: &Files) -> Certificate {
    let text = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    Certificate { chain: text(&files.certificate), key: text(&files.key) }
}

/// A gateway that lets in clients of an authority with one of these names.
fn guarded(
    backend: &Backend,
    (own, of_clients): (&Authority, &Authority),
    names: &[&str],
    trusted_hops: u32,
) -> Gateway {
    let open = definition::http_api(&backend.url("/{proxy}"), &["ANY /{proxy+}"]);
    Gateway::prepared(open, 1, |folder, settings| {
        let files = own.certify(&["gw.example"]).write(folder, "server");
        let authorities = of_clients.write(&folder.join("clients.pem"));
        settings.tls = Some(Tls {
            certificate: certificate(&files),
            clients: Clients::Certified {
                authorities: authorities.to_str().expect("UTF-8").to_owned(),
                names: names.iter().map(|name| (*name).to_owned()).collect(),
            },
        });
        settings.trusted_hops = trusted_hops;
        settings.access_log = AccessLog::Stdout;
    })
}

#[test]
fn the_folder_serves_the_orders_api_over_tls() {
    let (authority, backend, issuer) =
        (Authority::new("our own"), Backend::start(), Issuer::start());
    let any = ([127, 0, 0, 1], 0).into();
    let moved = Moved::new("regional", "envoy/regional")
        .with("0.0.0.0", 8443, any)
        .with("127.0.0.1", 8081, backend.address())
        .with("127.0.0.1", 8082, issuer.address());
    let tls = moved.folder().join("tls");
    std::fs::create_dir(&tls).expect("a folder");
    let first = authority.certify(&["gw.example"]);
    first.write(&tls, "server");
    let envoy = moved.start();
    let address = envoy::listener(&envoy, "gateway");
    let client = Secure::new(&authority);
    let get = || Request::get("/orders").header("x-forwarded-for", "203.0.113.9");
    wait::until_true("the API", wait::PATIENCE, || {
        client.try_send(address, get()).is_ok_and(|answer| answer.status == 200)
    });
    let echo = client.send(address, get()).json();
    assert_eq!(values(&echo, "x-forwarded-proto"), ["https"]);
    assert_eq!(Request::get("/orders").bearer("x").try_send(address).map(drop).ok(), None);
    let post = |token: &str| Request::new("POST", "/orders").bearer(token).body("{}");
    assert_eq!(client.send(address, post("no token")).status, 401);
    let token = issuer.token_with(&json!({"aud": "orders", "scope": "orders:write"}));
    let answer = wait::until("the issuer's keys", wait::PATIENCE, || {
        Some(client.send(address, post(&token))).filter(|answer| answer.status == 200)
    });
    assert_eq!(values(&answer.json(), "x-user-id"), ["user-1"]);

    let handshake = client.shake_hands(address).expect("a handshake");
    assert_eq!(handshake.version, "TLSv1.3");
    assert_eq!(handshake.alpn.as_deref(), Some("http/1.1"));
    let handshake = client.clone().offering_http2().shake_hands(address).expect("a handshake");
    assert_eq!(handshake.alpn.as_deref(), Some("h2"));
    let old = client.clone().at_most(SslVersion::TLS1_2);
    assert_eq!(old.shake_hands(address).expect("a handshake").version, "TLSv1.2");
    let too_old = client.clone().at_most(SslVersion::TLS1_1).shake_hands(address);
    assert!(too_old.is_err(), "{too_old:?}");

    // A certificate that is replaced is seen, the process being the same.
    assert_eq!(client.shake_hands(address).expect("a handshake").serial, first.serial());
    let second = authority.certify(&["gw.example"]);
    second.write(&tls, "server");
    wait::until_true("new certificate", wait::PATIENCE, || {
        client.shake_hands(address).is_ok_and(|shake| shake.serial == second.serial())
    });
    assert_eq!(client.send(address, get()).status, 200);
    envoy.assert_healthy();
}

#[test]
fn only_clients_with_a_certificate_of_the_authority_and_a_name_get_in() {
    let (own, clients, others) =
        (Authority::new("our own"), Authority::new("of clients"), Authority::new("of others"));
    let backend = Backend::start();
    let names = ["edge.example", "spiffe://example/edge"];
    let gateway = guarded(&backend, (&own, &clients), &names, 0);
    let client = Secure::new(&own);
    let get = |identity: Option<&Identity>| -> Option<Value> {
        let client =
            identity.map_or_else(|| client.clone(), |identity| client.clone().with(identity));
        let answer = client.try_send(&gateway, Request::get("/x")).ok()?;
        assert_eq!(answer.status, 200, "{answer:?}");
        Some(answer.json())
    };
    for (names, is_served) in [
        (&["edge.example"][..], true),
        (&["EDGE.example", "other.example"], true),
        (&["spiffe://example/edge"], true),
        (&["other.example"], false),
        (&["edge.example.evil"], false),
        (&["sub.edge.example"], false),
        (&["spiffe://example/edge/x"], false),
        // A URI is no DNS name, and neither is the other.
        (&["spiffe://edge.example"], false),
        (&[], false),
    ] {
        let identity = clients.certify(names);
        assert_eq!(get(Some(&identity)).is_some(), is_served, "{names:?}");
    }
    let seen = backend.count();
    assert_eq!(get(None), None);
    assert_eq!(get(Some(&others.certify(&["edge.example"]))), None);
    assert_eq!(get(Some(&own.certify(&["edge.example"]))), None);
    assert_eq!(backend.count(), seen, "somebody got through");

    // The authorities of clients are read anew too.
    others.write(&gateway.folder().join("clients.pem"));
    wait::until_true("new authorities", wait::PATIENCE, || {
        get(Some(&others.certify(&["edge.example"]))).is_some()
    });
    assert_eq!(get(Some(&clients.certify(&["edge.example"]))), None);
    gateway.assert_healthy();
}

#[test]
fn without_names_any_certificate_of_the_authority_will_do_but_none_will_not() {
    let (own, clients) = (Authority::new("our own"), Authority::new("of clients"));
    let backend = Backend::start();
    let gateway = guarded(&backend, (&own, &clients), &[], 0);
    let client = Secure::new(&own);
    let get = |client: &Secure| client.try_send(&gateway, Request::get("/x"));
    for names in [&["edge.example"][..], &[]] {
        let answer = get(&client.clone().with(&clients.certify(names))).expect("an answer");
        assert_eq!(answer.status, 200, "{names:?}");
    }
    assert!(get(&client).is_err(), "served without a certificate");
    assert!(get(&client.clone().with(&own.certify(&["edge.example"]))).is_err());
    assert_eq!(backend.count(), 2);
}

#[test]
fn only_a_proxy_with_a_certificate_says_who_the_client_is() {
    let (own, edges) = (Authority::new("our own"), Authority::new("of edges"));
    let backend = Backend::start();
    let gateway = guarded(&backend, (&own, &edges), &["edge.example"], 1);
    let forged = || Request::get("/x").header("x-forwarded-for", "198.51.100.1, 203.0.113.9");
    let edge = Secure::new(&own).with(&edges.certify(&["edge.example"]));
    let echo = edge.send(&gateway, forged());
    assert_eq!(echo.status, 200, "{echo:?}");
    let echo = echo.json();
    // Who connects comes last, as the address this machine has for others.
    let chain = values(&echo, "x-forwarded-for").concat();
    assert!(chain.starts_with("198.51.100.1, 203.0.113.9,"), "{chain}");
    wait::until_true("client in the log", wait::PATIENCE, || {
        gateway.log().contains(r#""client":"203.0.113.9""#)
    });
    assert!(Secure::new(&own).try_send(&gateway, forged()).is_err());
    assert_eq!(backend.count(), 1);
}

#[test]
fn run_serves_over_tls_too() {
    let (folder, authority) = (envoy::folder(), Authority::new("ours"));
    let files = authority.certify(&["gw.example"]).write(folder.path(), "server");
    let [pem, key] = [&files.certificate, &files.key].map(|path| path.to_str().expect("UTF-8"));
    let document = workspace().join("envoy/edge/api.yaml");
    let document = document.to_str().expect("UTF-8");
    let ports = ["--port", "0", "--admin-port", "0", "--workers", "1"];
    let tls = ["--tls-certificate", pem, "--tls-key", key];
    let mut program = Program::start(&[&["run", document], &ports[..], &tls].concat());
    let url = program.first_line();
    let port: u16 =
        url.strip_prefix("https://localhost:").and_then(|port| port.parse().ok()).expect(&url);
    let answer = Secure::new(&authority).send(([127, 0, 0, 1], port), Request::get("/nothing"));
    assert_eq!(answer.status, 404);
    assert!(program.stop("TERM").success());
}

#[test]
fn what_tls_cannot_hold_is_refused_before_anything_is_written() {
    let folder = envoy::folder();
    let at = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let authority = Authority::new("ours");
    authority.certify(&["gw.example"]).write(folder.path(), "server");
    let (pem, key, out) = (at("server.pem"), at("server.key"), at("out"));
    let check = |more: &[&str], code: i32, says: &str| {
        let document = workspace().join("envoy/edge/api.yaml");
        let document = document.to_str().expect("UTF-8");
        let output = program::run(&[&["build", document, "--out", &out], more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{more:?}: {said}");
        assert!(said.contains(says), "{more:?}: {said}");
        assert_eq!(std::path::Path::new(&out).exists(), code == 0, "{more:?}");
    };
    let tls = ["--tls-certificate", pem.as_str(), "--tls-key", &key];
    let with = |more: &[&'static str]| [&tls[..], more].concat();
    check(&["--tls-certificate", &pem], 2, "--tls-key");
    check(&["--client-authorities", &pem], 2, "--tls-certificate");
    check(&with(&["--client-name", "a.example"]), 2, "--client-authorities");
    check(&with(&["--client-authorities", "nowhere.pem"]), 1, "--client-authorities: cannot read");
    check(&["--tls-certificate", &key, "--tls-key", &key], 3, "has no certificate in PEM");
    check(&["--tls-certificate", &pem, "--tls-key", &pem], 3, "has no private key in PEM");
    let elsewhere = ["--tls-certificate", "a.pem", "--tls-key", "a.key", "--directory", "/etc/x"];
    check(&elsewhere, 3, "must be the path that Envoy sees");
    check(&["--allow-source", "10.0.0.1/8"], 2, "is `10.0.0.0/8` meant?");
    check(&["--endpoint-type", "private"], 3, "must say whom it serves");
    let public = ["--endpoint-type", "private", "--allow-source", "10.0.0.0/8", "--address"];
    check(&[&public[..], &["0.0.0.0"]].concat(), 3, "may be reached from outside");
    check(&["--trusted-hops", "1"], 0, "whoever reaches the gateway can say who the client is");
}
