//! What an exchange does on its way, and that nothing is resumed that is not held.

use tollgate_policy::{Headers, Origin, Response, Timestamp, Verdict};

use super::fake::{Script, answer, ask, exchange, map};
use crate::proxy::Side::{Request as ToServer, Response as ToClient};
use crate::stream::Action::{Continue, Pause};
use crate::stream::{Action, Hold};

#[test]
fn a_request_that_goes_on_unchanged_costs_no_write() {
    let (mut stream, script, proxy) = exchange(Script::saying([]));
    assert_eq!(stream.on_request_headers(true, &proxy), Continue);
    assert_eq!(stream.on_response_headers(true, &proxy), Continue);
    assert_eq!(script.saw(), ["request", "response 200"]);
    assert_eq!(proxy.did(), [""; 0]);
}

#[test]
fn only_what_was_changed_is_written_back() {
    let mut script = Script::saying([]);
    script.on_request = Some(|exchange| {
        let headers = &mut exchange.request.headers;
        headers.set("x-new", "n");
        headers.append("x-a", [b'2', 0xff]);
        headers.remove(":path");
        headers.remove("x-absent");
    });
    script.on_response = Some(|response| {
        response.status = 201;
        response.headers.set("x-b", "3");
    });
    let (mut stream, _, proxy) = exchange(script);
    assert_eq!(stream.on_request_headers(true, &proxy), Continue);
    assert_eq!(
        proxy.did(),
        ["set request x-new: n", "add request x-a: 2\\xff", "remove request :path"]
    );
    assert_eq!(stream.on_response_headers(true, &proxy), Continue);
    assert_eq!(proxy.did(), ["set response x-b: 3", "set response :status: 201"]);
}

#[test]
fn what_could_split_a_message_is_not_written() {
    let mut script = Script::saying([]);
    script.on_request = Some(|exchange| {
        exchange.request.headers.set("x-claim", "a\r\nx-admin: yes\0\u{1}\tb");
        exchange.request.headers.set("x bad", "1");
        exchange.request.headers.append("x\r\ny", "1");
    });
    script.on_response = Some(|response| {
        response.status = 99;
        response.headers.set("location", "/\r\nset-cookie: evil=1");
        response.headers.append("", "1");
    });
    let (mut stream, _, proxy) = exchange(script);
    assert_eq!(stream.on_request_headers(true, &proxy), Continue);
    assert_eq!(proxy.did(), ["set request x-claim: ax-admin: yes\\tb"]);
    assert_eq!(stream.on_response_headers(true, &proxy), Continue);
    assert_eq!(
        proxy.did(),
        ["set response location: /set-cookie: evil=1", "set response :status: 500"]
    );
}

#[test]
fn an_answer_is_made_fit_to_send() {
    #[track_caller]
    fn check(status: u16, fields: &[(&str, &str)], expected: &str) {
        let headers: Headers = fields.iter().copied().collect();
        let response = Response { status, headers, body: b"no".to_vec() };
        let (mut stream, _, proxy) = exchange(Script::saying([Verdict::Respond(response)]));
        assert_eq!(stream.on_request_headers(true, &proxy), Pause);
        assert_eq!(proxy.did(), [expected]);
    }
    check(403, &[("x-a", "1"), ("x-a", "2")], "respond 403 [x-a: 1] [x-a: 2] no");
    check(403, &[("x-a", "1\r\nset-cookie: e=1\0")], "respond 403 [x-a: 1set-cookie: e=1] no");
    check(403, &[("x a", "1"), ("x\r\na", "1"), ("", "1"), (":status", "200")], "respond 403 no");
    check(200, &[], "respond 200 no");
    check(599, &[], "respond 599 no");
    for status in [0, 99, 100, 199, 600, 1000, u16::MAX] {
        check(status, &[], "respond 500 no");
    }
}

#[test]
fn a_value_that_goes_out_is_bounded() {
    let value = "v".repeat(1 << 20);
    let headers = Headers::from_iter([("x-a", value)]);
    let response = Response { status: 400, headers, body: Vec::new() };
    let (mut stream, _, proxy) = exchange(Script::saying([Verdict::Respond(response)]));
    assert_eq!(stream.on_request_headers(true, &proxy), Pause);
    assert_eq!(proxy.did()[0].len(), "respond 400 [x-a: ]".len() + 60 * 1024);
}

