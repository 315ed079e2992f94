//! Verdicts that cannot be carried out, or never come to an end.

use tollgate_policy::Verdict;

use super::fake::{Script, answer, ask, exchange};
use crate::stream::Action::{Continue, Pause};

#[test]
fn a_call_that_cannot_be_made_has_no_reply() {
    let (mut stream, script, proxy) = exchange(Script::saying([ask(), answer(500)]));
    proxy.token.set(None);
    assert_eq!(stream.on_request_headers(true, &proxy), Pause);
    assert_eq!(script.saw(), ["request", "reply none"]);
    assert_eq!(proxy.did(), ["call elsewhere in vain", "respond 500"]);
    assert_eq!((stream.take_hold(), stream.awaited_call()), (None, None));
    let (mut stream, _, proxy) = exchange(Script::saying([ask()]));
    proxy.token.set(None);
    assert_eq!(stream.on_request_headers(true, &proxy), Continue);
}

#[test]
fn a_policy_that_never_comes_to_an_end_is_a_500() {
    for verdict in [ask, || Verdict::Body] {
        let mut script = Script::saying([]);
        script.at_last = Some(verdict);
        let (mut stream, script, proxy) = exchange(script);
        proxy.token.set(None);
        assert_eq!(stream.on_request_headers(true, &proxy), Pause);
        assert!(script.saw().len() < 100);
        let did = proxy.did();
        let end: Vec<_> = did.iter().rev().take(2).rev().collect();
        assert_eq!(end, ["log the policy goes round in circles", "respond 500"]);
    }
}

#[test]
fn one_call_may_follow_another() {
    let (mut stream, script, proxy) = exchange(Script::saying([ask(), ask()]));
    assert_eq!(stream.on_request_headers(true, &proxy), Pause);
    stream.on_reply(7, None, &proxy);
    assert_eq!(stream.awaited_call(), Some(8));
    stream.on_reply(7, None, &proxy);
    assert_eq!(script.saw(), ["request", "reply none"]);
    stream.on_reply(8, None, &proxy);
    assert_eq!(proxy.did(), ["call elsewhere as 7", "call elsewhere as 8", "resume request"]);
}
