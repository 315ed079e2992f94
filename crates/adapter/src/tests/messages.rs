//! Bodies: none, in pieces, ended by trailers, changed, and too large.

use tollgate_policy::{Response, Timestamp, Verdict};

use super::fake::{Script, answer, ask, exchange, map};
use crate::proxy::Side::{Request as ToServer, Response as ToClient};
use crate::stream::Action::{Continue, Pause};

const TEN_MIB: usize = 10 * 1024 * 1024;

#[test]
fn a_request_without_a_body_has_an_empty_one_at_once() {
    let (mut stream, script, proxy) = exchange(Script::saying([Verdict::Body]));
    assert_eq!(stream.on_request_headers(true, &proxy), Continue);
    assert_eq!(script.saw(), ["request", "request body"]);
    assert_eq!(proxy.did(), [""; 0]);
}

#[test]
fn a_body_in_pieces_is_judged_when_it_is_whole() {
    let (mut stream, script, proxy) = exchange(Script::saying([Verdict::Body]));
    assert_eq!(stream.on_request_headers(false, &proxy), Pause);
    *proxy.body.borrow_mut() = Some(b"abcd".to_vec());
    assert_eq!(stream.on_body(ToServer, 2, false, &proxy), Pause);
    // The last piece may be empty, and its size that of all pieces or of itself.
    assert_eq!(stream.on_body(ToServer, 4, false, &proxy), Pause);
    assert_eq!(script.saw(), ["request"]);
    assert_eq!(stream.on_body(ToServer, 0, true, &proxy), Continue);
    assert_eq!(script.saw(), ["request body abcd"]);
    // The proxy is inside its own callback, so there is nothing to resume.
    assert_eq!(proxy.did(), [""; 0]);
}

#[test]
fn trailers_end_a_body() {
    for side in [ToServer, ToClient] {
        let mut verdicts = vec![Verdict::Body];
        if side == ToClient {
            verdicts.insert(0, Verdict::Continue);
        }
        let (mut stream, script, proxy) = exchange(Script::saying(verdicts));
        *proxy.body.borrow_mut() = Some(b"ab".to_vec());
        let held = match side {
            ToServer => stream.on_request_headers(false, &proxy),
            ToClient => {
                assert_eq!(stream.on_request_headers(true, &proxy), Continue);
                stream.on_response_headers(false, &proxy)
            }
        };
        assert_eq!(held, Pause);
        assert_eq!(stream.on_body(side, 2, false, &proxy), Pause);
        assert_eq!(stream.on_trailers(side, &proxy), Continue);
        assert!(script.saw().last().expect("calls").ends_with("body ab"));
    }
}

#[test]
fn a_body_that_is_changed_is_replaced_and_its_length_said_once() {
    let mut script = Script::saying([Verdict::Body]);
    script.on_request_body = Some(|body| body.extend_from_slice(b"!"));
    let (mut stream, _, proxy) = exchange(script);
    *proxy.request.borrow_mut() =
        map(&[(":method", "POST"), (":path", "/"), ("transfer-encoding", "chunked")]);
    *proxy.body.borrow_mut() = Some(b"ab".to_vec());
    assert_eq!(stream.on_request_headers(false, &proxy), Pause);
    assert_eq!(stream.on_body(ToServer, 2, true, &proxy), Continue);
    assert_eq!(
        proxy.did(),
        [
            "replace 2 bytes of request by ab!",
            "remove request transfer-encoding",
            "set request content-length: 3",
        ]
    );
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    for (verdict, did) in [(Verdict::Body, ""), (ask(), "call elsewhere as 7")] {
        let (mut stream, script, proxy) = exchange(Script::saying([verdict]));
        assert_eq!(stream.on_request_headers(false, &proxy), Pause);
        assert_eq!(stream.on_body(ToServer, TEN_MIB, false, &proxy), Pause);
        assert_eq!(stream.on_body(ToServer, TEN_MIB + 1, false, &proxy), Pause);
        let did: Vec<_> = [did, "respond 413"].into_iter().filter(|did| !did.is_empty()).collect();
        assert_eq!(proxy.did(), did);
        assert_eq!(script.saw(), ["request"]);
    }
    let (mut stream, _, proxy) = exchange(Script::saying([Verdict::Continue, Verdict::Body]));
    assert_eq!(stream.on_request_headers(true, &proxy), Continue);
    assert_eq!(stream.on_response_headers(false, &proxy), Pause);
    assert_eq!(stream.on_body(ToClient, TEN_MIB + 1, false, &proxy), Pause);
    assert_eq!(proxy.did(), ["respond 500"]);
}