#[test]
fn after_an_answer_nothing_is_done_any_more() {
    let (mut stream, script, proxy) = exchange(Script::saying([answer(403)]));
    assert_eq!(stream.on_request_headers(false, &proxy), Pause);
    assert_eq!(script.saw(), ["request"]);
    assert_eq!(proxy.did(), ["respond 403"]);
    // The answer itself comes by on its way out, and the rest of the request on its way in.
    assert_eq!(stream.on_response_headers(false, &proxy), Continue);
    assert_eq!(stream.on_body(ToClient, 2, true, &proxy), Continue);
    assert_eq!(stream.on_body(ToServer, 2, true, &proxy), Continue);
    assert_eq!(stream.on_trailers(ToServer, &proxy), Continue);
    stream.on_reply(7, None, &proxy);
    stream.on_wake(&proxy);
    stream.turn_away(&proxy);
    assert_eq!(script.saw(), [""; 0]);
    assert_eq!(proxy.did(), [""; 0]);
}

#[test]
fn headers_that_cannot_be_read_are_a_500() {
    let (mut stream, script, proxy) = exchange(Script::saying([]));
    *proxy.request.borrow_mut() = None;
    assert_eq!(stream.on_request_headers(true, &proxy), Pause);
    assert_eq!(proxy.did(), ["log the request's header fields cannot be read", "respond 500"]);
    let (mut other, others, proxy) = exchange(Script::saying([]));
    assert_eq!(other.on_request_headers(true, &proxy), Continue);
    *proxy.response.borrow_mut() = Some(vec![9, 0, 0, 0]);
    assert_eq!(other.on_response_headers(true, &proxy), Pause);
    assert_eq!(proxy.did(), ["log the response's header fields cannot be read", "respond 500"]);
    assert_eq!((script.saw(), others.saw()), (vec![], vec!["request".to_owned()]));
}

#[test]
fn a_reply_lets_go_of_the_side_that_is_held_and_of_no_other() {
    let (mut stream, script, proxy) = exchange(Script::saying([ask(), Verdict::Continue, ask()]));
    assert_eq!(stream.on_request_headers(true, &proxy), Pause);
    assert_eq!(stream.take_hold(), Some(Hold::Call(7)));
    assert_eq!(stream.take_hold(), None);
    stream.on_reply(6, Some(Response::default()), &proxy);
    stream.on_wake(&proxy);
    assert_eq!(proxy.did(), ["call elsewhere as 7"]);
    stream.on_reply(7, Some(Response { status: 204, ..Response::default() }), &proxy);
    assert_eq!(proxy.did(), ["resume request"]);
    stream.on_reply(7, None, &proxy);
    assert_eq!(proxy.did(), [""; 0]);
    assert_eq!(stream.on_response_headers(true, &proxy), Pause);
    stream.on_reply(8, None, &proxy);
    assert_eq!(proxy.did(), ["call elsewhere as 8", "resume response"]);
    stream.on_reply(8, None, &proxy);
    assert_eq!(proxy.did(), [""; 0]);
    assert_eq!(script.saw(), ["request", "reply 204", "response 200", "reply none"]);
}

#[test]
fn a_wait_ends_by_being_woken() {
    let until = Timestamp::from_secs(1_001);
    let (mut stream, script, proxy) =
        exchange(Script::saying([Verdict::Wait(until), Verdict::Wait(until), answer(401)]));
    assert_eq!(stream.on_request_headers(false, &proxy), Pause);
    assert_eq!((stream.take_hold(), stream.waits_until()), (Some(Hold::Wait), Some(until)));
    // The body of a request that waits is kept.
    assert_eq!(stream.on_body(ToServer, 4, true, &proxy), Pause);
    stream.on_wake(&proxy);
    assert_eq!((stream.take_hold(), stream.waits_until()), (Some(Hold::Wait), Some(until)));
    stream.on_wake(&proxy);
    assert_eq!((stream.take_hold(), stream.waits_until()), (None, None));
    assert_eq!(script.saw(), ["request", "wake", "wake"]);
    assert_eq!(proxy.did(), ["respond 401"]);
}

