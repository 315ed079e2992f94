#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_gateway::Definition;

use super::read;
use crate::{Address, Certificate, Clients, EndpointType, Files, Network, Settings, Tls, files};

fn certificate(chain: &str, key: &str) -> Certificate {
    Certificate { chain: chain.to_owned(), key: key.to_owned() }
}

fn tls(clients: Clients) -> Tls {
    Tls { certificate: certificate("/tls/server.pem", "/tls/server.key"), clients }
}

fn certified(names: &[&str]) -> Clients {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Clients::Certified { authorities: "/tls/clients.pem".to_owned(), names }
}

fn made(settings: &Settings) -> Files {
    files(&Definition::default(), settings).expect("files")
}

fn chain(settings: &Settings) -> Value {
    let mut bootstrap = read(&made(settings).bootstrap);
    bootstrap["static_resources"]["listeners"][0]["filter_chains"][0].take()
}

#[track_caller]
fn check(settings: Settings, expected: Result<(), &str>) {
    let made = files(&Definition::default(), &settings).map(drop);
    assert_eq!(made.map_err(|invalid| invalid.to_string()), expected.map_err(str::to_owned));
}

#[test]
fn without_tls_nothing_is_said_of_it() {
    assert_eq!(made(&Settings::default()).secrets, []);
    assert_eq!(chain(&Settings::default())["transport_socket"], Value::Null);
}

#[test]
fn certificates_are_discovered_so_that_they_can_be_replaced() {
    let settings = Settings { tls: Some(tls(certified(&[]))), ..Settings::default() };
    let secrets = made(&settings).secrets;
    let names: Vec<_> = secrets.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["certificate.yaml", "client-authorities.yaml"]);
    let secret = &read(&secrets[0].1)["resources"][0];
    assert_eq!(
        secret["tls_certificate"],
        json!({
            "certificate_chain": { "filename": "/tls/server.pem" },
            "private_key": { "filename": "/tls/server.key" },
            "watched_directory": { "path": "/tls" },
        })
    );
    let context = &chain(&settings)["transport_socket"]["typed_config"];
    let common = &context["common_tls_context"];
    let source = &common["tls_certificate_sds_secret_configs"][0];
    assert_eq!(source["name"], secret["name"]);
    let file = &source["sds_config"]["path_config_source"]["path"];
    assert_eq!(file, "/etc/tollgate/certificate.yaml");
    assert_eq!(common["tls_params"]["tls_minimum_protocol_version"], "TLSv1_2");
    assert_eq!(common["alpn_protocols"], json!(["h2", "http/1.1"]));
}

#[test]
fn clients_must_have_a_certificate_where_they_are_certified() {
    let of = |clients| {
        let settings = Settings { tls: Some(tls(clients)), ..Settings::default() };
        chain(&settings)["transport_socket"]["typed_config"].take()
    };
    let anybody = of(Clients::Anybody);
    assert_eq!(anybody["require_client_certificate"], false);
    assert_eq!(anybody["common_tls_context"]["combined_validation_context"], Value::Null);
    let any_of_the_authority = of(certified(&[]));
    assert_eq!(any_of_the_authority["require_client_certificate"], true);
    let names = ["Edge.example", "spiffe://example/Edge", "10.0.0.5", "FD00:0::5"];
    let named = of(certified(&names));
    let validation = &named["common_tls_context"]["combined_validation_context"];
    assert_eq!(
        validation["default_validation_context"]["match_typed_subject_alt_names"],
        json!([
            { "san_type": "DNS", "matcher": { "exact": "edge.example" } },
            { "san_type": "URI", "matcher": { "exact": "spiffe://example/Edge" } },
            { "san_type": "IP_ADDRESS", "matcher": { "exact": "10.0.0.5" } },
            { "san_type": "IP_ADDRESS", "matcher": { "exact": "fd00::5" } },
        ])
    );
    let source = &validation["validation_context_sds_secret_config"]["sds_config"];
    let path = &source["path_config_source"]["path"];
    assert_eq!(path, "/etc/tollgate/client-authorities.yaml");
}

