//! When a gateway counts as well, and who can make it count as anything else.

use std::net::SocketAddr;
use std::path::Path;

use tollgate_envoy_config::{Edge, Health};
use tollgate_tests::backend::Behaviour;
use tollgate_tests::{Authority, Backend, Envoy, Gateway, Request, Scripted, Secure, wait};

use super::{certificate, edge, edge_at, ready, regional, regional_for};

const WELL: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell";

/// Whether an edge has found out that a gateway is not well.
fn is_unwell(edge: &Envoy, gateway: SocketAddr) -> bool {
    let page = edge.admin().get("/clusters").expect("the gateways");
    let page = String::from_utf8_lossy(&page).into_owned();
    let mut flags = page.lines().filter_map(|line| {
        line.strip_prefix(&format!("origins::{gateway}::health_flags::")).map(str::to_owned)
    });
    flags.next().is_some_and(|flags| flags.contains("failed_active_hc"))
}

/// How often an edge has found a gateway well or not.
fn checks(edge: &Envoy) -> u64 {
    edge.admin().stat("cluster.origins.health_check.attempt")
}

/// An edge before two gateways of which the second should get nothing.
struct Pair {
    _first: Gateway,
    _second: Gateway,
    second_backend: Backend,
    edge: Envoy,
    address: SocketAddr,
    client: Secure,
}

impl Pair {
    fn start(uri: &str) -> Self {
        let (authority, second_backend) = (Authority::new("ours"), Backend::start());
        let first = regional_for("edge.internal", uri, &authority, 0);
        let second = regional(&second_backend, &authority, 0);
        let (edge, address) = edge(&authority, &[first.address(), second.address()]);
        let client = Secure::new(&authority);
        ready(&client, address);
        Self { _first: first, _second: second, second_backend, edge, address, client }
    }

    /// Asks for a while, and says whether the first gateway got it all.
    #[track_caller]
    fn assert_first_serves(&self) {
        let enough = checks(&self.edge) + 4;
        wait::until_true("two checks of both gateways", wait::PATIENCE, || {
            let answer = self.client.send(self.address, Request::get("/after"));
            assert_eq!(answer.status, 200);
            checks(&self.edge) >= enough
        });
        assert_eq!(self.second_backend.count(), 0, "the second gateway was asked");
        self.edge.assert_healthy();
    }
}

#[test]
fn what_the_edge_takes_the_gateway_answers() {
    // It takes as many fields as there are.
    let backend = Scripted::answering(WELL);
    let pair = Pair::start(&backend.url("/{proxy}"));
    let ask = |request: Request| pair.client.send(pair.address, request).status;
    let long = |bytes: usize| ask(Request::get("/x").header("x-long", "a".repeat(bytes)));
    let many = |count: usize| {
        let fields = (0..count).map(|number| format!("x-{number}"));
        ask(fields.fold(Request::get("/x"), |request, name| request.header(name, "")))
    };
    let both = |count: usize, bytes: usize| {
        let fields = (0..count).map(|number| format!("x-{number}"));
        let value = "a".repeat(bytes / count);
        ask(fields.fold(Request::get("/x"), |request, name| request.header(name, &value)))
    };
    let mut statuses: Vec<_> = (8_000..25_000).step_by(500).map(long).collect();
    assert_eq!((statuses.first(), statuses.last()), (Some(&200), Some(&431)));
    let counted: Vec<_> = (170..210).map(many).collect();
    assert_eq!((counted.first(), counted.last()), (Some(&200), Some(&431)));
    statuses.extend(counted);
    statuses.extend((7_000..25_000).step_by(500).map(|bytes| both(170, bytes)));
    let others: Vec<_> = statuses.iter().filter(|status| ![200, 431].contains(*status)).collect();
    assert!(others.is_empty(), "{others:?}");
    // The edge may read it as it is and pass on three bytes for one, which no gateway reads.
    for _ in 0..20 {
        assert_ne!(ask(Request::get(&format!("/{}", "<".repeat(9_000)))), 200);
    }
    pair.assert_first_serves();
}

#[test]
fn a_backend_that_breaks_off_does_not_take_its_gateway_with_it() {
    // What follows the first chunk is none.
    const BROKEN: &str =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nno chunk\r\n\r\n";
    let backend = Scripted::answering(WELL);
    let pair = Pair::start(&backend.url("/{proxy}"));
    backend.answer(BROKEN);
    for method in ["GET", "POST"] {
        for _ in 0..20 {
            let request = Request::new(method, "/broken").body("");
            assert!(pair.client.try_send(pair.address, request).is_err(), "it was whole");
        }
    }
    assert!(pair.client.try_send(pair.address, Request::get("/broken")).is_err());
    backend.answer(WELL);
    pair.assert_first_serves();
}

