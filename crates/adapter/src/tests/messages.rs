//! Bodies: none, in pieces, ended by trailers, changed, and too large.

use tollgate_policy::{Timestamp, Verdict};

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
    *proxy.property.borrow_mut() = Some(7_u64.to_le_bytes().to_vec());
    stream.on_end(&proxy);
    assert_eq!(proxy.did(), ["property tollgate.access_log: sent Some(7)\\n"]);
    let (mut stream, _, proxy) = exchange(Script::saying([]));
    stream.on_request_headers(true, &proxy);
    stream.on_end(&proxy);
    assert_eq!(proxy.did(), [""; 0], "nobody wants it");
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
