//! The edge: what clients see of it, what gateways are told, and what happens when one dies.

mod kept;
mod origins;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};
use tollgate_envoy_config::{
    AccessLog, Address, Cache, Certificate, Clients, Edge, Health, Http3, Settings, Tls,
};
use tollgate_policy::Endpoint;
use tollgate_tests::backend::{Behaviour, values};
use tollgate_tests::certificates::Files;
use tollgate_tests::{
    Answer, Authority, Backend, Envoy, Gateway, Network, Request, Secure, definition, envoy, wait,
};

use crate::topology::Moved;

/// What a client says of itself that is not so.
const FORGED: &str = "203.0.113.9";

fn text(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

fn certificate(files: &Files) -> Certificate {
    Certificate { chain: text(&files.certificate), key: text(&files.key) }
}

/// A gateway that lets in the edge and nobody else.
fn regional(backend: &Backend, authority: &Authority, port: u16) -> Gateway {
    regional_for("edge.internal", &backend.url("/{proxy}"), authority, port)
}

/// A gateway that lets in whoever is certified for a name.
fn regional_for(name: &str, uri: &str, authority: &Authority, port: u16) -> Gateway {
    let open = definition::http_api(uri, &["ANY /{proxy+}"]);
    Gateway::prepared(open, 1, |folder, settings| {
        settings.listen = Address::Tcp(([127, 0, 0, 1], port).into());
        settings.tls = Some(Tls {
            certificate: certificate(
                &authority.certify(&["127.0.0.1", "gateway.example"]).write(folder, "server"),
            ),
            clients: Clients::Certified {
                authorities: text(&authority.write(&folder.join("authority.pem"))),
                names: vec![name.to_owned()],
            },
        });
        settings.trusted_hops = 1;
        settings.access_log = AccessLog::Stdout;
    })
}

/// An edge before gateways, at an address of this machine, and where it is.
fn edge_at(
    listen: SocketAddr,
    authority: &Authority,
    origins: &[SocketAddr],
    change: impl FnOnce(&mut Edge),
) -> (Envoy, SocketAddr) {
    let folder = envoy::folder();
    let path = folder.path();
    let origins = origins.iter().map(|origin| format!("https://{origin}"));
    let default = Settings::default();
    let mut edge = Edge {
        listen,
        certificate: certificate(&authority.certify(&["gw.example"]).write(path, "server")),
        http3: Http3::At(8443),
        origins: origins.map(|url| Endpoint::split(&url).expect("a URL").0).collect(),
        origin_authorities: text(&authority.write(&path.join("authority.pem"))),
        origin_certificate: certificate(
            &authority.certify(&["edge.internal"]).write(path, "client"),
        ),
        health: Health::Connection,
        cache: Cache::Folder { path: text(&path.join("cache")), max_bytes: 100 << 20 },
        credential_headers: vec!["x-caller".to_owned()],
        admin: Address::Unix(text(&Envoy::admin_socket(path))),
        directory: text(path),
        node: "an-edge".to_owned(),
        access_log: AccessLog::Off,
        max_connections: default.max_connections,
        max_heap_bytes: default.max_heap_bytes,
    };
    change(&mut edge);
    fs::create_dir(path.join("cache")).expect("a folder");
    for (name, content) in edge.files().expect("an edge") {
        fs::write(path.join(name), content).expect("a written file");
    }
    let envoy = Envoy::start(folder, 1);
    let address = envoy::listener(&envoy, "edge");
    (envoy, address)
}

fn edge(authority: &Authority, origins: &[SocketAddr]) -> (Envoy, SocketAddr) {
    edge_at(([127, 0, 0, 1], 0).into(), authority, origins, |_| {})
}

/// Asks until the gateways behind an edge are known to be well.
#[track_caller]
fn ready(client: &Secure, address: SocketAddr) -> Answer {
    wait::until("the gateway behind the edge", wait::PATIENCE, || {
        client.try_send(address, Request::get("/ready")).ok().filter(|answer| answer.status == 200)
    })
}

/// A request that says it is somebody else's in every way there is.
fn forged(target: &str) -> Request {
    let address = format!("{FORGED}:1");
    let names = [
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-prefix",
        "x-forwarded",
        "forwarded-for",
        "forwarded",
        "x-envoy-external-address",
        "x-tollgate-viewer",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-originating-ip",
        "x-remote-ip",
        "x-remote-addr",
        "true-client-ip",
        "cf-connecting-ip",
        "fastly-client-ip",
        "x-azure-clientip",
        "x-azure-socketip",
        "x-host",
        "x-http-host-override",
        "x-original-url",
        "x-original-host",
        "x-original-forwarded-for",
        "x-rewrite-url",
        "x-url-scheme",
        "x-scheme",
        "front-end-https",
        "cloudfront-viewer-country",
        "x-amz-cf-id",
    ];
    let said = names.map(|name| (name, FORGED));
    let more = [
        ("x-forwarded-proto", "http"),
        ("cloudfront-forwarded-proto", "http"),
        ("cloudfront-viewer-address", &address),
    ];
    said.into_iter()
        .chain(more)
        .fold(Request::get(target), |request, (name, value)| request.header(name, value))
}

#[test]
fn a_client_cannot_say_who_it_is_at_the_edge_nor_past_it() {
    let (authority, backend) = (Authority::new("ours"), Backend::start());
    let regional = regional(&backend, &authority, 0);
    let (edge, address) = edge(&authority, &[regional.address()]);
    let client = Secure::new(&authority);
    ready(&client, address);
    let answer = client.send(address, forged("/x"));
    let echo = answer.json();
    assert!(!echo.to_string().contains(FORGED), "{echo}");
    // The client, and the edge, as the gateway sees it.
    let chain = values(&echo, "x-forwarded-for").concat();
    assert!(chain.starts_with("127.0.0.1,") && chain.split(',').count() == 2, "{chain}");
    assert_eq!(values(&echo, "x-forwarded-proto"), ["https"]);
    assert_eq!(values(&echo, "cloudfront-forwarded-proto"), ["https"]);
    assert_eq!(values(&echo, "cloudfront-viewer-http-version"), ["1.1"]);
    let tls = values(&echo, "cloudfront-viewer-tls").concat();
    assert!(tls.starts_with("TLSv1.3:TLS_"), "{tls}");
    let viewer = values(&echo, "cloudfront-viewer-address").concat();
    assert!(viewer.starts_with("127.0.0.1:"), "{viewer}");
    assert_eq!(values(&echo, "via"), ["1.1 an-edge"]);
    assert_eq!(values(&echo, "x-amz-cf-id"), [answer.header("x-amz-cf-id").expect("an id")]);
    let ours = |name: &str| name.starts_with("x-envoy-") || name.starts_with("x-tollgate-");
    let names = echo["headers"].as_array().expect("header fields").iter();
    assert!(!names.filter_map(|pair| pair[0].as_str()).any(ours), "{echo}");
    assert!(!answer.headers.iter().any(|(name, _)| ours(name)), "{answer:?}");
    assert!(!regional.log().contains(FORGED), "{}", regional.log());

    // Whichever way a request takes: past the cache, or with a body.
    let of_somebody = forged("/x").header("cookie", "a=b");
    let posted = Request::new("POST", "/x").header("x-forwarded-for", FORGED).body("{}");
    for request in [of_somebody, posted] {
        let echo = client.send(address, request).json();
        assert!(!echo.to_string().contains(FORGED), "{echo}");
        let chain = values(&echo, "x-forwarded-for").concat();
        assert!(chain.starts_with("127.0.0.1,") && chain.split(',').count() == 2, "{chain}");
    }

    // Past the edge there is no way.
    let seen = backend.count();
    assert!(client.try_send(&regional, forged("/x")).is_err());
    let other = client.clone().with(&authority.certify(&["other.internal"]));
    assert!(other.try_send(&regional, forged("/x")).is_err());
    assert_eq!(backend.count(), seen);
    edge.assert_healthy();
    regional.assert_healthy();
}

#[test]
#[expect(clippy::print_stderr, reason = "that is where a test says why it is skipped")]
fn the_address_of_a_client_arrives_at_the_backend() {
    let Some(network) = Network::new(213, 3) else {
        eprintln!("skipped: it takes root to make networks");
        return;
    };
    let (authority, backend) = (Authority::new("ours"), Backend::start());
    let regional = regional(&backend, &authority, 0);
    let listen = (network.here(), 0).into();
    let (_edge, address) = edge_at(listen, &authority, &[regional.address()], |_| {});
    let client = Secure::new(&authority);
    network.inside(|| ready(&client, address));
    let echo = network.inside(|| client.send(address, forged("/x"))).json();
    let there = network.there().to_string();
    let chain = values(&echo, "x-forwarded-for").concat();
    assert!(chain.starts_with(&format!("{there},")), "{chain}");
    let viewer = values(&echo, "cloudfront-viewer-address").concat();
    assert!(viewer.starts_with(&format!("{there}:")), "{viewer}");
    wait::until_true("client in the log", wait::PATIENCE, || {
        regional.log().contains(&format!(r#""client":"{there}""#))
    });
}

#[test]
fn what_is_for_everybody_is_kept_and_nothing_that_is_for_somebody() {
    const PUBLIC: (&str, &str) = ("cache-control", "public, max-age=60");
    let (authority, backend) = (Authority::new("ours"), Backend::start());
    let regional = regional(&backend, &authority, 0);
    let (edge, address) = edge(&authority, &[regional.address()]);
    let client = Secure::new(&authority);
    ready(&client, address);
    let outcome = |request: &Request| {
        let answer = client.send(address, request.clone());
        answer.header("x-cache").expect("an outcome").to_owned()
    };
    let is_kept = |request: Request, fields: &[(&'static str, &'static str)]| {
        backend.behave(Behaviour::EchoWith(fields.to_vec()));
        assert_eq!(outcome(&request), "Miss from an-edge", "{request:?}");
        // It is written while the client has its answer already.
        wait::until_true("kept answer", wait::PATIENCE, || outcome(&request) == "Hit from an-edge");
    };
    let is_not_kept = |request: Request, fields: &[(&'static str, &'static str)]| {
        backend.behave(Behaviour::EchoWith(fields.to_vec()));
        for _ in 0..4 {
            assert_eq!(outcome(&request), "Miss from an-edge", "{request:?} {fields:?}");
        }
    };
    let get = |target: &str| Request::get(target);
    is_kept(get("/everybody"), &[PUBLIC]);
    is_kept(get("/everybody?page=2"), &[PUBLIC]);
    is_kept(get("/shared"), &[("cache-control", "s-maxage=60")]);
    is_kept(get("/language"), &[PUBLIC, ("vary", "accept-language")]);
    // A client cannot have it asked for again and again.
    is_kept(get("/fresh").header("cache-control", "no-cache"), &[PUBLIC]);

    for (name, value) in [
        ("authorization", "Bearer x"),
        ("Authorization", ""),
        ("cookie", "a=b"),
        ("x-api-key", "k"),
        ("x-caller", "me"),
        // Frameworks that honour these do something else than what was asked for.
        ("x-http-method-override", "DELETE"),
        ("x-http-method", "DELETE"),
        ("x-method-override", "DELETE"),
    ] {
        // Neither is the answer kept, nor is one that was kept for others given.
        is_not_kept(get("/everybody").header(name, value), &[PUBLIC]);
        let target = format!("/of-{name}");
        is_not_kept(get(&target).header(name, value), &[PUBLIC]);
        let stranger = client.send(address, get(&target));
        assert_eq!(stranger.header("x-cache"), Some("Miss from an-edge"), "{name}");
    }
    for (target, fields) in [
        ("/private", &[("cache-control", "private, max-age=60")][..]),
        ("/none", &[("cache-control", "no-store, max-age=60")]),
        ("/silent", &[]),
        ("/cookie", &[PUBLIC, ("set-cookie", "a=b")]),
        (
            "/cookies",
            &[("set-cookie", "a=b"), ("cache-control", "s-maxage=60"), ("set-cookie", "c=d")],
        ),
        ("/expires", &[("expires", "Thu, 01 Jan 2099 00:00:00 GMT"), ("set-cookie", "a=b")]),
        ("/tenant", &[PUBLIC, ("vary", "x-tenant")]),
        ("/tenants", &[PUBLIC, ("vary", "Accept, X-Tenant")]),
        ("/two", &[PUBLIC, ("vary", "accept"), ("vary", "x-tenant")]),
        ("/anything", &[PUBLIC, ("vary", "*")]),
        ("/all", &[PUBLIC, ("vary", "accept,*")]),
    ] {
        is_not_kept(get(target), fields);
    }
    is_not_kept(Request::new("POST", "/posted").body("x"), &[PUBLIC]);
    edge.assert_healthy();
}

#[test]
fn answers_are_compressed_for_those_who_ask() {
    let (authority, backend) = (Authority::new("ours"), Backend::start());
    let regional = regional(&backend, &authority, 0);
    let (_edge, address) = edge(&authority, &[regional.address()]);
    let client = Secure::new(&authority);
    ready(&client, address);
    for (accepted, expected) in [
        ("gzip", Some("gzip")),
        ("br", Some("br")),
        ("gzip;q=0.5, br", Some("br")),
        ("identity", None),
    ] {
        let answer = client.send(address, Request::get("/x").header("accept-encoding", accepted));
        assert_eq!(answer.header("content-encoding"), expected, "{accepted}");
    }
    let answer = client.send(address, Request::get("/x").header("accept-encoding", "identity"));
    assert_eq!(values(&answer.json(), "accept-encoding"), Vec::<String>::new());
}

/// An Envoy that speaks HTTP/2 or HTTP/3 with the edge, for tests that cannot.
fn translator(authority: &Authority, tcp: SocketAddr, udp: SocketAddr) -> (Envoy, SocketAddr) {
    let folder = envoy::folder();
    let authority = text(&authority.write(&folder.path().join("authority.pem")));
    let tls = json!({"sni": "gw.example", "common_tls_context": {"validation_context": {
        "trusted_ca": {"filename": authority},
        "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": "gw.example"}}],
    }}});
    let cluster =
        |name: &str, address: SocketAddr, protocol: &str, options: &str, socket: Value| {
            let extension = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
            json!({
                "name": name,
                "type": "STATIC",
                "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [
                    {"endpoint": {"address": {"socket_address": {
                        "protocol": protocol,
                        "address": address.ip().to_string(),
                        "port_value": address.port(),
                    }}}},
                ]}]},
                "typed_extension_protocol_options": {extension: {
                    "@type": format!("type.googleapis.com/{extension}"),
                    "explicit_http_config": {options: {}},
                }},
                "transport_socket": socket,
            })
        };
    let sockets = "type.googleapis.com/envoy.extensions.transport_sockets";
    let mut over_tcp = tls.clone();
    over_tcp["@type"] = format!("{sockets}.tls.v3.UpstreamTlsContext").into();
    over_tcp["common_tls_context"]["alpn_protocols"] = json!(["h2"]);
    let over_tcp = json!({"name": "envoy.transport_sockets.tls", "typed_config": over_tcp});
    let over_udp = json!({"name": "envoy.transport_sockets.quic", "typed_config": {
        "@type": format!("{sockets}.quic.v3.QuicUpstreamTransport"),
        "upstream_tls_context": tls,
    }});
    let path = text(folder.path());
    let mut config = tollgate_tests::alone::bootstrap(&path, &[], &[]);
    config["static_resources"]["clusters"] = json!([
        cluster("h2", tcp, "TCP", "http2_protocol_options", over_tcp),
        cluster("h3", udp, "UDP", "http3_protocol_options", over_udp),
    ]);
    let chain = &mut config["static_resources"]["listeners"][0]["filter_chains"][0];
    let manager = &mut chain["filters"][0]["typed_config"];
    manager["route_config"]["virtual_hosts"][0]["routes"] = json!([
        {"match": {"prefix": "/h2"}, "route": {"cluster": "h2"}},
        {"match": {"prefix": "/h3"}, "route": {"cluster": "h3"}},
    ]);
    fs::write(folder.path().join("envoy.yaml"), config.to_string()).expect("a written file");
    let envoy = Envoy::start(folder, 1);
    let address = envoy::listener(&envoy, "own");
    (envoy, address)
}