#[test]
fn a_body_nobody_asked_for_passes_whatever_its_size() {
    let (mut stream, script, proxy) = exchange(Script::saying([]));
    assert_eq!(stream.on_request_headers(false, &proxy), Continue);
    assert_eq!(stream.on_body(ToServer, TEN_MIB * 2, false, &proxy), Continue);
    assert_eq!(stream.on_trailers(ToServer, &proxy), Continue);
    assert_eq!(script.saw(), ["request"]);
    assert_eq!(proxy.did(), [""; 0]);
}

#[test]
fn a_body_that_is_sent_in_pieces_is_bounded_where_the_policy_wants_it() {
    let mut script = Script::saying([]);
    script.needs.bounded_bodies = true;
    let (mut stream, _, proxy) = exchange(script);
    assert_eq!(stream.on_request_headers(false, &proxy), Continue);
    assert_eq!(stream.on_body(ToServer, TEN_MIB, false, &proxy), Continue);
    assert_eq!(stream.on_body(ToServer, 1, false, &proxy), Pause);
    assert_eq!(proxy.did(), ["respond 413"]);
    // The response is under no such bound.
    let mut script = Script::saying([]);
    script.needs.bounded_bodies = true;
    let (mut stream, _, proxy) = exchange(script);
    assert_eq!(stream.on_request_headers(true, &proxy), Continue);
    assert_eq!(stream.on_response_headers(false, &proxy), Continue);
    assert_eq!(stream.on_body(ToClient, TEN_MIB * 2, true, &proxy), Continue);
}

#[test]
fn the_end_of_an_exchange_is_told_to_who_wants_it_and_a_line_goes_to_the_log() {
    let mut script = Script::saying([]);
    script.needs.endings = true;
    script.needs.response_length = true;
    let (mut stream, _, proxy) = exchange(script);
    stream.on_end(&proxy);
    assert_eq!(proxy.did(), [""; 0], "it has never begun");
    stream.on_request_headers(true, &proxy);
    stream.on_response_headers(false, &proxy);
    stream.on_body(ToClient, 4, false, &proxy);
    stream.on_body(ToClient, 3, true, &proxy);
    stream.on_end(&proxy);
    assert_eq!(proxy.did(), ["property tollgate.access_log: sent Some(7)\\n"]);
    let (mut stream, _, proxy) = exchange(Script::saying([]));
    stream.on_request_headers(true, &proxy);
    stream.on_end(&proxy);
    assert_eq!(proxy.did(), [""; 0], "nobody wants it");
}

