//! What functions write as streams.

use tollgate_payload::BinaryMediaTypes;
use tollgate_policy::{Fault, Headers, Response};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{config, exchange, fields};
use crate::{Bad, Format, LambdaProxy, Progress, Transfer};

const NULS: [u8; 8] = [0; 8];
const FRAMES: &str = "application/vnd.amazon.eventstream";
const NO_END: &str = "there are no eight NULs in the first 16 KB of the stream";
const CUT: &str = "the stream of the function is cut off";

/// A frame as Lambda sends it, without checksums.
fn frame(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut fields = Vec::new();
    for (name, value) in [(":message-type", "event"), (":event-type", kind)] {
        fields.push(u8::try_from(name.len()).unwrap());
        fields.extend_from_slice(name.as_bytes());
        fields.push(7);
        fields.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        fields.extend_from_slice(value.as_bytes());
    }
    let number = |of: usize| u32::try_from(of).unwrap().to_be_bytes();
    let length = 16 + fields.len() + payload.len();
    [&number(length)[..], &number(fields.len()), &[0; 4], &fields, payload, &[0; 4]].concat()
}

fn complete() -> Vec<u8> {
    frame("InvokeComplete", br#"{"ErrorCode":null,"ErrorDetails":null,"LogResult":null}"#)
}

fn answer(media_type: &str, body: Vec<u8>) -> Result<Response, Bad> {
    let proxy = LambdaProxy::compile(&config(Format::Rest, Transfer::Stream)).unwrap();
    let headers = Headers::from_iter([("content-type", media_type), ("x-amzn-requestid", "1")]);
    let reply = Response { status: 200, headers, body };
    proxy.answer(&exchange(&[]), Some(reply), &BinaryMediaTypes::default())
}

fn written(head: &[u8], body: &[u8]) -> Vec<u8> {
    [head, &NULS, body].concat()
}

#[track_caller]
fn check_bad(media_type: &str, body: Vec<u8>, reason: &str) {
    let bad = answer(media_type, body).expect_err("no response");
    assert_eq!((bad.fault, bad.reason), (Fault::BadFunctionResponse, reason));
}

#[test]
fn a_stream_is_a_head_eight_nuls_and_a_body() {
    let head = br#"{"statusCode":201,"headers":{"X-A":"1","WWW-Authenticate":"Basic"},
        "multiValueHeaders":{"x-b":["2","3"]},"cookies":["a=1","b=2"],"unknown":1}"#;
    let body = b"\xff\0\0\0\0\0\0\0\0\0\0tail";
    let whole = written(head, body);
    let frames = [
        frame("PayloadChunk", &whole[..70]),
        frame("PayloadChunk", &[]),
        frame("PayloadChunk", &whole[70..]),
        complete(),
    ]
    .concat();
    for (media_type, reply) in [("application/octet-stream", whole), (FRAMES, frames)] {
        let response = answer(media_type, reply).unwrap();
        assert_eq!((response.status, response.body), (201, body.to_vec()));
        assert_eq!(
            fields(&response.headers),
            [
                "content-type: application/json",
                "set-cookie: a=1",
                "set-cookie: b=2",
                "x-a: 1",
                "x-amzn-remapped-www-authenticate: Basic",
                "x-b: 2",
                "x-b: 3",
            ]
        );
    }
    let response = answer("text/plain", written(b"{}", b"")).unwrap();
    assert_eq!((response.status, response.body), (200, Vec::new()));
}

#[test]
fn the_head_ends_within_16_kilobytes() {
    let head = |bytes: usize| {
        let head = b"{\"statusCode\":200}".to_vec();
        [head, vec![b' '; bytes - 18]].concat()
    };
    assert_eq!(answer("a/b", written(&head(16 * 1024), b"x")).unwrap().body, b"x");
    check_bad("a/b", written(&head(16 * 1024 + 1), b"x"), NO_END);
    check_bad("a/b", b"{\"statusCode\":200}".to_vec(), NO_END);
    check_bad("a/b", [&b"{}"[..], &[0; 7], b"x"].concat(), NO_END);
    check_bad("a/b", Vec::new(), NO_END);
}