#[test]
fn a_backend_cannot_have_its_gateway_taken_for_unwell() {
    let backend = Backend::start();
    let pair = Pair::start(&backend.url("/{proxy}"));
    for field in [("x-envoy-immediate-health-check-fail", "true"), ("x-envoy-degraded", "true")] {
        backend.behave(Behaviour::EchoWith(vec![field]));
        for _ in 0..5 {
            assert_eq!(pair.client.send(pair.address, Request::get("/x")).status, 200);
        }
    }
    backend.behave(Behaviour::Say(503, "unwell".to_owned()));
    for _ in 0..20 {
        assert_eq!(pair.client.send(pair.address, Request::get("/x")).status, 503);
    }
    backend.behave(Behaviour::Echo);
    pair.assert_first_serves();
    // Nor is the backend asked whether the gateway is well.
    let others = |target: &String| !["/ready", "/x", "/after"].contains(&target.as_str());
    assert_eq!(backend.targets().into_iter().find(others), None);
}

#[test]
fn a_gateway_that_refuses_the_edge_is_not_well() {
    let (authority, backend) = (Authority::new("ours"), Backend::start());
    let first = regional_for("other.internal", &backend.url("/{proxy}"), &authority, 0);
    let second = regional(&backend, &authority, 0);
    let (edge, address) = edge(&authority, &[first.address(), second.address()]);
    let client = Secure::new(&authority);
    ready(&client, address);
    let enough = checks(&edge) + 6;
    wait::until_true("three checks of both gateways", wait::PATIENCE, || {
        for method in ["GET", "POST"] {
            assert_eq!(client.send(address, Request::new(method, "/x").body("")).status, 200);
        }
        assert_eq!(client.send(address, Request::get("/x")).status, 200);
        checks(&edge) >= enough
    });
    assert!(is_unwell(&edge, first.address()));
    assert!(!is_unwell(&edge, second.address()));
}

#[test]
fn a_gateway_is_well_as_long_as_a_path_is_answered_with_200() {
    let authority = Authority::new("ours");
    let (first_backend, second_backend) = (Backend::start(), Backend::start());
    let first = regional(&first_backend, &authority, 0);
    let second = regional(&second_backend, &authority, 0);
    let any = ([127, 0, 0, 1], 0).into();
    let origins = [first.address(), second.address()];
    let by_path = |edge: &mut Edge| edge.health = Health::Path("/well".to_owned());
    let (edge, address) = edge_at(any, &authority, &origins, by_path);
    let client = Secure::new(&authority);
    ready(&client, address);
    let count =
        |backend: &Backend| backend.targets().into_iter().filter(|target| target == "/x").count();
    let ask = || client.send(address, Request::get("/x")).status;
    assert_eq!(ask(), 200);
    assert_eq!((count(&first_backend), count(&second_backend)), (1, 0));
    first_backend.behave(Behaviour::Say(404, "unwell".to_owned()));
    wait::until_true("the second gateway", wait::PATIENCE, || ask() == 200);
    assert!(is_unwell(&edge, first.address()));
    first_backend.behave(Behaviour::Echo);
    let seen = count(&first_backend);
    wait::until_true("the first gateway", wait::PATIENCE, || {
        assert_eq!(ask(), 200);
        count(&first_backend) > seen
    });
    edge.assert_healthy();
}

#[test]
fn an_edge_can_be_known_by_its_address() {
    let (authority, backend) = (Authority::new("ours"), Backend::start());
    let client = Secure::new(&authority);
    for address in ["10.0.0.5", "fd00::5"] {
        let regional = regional_for(address, &backend.url("/{proxy}"), &authority, 0);
        let certified = |edge: &mut Edge| {
            let folder = Path::new(&edge.directory);
            let files = authority.certify(&[address]).write(folder, "client");
            edge.origin_certificate = certificate(&files);
        };
        let any = ([127, 0, 0, 1], 0).into();
        let (_edge, at) = edge_at(any, &authority, &[regional.address()], certified);
        ready(&client, at);
        assert!(client.try_send(&regional, Request::get("/x")).is_err());
        let other = client.clone().with(&authority.certify(&["10.0.0.6"]));
        assert!(other.try_send(&regional, Request::get("/x")).is_err());
    }
}