#[test]
fn the_proxy_is_asked_how_much_was_sent_where_that_has_not_passed_here() {
    let sent = |verdicts: &[fn() -> Verdict], ends: bool| {
        let mut script = Script::saying(verdicts.iter().map(|verdict| verdict()));
        script.needs.responses = true;
        script.needs.endings = true;
        script.needs.response_length = true;
        let (mut stream, _, proxy) = exchange(script);
        stream.on_request_headers(true, &proxy);
        *proxy.body.borrow_mut() = Some(b"ab".to_vec());
        stream.on_response_headers(false, &proxy);
        stream.on_body(ToClient, 2, ends, &proxy);
        *proxy.property.borrow_mut() = Some(9_u64.to_le_bytes().to_vec());
        stream.on_end(&proxy);
        proxy.did().last().cloned().expect("a line")
    };
    let (seen, asked) = ("sent Some(2)", "sent Some(9)");
    let go_on: fn() -> Verdict = || Verdict::Continue;
    let respond: fn() -> Verdict = || Verdict::Respond(Response::default());
    let body: fn() -> Verdict = || Verdict::Body;
    assert!(sent(&[go_on, go_on], true).contains(seen));
    assert!(sent(&[go_on, body, go_on], true).contains(seen));
    assert!(sent(&[go_on, respond], true).contains(asked), "another went in its place");
    assert!(sent(&[go_on, body], false).contains(asked), "it was held until the end");
    assert!(sent(&[respond], true).contains(seen), "what is answered at once comes by");
}

#[test]
fn the_address_of_a_client_is_what_the_proxy_tells_where_that_may_be_believed() {
    let address = |is_told: bool, fields: &[(&str, &str)]| {
        let mut script = Script::saying([Verdict::Continue]);
        script.needs.source_address = true;
        script.needs.source_address_is_told = is_told;
        let (mut stream, script, proxy) = exchange(script);
        *proxy.request.borrow_mut() = map(fields);
        *proxy.property.borrow_mut() = Some(b"10.0.0.9:1".to_vec());
        stream.on_request_headers(true, &proxy);
        script.address.take().map(|address| address.to_string())
    };
    let told = ("x-envoy-external-address", "192.0.2.1");
    let asked = Some("10.0.0.9".to_owned());
    assert_eq!(address(true, &[told]), Some("192.0.2.1".to_owned()));
    assert_eq!(address(false, &[told]), asked);
    assert_eq!(address(true, &[]), asked, "it came by a socket");
    assert_eq!(address(true, &[told, told]), asked);
    assert_eq!(address(true, &[("x-envoy-external-address", "nobody")]), asked);
}

#[test]
fn a_body_that_cannot_be_read_is_a_500() {
    let (mut stream, script, proxy) = exchange(Script::saying([Verdict::Body]));
    assert_eq!(stream.on_request_headers(false, &proxy), Pause);
    assert_eq!(stream.on_body(ToServer, 2, true, &proxy), Pause);
    assert_eq!(proxy.did(), ["respond 500"]);
    assert_eq!(script.saw(), ["request"]);
}

#[test]
fn a_body_that_came_during_a_wait_is_there_when_it_is_asked_for() {
    let until = Timestamp::from_secs(2_000);
    let (mut stream, script, proxy) =
        exchange(Script::saying([Verdict::Wait(until), Verdict::Body, ask()]));
    *proxy.body.borrow_mut() = Some(b"ab".to_vec());
    assert_eq!(stream.on_request_headers(false, &proxy), Pause);
    assert_eq!(stream.on_body(ToServer, 2, true, &proxy), Pause);
    stream.on_wake(&proxy);
    assert_eq!(script.saw(), ["request", "wake", "request body ab"]);
    stream.on_reply(7, None, &proxy);
    assert_eq!(proxy.did(), ["call elsewhere as 7", "resume request"]);
}

#[test]
fn a_response_is_answered_instead_while_its_head_is_held() {
    let (mut stream, script, proxy) =
        exchange(Script::saying([Verdict::Continue, Verdict::Body, answer(502)]));
    *proxy.body.borrow_mut() = Some(b"{".to_vec());
    assert_eq!(stream.on_request_headers(true, &proxy), Continue);
    assert_eq!(stream.on_response_headers(false, &proxy), Pause);
    assert_eq!(stream.on_body(ToClient, 1, true, &proxy), Pause);
    assert_eq!(proxy.did(), ["respond 502"]);
    assert_eq!(script.saw(), ["request", "response 200", "response body {"]);
    // What was made in its place is not judged again.
    assert_eq!(stream.on_response_headers(false, &proxy), Continue);
    assert_eq!(script.saw(), [""; 0]);
}
