//! What a log and a backend are told of a client's certificate, and what a client cannot pretend.

use std::fs;
use std::path::{Path, PathBuf};

use openssl::x509::X509;
use serde_json::{Value, json};
use tollgate_envoy_config::{Certificate, Clients, LogDestination, Settings, Tls};
use tollgate_gateway::Definition;
use tollgate_tests::backend::values;
use tollgate_tests::{
    Answer, Authority, Backend, Gateway, Identity, Request, Secure, definition, envoy, wait,
};

const FIELD: &str = "x-forwarded-client-cert";

/// An API that logs what it knows of a certificate, and tells its backend whose it is.
fn api(backend: &Backend) -> Definition {
    let mut format = json!({"requestId": "$context.requestId"});
    for name in ["clientCertPem", "subjectDN", "issuerDN", "serialNumber"] {
        format[name] = format!("$context.identity.clientCert.{name}").into();
    }
    for name in ["notBefore", "notAfter"] {
        format[name] = format!("$context.identity.clientCert.validity.{name}").into();
    }
    definition(json!({
        "version": 1,
        "default_api": "a",
        "apis": {"a": {
            "name": "A",
            "protocol": "http",
            "integrations": {"backend": {"http_proxy": {
                "uri": backend.url("/{proxy}"),
                "request_parameters": {
                    "overwrite:header.x-subject": "$context.identity.clientCert.subjectDN",
                    "overwrite:header.x-serial": "$context.identity.clientCert.serialNumber",
                },
            }}},
            "routes": {"ANY /{proxy+}": {"authorization": "none", "integration": "backend"}},
            "stages": {"$default": {"access_log": {"format": format.to_string()}}},
        }},
    }))
}

/// A gateway, and where it logs.
fn serving(backend: &Backend, prepare: impl FnOnce(&Path, &mut Settings)) -> (Gateway, PathBuf) {
    let mut log = PathBuf::new();
    let gateway = Gateway::prepared(api(backend), 1, |folder, settings| {
        log = folder.join("access.log");
        settings.log_destination = LogDestination::File(log.display().to_string());
        prepare(folder, settings);
    });
    (gateway, log)
}

/// The settings of one that speaks TLS.
fn secure(folder: &Path, settings: &mut Settings, own: &Authority, clients: Clients) {
    let files = own.certify(&["gw.example"]).write(folder, "server");
    let [chain, key] = [files.certificate, files.key].map(|path| path.display().to_string());
    settings.tls = Some(Tls { certificate: Certificate { chain, key }, clients });
}

fn lines(log: &Path, count: usize) -> Vec<Value> {
    // Envoy keeps lines for up to ten seconds before it writes them.
    wait::until("lines", wait::PATIENCE, || {
        let text = fs::read_to_string(log).unwrap_or_default();
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        (lines.len() >= count).then_some(lines)
    })
    .iter()
    .map(|line| serde_json::from_str(line).expect("a line of JSON"))
    .collect()
}

/// What a client would like to be taken for.
fn forged() -> String {
    let admin = Authority::new("of admins").certify(&["admin.example"]);
    let folder = envoy::folder();
    let files = admin.write(folder.path(), "admin");
    let pem = fs::read_to_string(files.certificate).expect("PEM");
    let escaped = pem.replace('\n', "%0A").replace(' ', "%20").replace('+', "%2B");
    format!("Hash=1;Cert=\"{}\"", escaped.replace('/', "%2F").replace('=', "%3D"))
}

/// What a backend has seen of a certificate.
fn told(answer: &Answer) -> [Vec<String>; 2] {
    assert_eq!(answer.status, 200, "{answer:?}");
    let echo = answer.json();
    for name in [FIELD, "x_forwarded_client_cert"] {
        assert!(values(&echo, name).is_empty(), "{echo}");
    }
    [values(&echo, "x-subject"), values(&echo, "x-serial")]
}

#[test]
fn a_log_and_a_backend_are_told_whose_certificate_it_is() {
    let (own, of_clients) = (Authority::new("our own"), Authority::new("of clients"));
    let backend = Backend::start();
    let (gateway, log) = serving(&backend, |folder, settings| {
        let authorities = of_clients.write(&folder.join("clients.pem")).display().to_string();
        secure(folder, settings, &own, Clients::Certified { authorities, names: Vec::new() });
    });
    let clients: Vec<Identity> = (0..3).map(|_| of_clients.certify(&["a.example"])).collect();
    let client = Secure::new(&own);
    let serial = |client: &Identity| {
        let digits = client.serial().to_ascii_lowercase();
        let pairs: Vec<_> = digits.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
        pairs.join(":")
    };
    let mut expected = Vec::new();
    for _ in 0..2 {
        for identity in &clients {
            let client = client.clone().with(identity);
            let mut request = Request::get("/x").header("x-subject", "CN=forged");
            if expected.len() >= clients.len() {
                request = request.header(FIELD, forged());
            }
            let seen = told(&client.send(&gateway, request));
            assert_eq!(seen, [vec!["CN=somebody".to_owned()], vec![serial(identity)]]);
            let files = identity.write(gateway.folder(), "known");
            expected.push(fs::read_to_string(files.certificate).expect("PEM"));
        }
    }
    for (line, pem) in lines(&log, expected.len()).iter().zip(&expected) {
        let read = X509::from_pem(pem.as_bytes()).expect("a certificate");
        assert_eq!(&line["clientCertPem"], pem);
        assert_eq!(line["subjectDN"], "CN=somebody");
        assert_eq!(line["issuerDN"], "CN=of clients");
        assert_eq!(line["notBefore"], read.not_before().to_string());
        assert_eq!(line["notAfter"], read.not_after().to_string());
    }
    gateway.assert_healthy();
}

#[test]
fn nobody_can_pretend_to_have_a_certificate() {
    let own = Authority::new("our own");
    let backend = Backend::start();
    let forged = forged();
    let once = || {
        let request = Request::get("/x").header(FIELD, &forged);
        request.header("x-subject", "CN=forged").header("x-serial", "1")
    };
    let twice = || once().header("X-Forwarded-Client-Cert", &forged);
    let nothing = [Vec::<String>::new(), Vec::new()];
    let (plain, of_plain) = serving(&backend, |_, _| {});
    for request in [once(), twice()] {
        assert_eq!(told(&request.send(&plain)), nothing);
    }
    // Who has one is not asked for it, and so has shown none.
    let (open, of_open) = serving(&backend, |folder, settings| {
        secure(folder, settings, &own, Clients::Anybody);
    });
    let client = Secure::new(&own).with(&own.certify(&["a.example"]));
    for request in [once(), twice()] {
        assert_eq!(told(&client.send(&open, request)), nothing);
    }
    for log in [of_plain, of_open] {
        for line in lines(&log, 2) {
            for name in ["clientCertPem", "subjectDN", "serialNumber", "notAfter"] {
                assert_eq!(line[name], "-", "{name}");
            }
        }
    }
}