#[test]
fn what_a_client_says_of_its_certificate_is_never_passed_on() {
    let of = |tls| {
        let manager =
            chain(&Settings { tls, ..Settings::default() })["filters"][0]["typed_config"].take();
        [&manager["forward_client_cert_details"], &manager["set_current_client_cert_details"]]
            .map(Value::clone)
    };
    let removed = [json!("SANITIZE"), Value::Null];
    assert_eq!(of(None), removed);
    assert_eq!(of(Some(tls(Clients::Anybody))), removed);
    assert_eq!(of(Some(tls(certified(&[])))), [json!("SANITIZE_SET"), json!({ "cert": true })]);
}

#[test]
fn what_tls_cannot_hold_is_refused() {
    let with = |tls| Settings { tls: Some(tls), ..Settings::default() };
    let refused = |chain: &str, key: &str, reason: &str| {
        let certificate = certificate(chain, key);
        check(with(Tls { certificate, clients: Clients::Anybody }), Err(reason));
    };
    refused(
        "server.pem",
        "/server.key",
        "tls.certificate.chain: `server.pem` must be the path of a file, from `/` on",
    );
    refused("/server.pem", "", "tls.certificate.key: `` must be the path of a file, from `/` on");
    refused(
        "/a/server.pem",
        "/b/server.key",
        "tls.certificate.key: `/b/server.key` must lie beside `/a/server.pem`: they are replaced \
         together",
    );
    for name in ["", "*", "*.example", "a b", "spiffe://", "://a", "spiffe://*/a", "a/b"] {
        let reason = format!(
            "tls.clients.names: `{name}` must be an address, or the whole of a DNS name or of a URI \
             such as `spiffe://a/b`"
        );
        check(with(tls(certified(&[name]))), Err(&reason));
    }
    let many = vec!["a.example"; 101];
    check(with(tls(certified(&many))), Err("tls.clients.names: has 101 names: at most 100"));
    check(with(tls(certified(&many[..100]))), Ok(()));
}

#[test]
fn a_network_is_read_strictly() {
    #[track_caller]
    fn read(text: &str, expected: Result<&str, &str>) {
        let network = text.parse::<Network>().map(|network| network.to_string());
        let network = network.map_err(|invalid| invalid.to_string());
        assert_eq!(network, expected.map(str::to_owned).map_err(str::to_owned));
    }
    read("10.0.0.0/8", Ok("10.0.0.0/8"));
    read("10.0.0.1", Ok("10.0.0.1/32"));
    read("fd00::/8", Ok("fd00::/8"));
    read("::1", Ok("::1/128"));
    read("0.0.0.0/0", Ok("0.0.0.0/0"));
    read("::/0", Ok("::/0"));
    read("10.0.0.1/8", Err("`10.0.0.1/8` has bits after its first 8: is `10.0.0.0/8` meant?"));
    read("fd00::1/64", Err("`fd00::1/64` has bits after its first 64: is `fd00::/64` meant?"));
    read("10.0.0.0/33", Err("`10.0.0.0/33` must end in a number of bits, at most 32"));
    read("10.0.0.0/", Err("`10.0.0.0/` must end in a number of bits, at most 32"));
    let none = "is not a network such as `10.0.0.0/8` or `fd00::/8`, nor an address";
    for text in ["", "10.0.0/8", "localhost", "/8"] {
        read(text, Err(&format!("`{text}` {none}")));
    }
}