#[test]
fn clients_speak_http_2_and_http_3() {
    let (authority, backend) = (Authority::new("ours"), Backend::start());
    let regional = regional(&backend, &authority, 0);
    let (edge, address) = edge(&authority, &[regional.address()]);
    let client = Secure::new(&authority);
    let answer = ready(&client, address);
    assert_eq!(answer.header("alt-svc"), Some("h3=\":8443\"; ma=86400"));
    let offered = client.clone().offering_http2().shake_hands(address).expect("a handshake");
    assert_eq!(offered.alpn.as_deref(), Some("h2"));
    let udp = envoy::listener(&edge, "edge-http3");
    let (_translator, through) = translator(&authority, address, udp);
    for (target, version) in [("/h2", "2.0"), ("/h3", "3.0")] {
        let request = Request::get(target).header("x-forwarded-for", FORGED);
        let answer = request.send(through);
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        let echo = answer.json();
        assert_eq!(values(&echo, "cloudfront-viewer-http-version"), [version]);
        assert!(!echo.to_string().contains(FORGED), "{echo}");
    }
    edge.assert_healthy();
}

#[test]
fn when_the_first_gateway_dies_the_second_serves_until_it_is_back() {
    fail_over(Health::Connection);
}

#[test]
fn so_it_does_when_the_gateways_are_asked_for_a_path() {
    fail_over(Health::Path("/well".to_owned()));
}