#[test]
fn a_head_is_judged_as_every_response_is() {
    for (head, reason) in [
        (&b""[..], "the stream does not begin with JSON"),
        (b"[]", "the stream does not begin with JSON"),
        (b"\xff", "the stream does not begin with JSON"),
        (br#"{"statusCode":99}"#, "`statusCode` is not a status from 200 to 599"),
        (br#"{"headers":{"x":"a\r\nb"}}"#, "there is a header field that HTTP does not have"),
        (br#"{"headers":{"x":1}}"#, "the value of a header field is not text"),
        (br#"{"cookies":"a=1"}"#, "`cookies` is not a list"),
    ] {
        check_bad("a/b", written(head, b"body"), reason);
    }
    let response = answer("a/b", written(br#"{"statusCode":204}"#, b"body")).unwrap();
    assert_eq!((response.status, response.body), (204, Vec::new()));
}

#[test]
fn a_stream_that_is_cut_anywhere_is_no_response() {
    let whole = written(br#"{"statusCode":200}"#, b"body");
    let frames = [frame("PayloadChunk", &whole), complete()].concat();
    assert_eq!(answer(FRAMES, frames.clone()).unwrap().body, b"body");
    for end in 1..frames.len() {
        assert!(answer(FRAMES, frames[..end].to_vec()).is_err(), "{end}");
    }
    check_bad(FRAMES, Vec::new(), NO_END);
    for end in 0..whole.len() - 4 {
        assert!(answer("a/b", whole[..end].to_vec()).is_err(), "{end}");
    }
}

/// What a client gets of a stream that comes in these two pieces: the status, and the body.
fn in_pieces(media_type: &str, first: &[u8], second: &[u8]) -> Result<(u16, Vec<u8>), Bad> {
    let proxy = LambdaProxy::compile(&config(Format::Rest, Transfer::Stream)).unwrap();
    let headers = Headers::from_iter([("content-type", media_type), ("x-amzn-requestid", "1")]);
    let reply = Response { status: 200, headers, body: Vec::new() };
    let mut stream = proxy.begin(&reply)?;
    let mut piece = first.to_vec();
    match stream.read(&mut piece, false)? {
        Progress::More => {
            let mut whole = [first, second].concat();
            match stream.read(&mut whole, true)? {
                Progress::Begun(head) => Ok((head.status, whole)),
                progress => panic!("{progress:?}"),
            }
        }
        Progress::Begun(head) => {
            let mut rest = second.to_vec();
            assert!(matches!(stream.read(&mut rest, true)?, Progress::GoesOn));
            Ok((head.status, [piece, rest].concat()))
        }
        Progress::GoesOn => panic!("no head"),
    }
}

#[test]
fn a_stream_may_be_cut_anywhere_on_its_way() {
    let body = b"\0\0\0body\0\0\0\0\0\0\0\0";
    let whole = written(br#"{"statusCode":201}"#, body);
    let frames = [
        frame("PayloadChunk", &whole[..20]),
        frame("PayloadChunk", &whole[20..25]),
        frame("PayloadChunk", &whole[25..]),
        complete(),
    ]
    .concat();
    for (media_type, reply) in [("a/b", &whole), (FRAMES, &frames)] {
        for at in 0..=reply.len() {
            let (first, second) = reply.split_at(at);
            let outcome = in_pieces(media_type, first, second).unwrap();
            assert_eq!(outcome, (201, body.to_vec()), "{media_type} at {at}");
        }
    }
    let silent = written(br#"{"statusCode":204}"#, body);
    for at in 0..=silent.len() {
        let (first, second) = silent.split_at(at);
        assert_eq!(in_pieces("a/b", first, second).unwrap(), (204, Vec::new()), "{at}");
    }
}

#[test]
fn a_stream_whose_head_does_not_end_is_given_up_before_it_ends() {
    let bad = in_pieces("a/b", &[b' '; 16 * 1024 + 9], b"").unwrap_err();
    assert_eq!(bad.reason, NO_END);
    assert!(
        matches!(in_pieces("a/b", &[b' '; 16 * 1024], &[0; 8]), Err(bad) if bad.reason != NO_END)
    );
}

#[test]
fn a_frame_that_is_none_is_no_response() {
    let whole = frame("PayloadChunk", &written(b"{}", b"body"));
    let other = "there is a frame in the stream that Lambda does not send";
    check_bad(FRAMES, [whole.clone(), frame("Other", b""), complete()].concat(), other);
    let exception = [&[0, 0, 0, 16][..], &[0; 12]].concat();
    check_bad(FRAMES, [whole.clone(), exception, complete()].concat(), other);
    // Lengths that reach beyond the frame, or are too short to be one.
    for (at, byte) in [(0, 0x7f), (0, 0xff), (3, 0), (3, 15), (4, 0xff), (7, 0xff), (12, 0xff)] {
        let mut wrong = [whole.clone(), complete()].concat();
        wrong[at] = byte;
        assert!(answer(FRAMES, wrong).is_err(), "{at}");
    }
    for at in 0..whole.len() {
        for byte in [0, 1, 7, 0x7f, 0xff] {
            let mut wrong = [whole.clone(), complete()].concat();
            wrong[at] = byte;
            let _ = answer(FRAMES, wrong);
        }
    }
}

#[test]
fn a_function_that_fails_while_it_writes_has_failed() {
    let whole = frame("PayloadChunk", &written(b"{}", b"body"));
    let end = frame("InvokeComplete", br#"{"ErrorCode":"Unhandled","ErrorDetails":"secret"}"#);
    check_bad(FRAMES, [whole.clone(), end].concat(), "the function failed while it wrote");
    check_bad(FRAMES, whole, CUT);
}

#[test]
fn what_is_read_again_for_want_of_a_head_has_a_bound() {
    let proxy = LambdaProxy::compile(&config(Format::Rest, Transfer::Stream)).unwrap();
    let headers = Headers::from_iter([("content-type", FRAMES)]);
    let reply = Response { status: 200, headers, body: Vec::new() };
    let mut stream = proxy.begin(&reply).unwrap();
    let nothing = frame("PayloadChunk", &[]);
    let mut piece = nothing.repeat(64 * 1024 / nothing.len());
    assert!(matches!(stream.read(&mut piece.clone(), false), Ok(Progress::More)));
    piece.extend(nothing.repeat(2));
    assert_eq!(stream.read(&mut piece, false).expect_err("too much").reason, NO_END);
}

#[test]
fn nothing_comes_after_the_end() {
    let whole = written(br#"{"statusCode":200}"#, b"body");
    let frames = [frame("PayloadChunk", &whole), complete(), frame("PayloadChunk", b"more")];
    check_bad(FRAMES, frames.concat(), "there is a frame in the stream that Lambda does not send");
}
