//! Bodies of responses that the policy reads as they come.

use tollgate_policy::{Piece, Response};

use super::fake::{Fake, Script, exchange};
use crate::proxy::Side::Response as ToClient;
use crate::stream::Action::{Continue, Pause};
use crate::stream::Stream;

/// Holds everything up to a `;`, which names the status, and lets everything else go on in capitals.
fn amend(response: &mut Response, piece: &mut Vec<u8>) -> Piece {
    if piece.starts_with(b"!") {
        return Piece::Respond(Response { status: 502, ..Response::default() });
    }
    if response.headers.get("x-begun").is_none() {
        let Some(end) = piece.iter().position(|&byte| byte == b';') else { return Piece::Hold };
        response.status = 201;
        response.headers.set("x-begun", "1");
        piece.drain(..=end);
    }
    piece.make_ascii_uppercase();
    Piece::GoOn
}

fn begun() -> (Stream<Script>, std::rc::Rc<Script>, Fake) {
    let mut script = Script::saying([]);
    script.on_piece = Some(amend);
    let (mut stream, script, proxy) = exchange(script);
    assert_eq!(stream.on_request_headers(true, &proxy), Continue);
    assert_eq!(stream.on_response_headers(false, &proxy), Pause);
    assert_eq!(script.saw(), ["request", "response 200"]);
    (stream, script, proxy)
}

fn brings(proxy: &Fake, body: &str) -> usize {
    *proxy.body.borrow_mut() = Some(body.as_bytes().to_vec());
    body.len()
}

#[test]
fn the_head_goes_on_with_the_first_piece_that_does() {
    let (mut stream, script, proxy) = begun();
    let size = brings(&proxy, "he");
    assert_eq!(stream.on_body(ToClient, size, false, &proxy), Pause);
    assert_eq!(proxy.did(), [""; 0]);
    let size = brings(&proxy, "head;a");
    assert_eq!(stream.on_body(ToClient, size, false, &proxy), Continue);
    assert_eq!(
        proxy.did(),
        [
            "replace 6 bytes of response by A",
            "set response x-begun: 1",
            "set response :status: 201"
        ]
    );
    let size = brings(&proxy, "b");
    assert_eq!(stream.on_body(ToClient, size, false, &proxy), Continue);
    assert_eq!(stream.on_body(ToClient, 0, true, &proxy), Continue);
    assert_eq!(proxy.did(), ["replace 1 bytes of response by B"]);
    assert_eq!(script.saw(), ["piece he", "piece head;a", "piece b", "last piece"]);
}

#[test]
fn what_is_held_to_the_end_is_a_500_and_nothing_is_resumed() {
    let (mut stream, _, proxy) = begun();
    let size = brings(&proxy, "he");
    assert_eq!(stream.on_body(ToClient, size, true, &proxy), Pause);
    assert_eq!(proxy.did(), ["respond 500"]);
    stream.on_wake(&proxy);
    stream.on_reply(7, None, &proxy);
    assert_eq!(proxy.did(), [""; 0]);
}

#[test]
fn a_response_may_be_replaced_before_its_head_has_gone_on_and_is_broken_off_after() {
    let (mut stream, _, proxy) = begun();
    let size = brings(&proxy, "!");
    assert_eq!(stream.on_body(ToClient, size, false, &proxy), Pause);
    assert_eq!(proxy.did(), ["respond 502"]);

    let (mut stream, script, proxy) = begun();
    let size = brings(&proxy, ";a");
    assert_eq!(stream.on_body(ToClient, size, false, &proxy), Continue);
    proxy.did();
    let size = brings(&proxy, "!");
    assert_eq!(stream.on_body(ToClient, size, false, &proxy), Pause);
    assert_eq!(proxy.did(), ["respond 500"]);
    script.saw();
    assert_eq!(stream.on_body(ToClient, size, true, &proxy), Continue);
    assert_eq!((script.saw(), proxy.did()), (vec![], vec![]));
}

#[test]
fn trailers_end_what_comes_in_pieces() {
    let (mut stream, script, proxy) = begun();
    let size = brings(&proxy, "head");
    assert_eq!(stream.on_body(ToClient, size, false, &proxy), Pause);
    assert_eq!(stream.on_trailers(ToClient, &proxy), Pause);
    assert_eq!(proxy.did(), ["respond 500"]);
    assert_eq!(script.saw(), ["piece head", "last piece head"]);

    let (mut stream, script, proxy) = begun();
    let size = brings(&proxy, ";");
    assert_eq!(stream.on_body(ToClient, size, false, &proxy), Continue);
    assert_eq!(stream.on_trailers(ToClient, &proxy), Continue);
    assert_eq!(script.saw(), ["piece ;", "last piece"]);
}

#[test]
fn a_response_without_a_body_is_its_last_piece() {
    let mut script = Script::saying([]);
    script.on_piece = Some(amend);
    let (mut stream, script, proxy) = exchange(script);
    assert_eq!(stream.on_request_headers(true, &proxy), Continue);
    assert_eq!(stream.on_response_headers(true, &proxy), Pause);
    assert_eq!(script.saw(), ["request", "response 200", "last piece"]);
    assert_eq!(proxy.did(), ["respond 500"]);
}

#[test]
fn a_piece_that_is_too_long_or_cannot_be_read_ends_the_response() {
    let (mut stream, _, proxy) = begun();
    assert_eq!(stream.on_body(ToClient, 10 * 1024 * 1024 + 1, false, &proxy), Pause);
    assert_eq!(proxy.did(), ["respond 500"]);
    let (mut stream, _, proxy) = begun();
    *proxy.body.borrow_mut() = None;
    assert_eq!(stream.on_body(ToClient, 3, false, &proxy), Pause);
    assert_eq!(proxy.did(), ["respond 500"]);
}