fn fail_over(health: Health) {
    let authority = Authority::new("ours");
    let (first_backend, second_backend) = (Backend::start(), Backend::start());
    let first = regional(&first_backend, &authority, 0);
    let second = regional(&second_backend, &authority, 0);
    let port = first.address().port();
    let any = ([127, 0, 0, 1], 0).into();
    let origins = [first.address(), second.address()];
    let (edge, address) = edge_at(any, &authority, &origins, |edge| edge.health = health);
    let client = Secure::new(&authority);
    ready(&client, address);
    let ask = |method: &str| client.send(address, Request::new(method, "/x").body("")).status;
    let get = || client.send(address, Request::get("/x")).status;
    let asked =
        |backend: &Backend| backend.targets().into_iter().filter(|target| target == "/x").count();
    for _ in 0..10 {
        assert_eq!((get(), ask("GET"), ask("POST")), (200, 200, 200));
    }
    assert_eq!(asked(&second_backend), 0, "the second gateway was asked too");

    drop(first);
    // Whichever way a request takes: through the cache, or past it.
    for _ in 0..10 {
        assert_eq!((get(), ask("GET"), ask("POST")), (200, 200, 200));
    }
    assert_eq!(asked(&second_backend), 30);

    let first = regional(&first_backend, &authority, port);
    let seen = asked(&first_backend);
    wait::until_true("the first gateway", wait::PATIENCE, || {
        assert_eq!(get(), 200);
        asked(&first_backend) > seen
    });
    edge.assert_healthy();
    drop(first);
}

