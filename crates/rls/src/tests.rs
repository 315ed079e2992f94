#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{Answer, Question, Unit, Verdict};

#[test]
fn a_question_is_written_as_protobuf_and_grpc_have_it() {
    let question = Question {
        domain: "d",
        entries: &[("k", "v"), ("x", "")],
        requests_per_unit: 300,
        unit: Unit::Week,
        hits: 5,
    };
    let body = question.body().unwrap();
    let message: &[u8] = &[
        0x0a, 1, b'd', // domain
        0x12, 22, // a descriptor of so many bytes
        0x0a, 6, 0x0a, 1, b'k', 0x12, 1, b'v', // an entry
        0x0a, 5, 0x0a, 1, b'x', 0x12, 0, // an entry whose value is empty
        0x12, 5, 0x08, 0xac, 0x02, 0x10, 7, // the limit
        0x18, 5, // hits
    ];
    assert_eq!(body, [&[0, 0, 0, 0, message.len() as u8], message].concat());
}

#[track_caller]
fn check(message: &[u8], expected: Option<Answer>) {
    let body = [&[0, 0, 0, 0, message.len() as u8], message].concat();
    assert_eq!(Answer::parse(&body), expected, "{message:?}");
}

#[test]
fn an_answer_grants_only_what_it_says() {
    let grant = |remaining| Some(Answer { verdict: Verdict::Grant, remaining });
    let over = |remaining| Some(Answer { verdict: Verdict::OverLimit, remaining });
    check(&[0x08, 1], grant(None));
    check(&[0x08, 2], over(None));
    // One status, with a limit and what remains of it.
    check(&[0x08, 1, 0x12, 6, 0x12, 2, 0x08, 9, 0x18, 7], grant(Some(7)));
    check(&[0x08, 2, 0x12, 6, 0x08, 2, 0x12, 2, 0x08, 9], over(Some(0)));
    check(&[0x08, 2, 0x12, 2, 0x08, 2], over(None));
    // Fields nobody knows are passed over.
    check(&[0x08, 1, 0x72, 1, 0xff, 0x7d, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8], grant(None));
}

#[test]
fn what_is_no_answer_grants_nothing() {
    check(&[], None);
    check(&[0x08, 0], None);
    check(&[0x08, 3], None);
    check(&[0x08], None);
    check(&[0x0b], None);
    check(&[0x12, 9, 0], None);
    check(&[0x08, 1, 0x12, 0, 0x12, 0], None);
    check(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], None);
    for body in
        [&[][..], &[0], &[1, 0, 0, 0, 2, 8, 1], &[0, 0, 0, 0, 9, 8, 1], &[0, 0, 0, 0, 2, 8, 1, 0]]
    {
        assert_eq!(Answer::parse(body), None, "{body:?}");
    }
}

#[test]
fn bytes_of_any_kind_are_read_without_harm() {
    // A walk through many short bodies: every length, and bytes from a generator of numbers.
    let mut state = 1_u32;
    for length in 0..2_000_usize {
        let body: Vec<u8> = (0..length % 64)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        let framed = [&[0, 0, 0, 0, body.len() as u8], &body[..]].concat();
        let _ = (Answer::parse(&body), Answer::parse(&framed));
    }
}