#[test]
fn a_private_endpoint_is_at_no_public_address() {
    let at = |listen: Address| Settings {
        listen,
        endpoint_type: EndpointType::Private,
        tls: Some(tls(certified(&[]))),
        ..Settings::default()
    };
    let tcp = |text: &str| at(Address::Tcp(text.parse().expect(text)));
    for inside in [
        "127.0.0.1:1",
        "127.9.9.9:1",
        "[::1]:1",
        "10.0.0.1:1",
        "172.16.0.1:1",
        "172.31.255.255:1",
        "192.168.9.9:1",
        "[fd00::1]:1",
    ] {
        check(tcp(inside), Ok(()));
    }
    check(at(Address::Unix("/run/gateway.sock".to_owned())), Ok(()));
    for outside in [
        "0.0.0.0:1",
        "[::]:1",
        "8.8.8.8:1",
        "172.32.0.1:1",
        "172.15.0.1:1",
        "192.169.0.1:1",
        "169.254.0.1:1",
        "100.64.0.1:1",
        "[fe80::1]:1",
        "[2001:db8::1]:1",
    ] {
        let reason = format!(
            "listen: `{outside}` may be reached from outside: a private endpoint listens on this \
             machine (127.0.0.0/8, ::1), in a private network (10.0.0.0/8, 172.16.0.0/12, \
             192.168.0.0/16, fc00::/7) or on a Unix socket"
        );
        check(tcp(outside), Err(&reason));
        check(Settings { endpoint_type: EndpointType::Regional, ..tcp(outside) }, Ok(()));
    }
}

#[test]
fn an_address_of_ipv4_is_not_written_for_ipv6() {
    for endpoint_type in [EndpointType::Regional, EndpointType::Private] {
        let listen = Address::Tcp("[::ffff:127.0.0.1]:1".parse().expect("an address"));
        let tls = Some(tls(certified(&[])));
        let reason = "listen: `::ffff:127.0.0.1` is written for IPv6: use `127.0.0.1`";
        check(Settings { listen, endpoint_type, tls, ..Settings::default() }, Err(reason));
    }
}

#[test]
fn a_private_endpoint_says_whom_it_serves() {
    let networks = |all: &[&str]| all.iter().map(|text| text.parse().expect(text)).collect();
    let private = Settings { endpoint_type: EndpointType::Private, ..Settings::default() };
    let nobody = "endpoint_type: a private endpoint must say whom it serves: clients with \
                  certificates (`tls.clients`), networks (`sources`), or both";
    check(private.clone(), Err(nobody));
    check(Settings { tls: Some(tls(Clients::Anybody)), ..private.clone() }, Err(nobody));
    check(Settings { tls: Some(tls(certified(&[]))), ..private.clone() }, Ok(()));
    check(Settings { sources: networks(&["10.0.0.0/8"]), ..private.clone() }, Ok(()));
    for everything in ["0.0.0.0/0", "::/0"] {
        let reason = format!("sources: `{everything}` is every network: name those within");
        let sources = networks(&["10.0.0.0/8", everything]);
        check(Settings { sources, ..private.clone() }, Err(&reason));
    }
    let many = vec!["10.0.0.0/8"; 101];
    let reason = "sources: has 101 networks: at most 100";
    check(Settings { sources: networks(&many), ..private.clone() }, Err(reason));
    let listen = Address::Unix("/run/gateway.sock".to_owned());
    let reason = "sources: a Unix socket is reached from no network";
    check(Settings { listen, sources: networks(&["10.0.0.0/8"]), ..private }, Err(reason));
}

#[test]
fn networks_are_judged_before_the_gateway_by_who_connects() {
    let sources = vec!["10.1.0.0/16".parse().expect("a network")];
    let manager = chain(&Settings { sources, ..Settings::default() });
    let filters = &manager["filters"][0]["typed_config"]["http_filters"];
    assert_eq!(filters[0]["name"], "envoy.filters.http.rbac");
    assert_eq!(filters[1]["name"], "tollgate.gateway");
    let rules = &filters[0]["typed_config"]["rules"];
    assert_eq!(rules["action"], "ALLOW");
    assert_eq!(
        rules["policies"]["sources"]["principals"],
        json!([{ "direct_remote_ip": { "address_prefix": "10.1.0.0", "prefix_len": 16 } }])
    );
}