#[test]
fn edge_and_gateway_each_want_the_others_certificate() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("a stranger's"));
    let backend = Backend::start();
    let regional = regional(&backend, &authority, 0);
    let client = Secure::new(&authority);
    let any = ([127, 0, 0, 1], 0).into();
    let origins = [regional.address()];
    let status = |change: &dyn Fn(&mut Edge)| {
        let (_edge, address) = edge_at(any, &authority, &origins, change);
        client.send(address, Request::get("/x")).status
    };
    // The gateway does not know this edge,
    assert_eq!(
        status(&|edge| {
            let folder = Path::new(&edge.directory);
            let other = authority.certify(&["other.internal"]).write(folder, "client");
            edge.origin_certificate = certificate(&other);
        }),
        503
    );
    // and this edge does not know the gateway: by its authority, or by its name.
    assert_eq!(
        status(&|edge| {
            let path = Path::new(&edge.directory).join("stranger.pem");
            edge.origin_authorities = text(&stranger.write(&path));
        }),
        503
    );
    let name = format!("https://localhost:{}", regional.address().port());
    assert_eq!(status(&|edge| edge.origins = vec![Endpoint::split(&name).expect("a URL").0]), 503);
    assert_eq!(backend.count(), 0);
}

#[test]
fn the_folder_has_an_edge_and_two_gateways_that_serve() {
    let authority = Authority::new("ours");
    let backend = crate::topology::beside("edge", "backend", &[("0.0.0.0", 8081)]);
    let behind = envoy::listener(&backend, "backend");
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    let moved = |out: &str, identities: &[(&str, &str)]| {
        let moved = Moved::new("edge", out)
            .replaced(": /tls", |path| format!(": {}/tls", path.display()))
            .with("0.0.0.0", 8443, any);
        let tls = moved.folder().join("tls");
        fs::create_dir(&tls).expect("a folder");
        authority.write(&tls.join("authority.pem"));
        for (file, name) in identities {
            authority.certify(&[name]).write(&tls, file);
        }
        moved
    };
    let regional = |name: &str| {
        let moved = moved("envoy/edge/regional", &[("server", name)]);
        let gateway = moved.with("backend", 8081, behind).start();
        let address = envoy::listener(&gateway, "gateway");
        (gateway, address)
    };
    let (first, at_first) = regional("regional-a");
    let (_second, at_second) = regional("regional-b");
    let edge = moved("envoy/edge", &[("server", "gw.example"), ("client", "edge.internal")]);
    fs::create_dir(edge.folder().join("cache")).expect("a folder");
    let edge = edge
        .with("regional-a", 8443, at_first)
        .with("regional-b", 8443, at_second)
        .replaced("/var/cache/tollgate", |path| format!("{}/cache", path.display()))
        .start();
    let address = envoy::listener(&edge, "edge");
    let client = Secure::new(&authority);
    let ask = |target: &str| {
        wait::until("the API", wait::PATIENCE, || {
            let answer = client.try_send(address, Request::get(target)).ok()?;
            (answer.status == 200).then_some(answer)
        })
    };
    let outcome = |answer: &Answer| answer.header("x-cache").map(str::to_owned);
    assert_eq!(outcome(&ask("/catalogue")).as_deref(), Some("Miss from tollgate-edge"));
    wait::until_true("a kept catalogue", wait::PATIENCE, || {
        outcome(&ask("/catalogue")).as_deref() == Some("Hit from tollgate-edge")
    });
    for _ in 0..5 {
        let basket = ask("/basket");
        assert_eq!(outcome(&basket).as_deref(), Some("Miss from tollgate-edge"));
        assert!(basket.header("set-cookie").is_some());
    }
    drop(first);
    assert_eq!(ask("/basket").text(), r#"{"items":["pen"]}"#);
    edge.assert_healthy();
}