#[test]
fn a_request_that_is_still_held_when_it_is_answered_elsewhere_is_let_be() {
    let until = Timestamp::from_secs(1_001);
    for hold in [ask(), Verdict::Wait(until), Verdict::Body] {
        let (mut stream, script, proxy) = exchange(Script::saying([hold]));
        *proxy.response.borrow_mut() = map(&[(":status", "504")]);
        *proxy.property.borrow_mut() = Some(b"stream_idle_timeout".to_vec());
        assert_eq!(stream.on_request_headers(false, &proxy), Pause);
        proxy.did();
        assert_eq!(stream.on_response_headers(true, &proxy), Continue);
        assert_eq!(script.saw(), ["request", "response 504 of the proxy: stream_idle_timeout"]);
        stream.on_reply(7, None, &proxy);
        stream.on_wake(&proxy);
        assert_eq!(stream.on_body(ToServer, 1, true, &proxy), Continue);
        assert_eq!((stream.waits_until(), stream.awaited_call()), (None, None));
        assert_eq!(proxy.did(), [""; 0]);
    }
}

#[test]
fn a_response_nobody_asked_to_see_passes_unseen() {
    let mut script = Script::saying([]);
    script.needs.responses = false;
    let (mut stream, script, proxy) = exchange(script);
    *proxy.response.borrow_mut() = None;
    assert_eq!(stream.on_request_headers(true, &proxy), Continue);
    assert_eq!(stream.on_response_headers(false, &proxy), Continue);
    assert_eq!(stream.on_body(ToClient, 1 << 30, true, &proxy), Continue);
    assert_eq!(script.saw(), ["request"]);
    // A response to a request the policy never saw is none of its business either.
    let (mut stream, script, proxy) = exchange(Script::saying([]));
    assert_eq!(stream.on_response_headers(true, &proxy), Continue);
    assert_eq!(script.saw(), [""; 0]);
}

#[test]
fn who_made_a_response_is_asked_where_it_may_be_the_proxy() {
    #[track_caller]
    fn check(status: &str, details: Option<&str>, expected: &str) {
        let (mut stream, script, proxy) = exchange(Script::saying([]));
        *proxy.response.borrow_mut() = map(&[(":status", status)]);
        *proxy.property.borrow_mut() = details.map(|details| details.as_bytes().to_vec());
        assert_eq!(stream.on_request_headers(true, &proxy), Continue);
        assert_eq!(stream.on_response_headers(true, &proxy), Continue);
        assert_eq!(script.saw(), ["request", expected]);
    }
    let timeout = Some("upstream_response_timeout");
    for status in ["400", "404", "408", "413", "426", "429", "431", "500", "502", "503", "504"] {
        let expected = format!("response {status} of the proxy: upstream_response_timeout");
        check(status, timeout, &expected);
        check(status, Some("via_upstream"), &format!("response {status}"));
        check(status, None, &format!("response {status}"));
    }
    check("200", timeout, "response 200");
    check("403", timeout, "response 403");
    check("what", None, "response 500");
    assert_ne!(Origin::Integration, Origin::Proxy(String::new()));
}

#[test]
fn the_address_of_the_peer_is_given_where_it_is_needed() {
    #[track_caller]
    fn check(needed: bool, expected: Option<&str>) {
        let mut script = Script::saying([]);
        script.needs.source_address = needed;
        script.on_request = Some(|exchange| {
            let address = exchange.source_address.map(|address| address.to_string());
            exchange.request.headers.set("x-peer", address.unwrap_or("none".to_owned()));
        });
        let (mut stream, _, proxy) = exchange(script);
        *proxy.property.borrow_mut() = Some(b"10.1.2.3:4567".to_vec());
        let action: Action = stream.on_request_headers(true, &proxy);
        assert_eq!(action, Continue);
        assert_eq!(proxy.did(), [format!("set request x-peer: {}", expected.unwrap_or("none"))]);
    }
    check(true, Some("10.1.2.3"));
    check(false, None);
}
