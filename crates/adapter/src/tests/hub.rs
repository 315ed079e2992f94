//! Who waits, who is woken, and by what.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tollgate_policy::{Timestamp, Verdict, Work};

use super::fake::{Fake, Script, answer, ask, fetch, map};
use crate::hub::Hub;
use crate::stream::{Action, Stream};

const ROOT: u32 = 1;
const MILLI: Duration = Duration::from_millis(1);

struct Worker {
    proxy: Fake,
    script: Rc<Script>,
    hub: Hub<Script>,
}

type Shared = Rc<RefCell<Stream<Script>>>;

impl Worker {
    fn new(script: Script) -> Self {
        let script = Rc::new(script);
        Self { proxy: Fake::new(), hub: Hub::new(script.clone(), ROOT), script }
    }

    /// A request arrives, and the hub looks at it as it does after every callback.
    fn request(&self, id: u32) -> Shared {
        let stream = Rc::new(RefCell::new(Stream::new(id, self.script.clone(), self.hub.needs, 0)));
        let action = stream.borrow_mut().on_request_headers(true, &self.proxy);
        if action == Action::Pause {
            self.hub.follow(&stream, &self.proxy);
        }
        stream
    }

    fn tick(&self) {
        self.hub.on_tick(&self.proxy);
    }

    #[track_caller]
    fn check(&self, saw: &[&str], did: &[&str]) {
        assert_eq!(self.script.saw(), saw);
        assert_eq!(self.proxy.did(), did);
    }
}

fn wait() -> Verdict {
    Verdict::Wait(Timestamp::from_secs(1_001))
}

fn works(works: impl IntoIterator<Item = Work>) -> Script {
    let script = Script::saying([wait()]);
    script.works.borrow_mut().extend(works);
    script
}

#[test]
fn who_waits_is_woken_by_a_fetch() {
    let worker = Worker::new(works([fetch(5)]));
    let _held = worker.request(2);
    worker.tick();
    worker.check(&["request"], &["call elsewhere as 7"]);
    *worker.proxy.body.borrow_mut() = Some(b"keys".to_vec());
    worker.hub.on_reply(7, 4, &worker.proxy);
    worker.check(&["fetched 5 200 keys", "wake"], &["resume request"]);
    worker.hub.on_reply(7, 4, &worker.proxy);
    worker.check(&[], &[]);
}

#[test]
fn who_waits_is_woken_by_news() {
    let worker = Worker::new(works([Work::default(), Work { news: true, ..Work::default() }]));
    let _held = worker.request(2);
    worker.tick();
    worker.check(&["request"], &[]);
    worker.tick();
    worker.check(&["wake"], &["resume request"]);
}

#[test]
fn who_waits_is_woken_when_the_wait_is_over_and_not_before() {
    let script = Script::saying([wait(), answer(401)]);
    let worker = Worker::new(script);
    let _held = worker.request(2);
    worker.proxy.pass(Duration::from_millis(999));
    worker.tick();
    worker.check(&["request"], &[]);
    worker.proxy.pass(MILLI);
    worker.tick();
    worker.check(&["wake"], &["respond 401"]);
    worker.tick();
    worker.check(&[], &[]);
}

#[test]
fn who_waits_is_woken_by_a_fetch_that_cannot_be_made() {
    let worker = Worker::new(works([fetch(5)]));
    worker.proxy.token.set(None);
    let _held = worker.request(2);
    worker.tick();
    worker.check(
        &["request", "fetched 5 none", "wake"],
        &["call elsewhere in vain", "resume request"],
    );
}

#[test]
fn the_timer_runs_as_long_as_it_has_to() {
    #[track_caller]
    fn check(waits: bool, again: Option<Duration>, expected: Duration) {
        let worker = Worker::new(works([Work { again, ..Work::default() }]));
        let _held = waits.then(|| worker.request(2));
        worker.proxy.timer.set(MILLI);
        worker.hub.tick_every(MILLI, &worker.proxy);
        worker.tick();
        assert_eq!(worker.proxy.timer.get(), expected, "{waits} {again:?}");
    }
    let ten = Duration::from_millis(10);
    check(false, None, Duration::ZERO);
    check(false, Some(Duration::from_secs(1)), Duration::from_secs(1));
    check(false, Some(Duration::from_nanos(1)), MILLI);
    check(true, None, ten);
    check(true, Some(Duration::from_secs(1)), ten);
    check(true, Some(3 * MILLI), 3 * MILLI);
    // Less than a proxy's timer can count must not stop it while somebody waits.
    check(true, Some(Duration::from_nanos(1)), MILLI);
    check(true, Some(Duration::ZERO), MILLI);
}

#[test]
fn the_timer_starts_when_somebody_waits() {
    let worker = Worker::new(works([]));
    worker.tick();
    assert_eq!(worker.proxy.timer.get(), Duration::ZERO);
    let _held = worker.request(2);
    assert_eq!(worker.proxy.timer.get(), MILLI);
}

#[test]
fn a_policy_that_is_pressed_is_asked_for_its_work_at_once() {
    let worker = Worker::new(works([]));
    worker.hub.attend(&worker.proxy);
    assert_eq!(worker.proxy.timer.get(), Duration::ZERO);
    worker.script.pressed.set(true);
    worker.hub.attend(&worker.proxy);
    assert_eq!(worker.proxy.timer.get(), MILLI);
}

#[test]
fn nobody_waits_longer_than_they_said() {
    let now = Timestamp::from_secs(1_000);
    let worker = Worker::new(Script::saying([Verdict::Wait(now.after(4 * MILLI))]));
    worker.proxy.now.set(now);
    let _held = worker.request(2);
    worker.tick();
    assert_eq!(worker.proxy.timer.get(), 4 * MILLI);
    worker.proxy.now.set(now.after(4 * MILLI));
    worker.tick();
    worker.check(&["request", "wake"], &["resume request"]);
}

#[test]
fn an_exchange_that_is_gone_is_not_woken() {
    let until = Timestamp::from_secs(1_001);
    let worker = Worker::new(Script::saying((0..3).map(|_| Verdict::Wait(until))));
    let (_known, unknown, dropped) = (worker.request(2), worker.request(3), worker.request(4));
    worker.script.saw();
    worker.proxy.gone.borrow_mut().insert(3);
    drop(dropped);
    worker.proxy.pass(Duration::from_secs(2));
    worker.tick();
    worker.check(&["wake"], &["resume request"]);
    drop(unknown);
}

#[test]
fn a_reply_goes_to_the_exchange_that_asked() {
    let worker = Worker::new(Script::saying([ask(), ask(), ask()]));
    let (_one, other) = (worker.request(2), worker.request(3));
    worker.check(&["request", "request"], &["call elsewhere as 7", "call elsewhere as 8"]);
    *worker.proxy.reply.borrow_mut() = map(&[(":status", "403")]);
    worker.hub.on_reply(7, 0, &worker.proxy);
    worker.check(&["reply 403"], &["call elsewhere as 9"]);
    worker.hub.on_reply(9, 0, &worker.proxy);
    worker.check(&["reply 403"], &["resume request"]);
    worker.hub.on_reply(99, 0, &worker.proxy);
    worker.check(&[], &[]);
    // The client of the other has gone away, and the proxy will not deliver the reply.
    worker.hub.forget(&other);
    worker.hub.on_reply(8, 0, &worker.proxy);
    worker.check(&[], &[]);
}

#[test]
fn a_reply_that_gives_the_policy_something_to_do_has_it_done_at_once() {
    let worker = Worker::new(Script::saying([ask()]));
    let _stream = worker.request(3);
    assert_eq!(worker.proxy.timer.get(), Duration::ZERO);
    worker.script.pressed.set(true);
    worker.hub.on_reply(7, 0, &worker.proxy);
    assert_eq!(worker.proxy.timer.get(), MILLI);
}

#[test]
fn a_reply_that_is_none_is_no_reply() {
    #[track_caller]
    fn check(headers: Option<Vec<u8>>, size: usize, expected: &str) {
        let worker = Worker::new(Script::saying([ask()]));
        let _held = worker.request(2);
        worker.script.saw();
        *worker.proxy.reply.borrow_mut() = headers;
        *worker.proxy.body.borrow_mut() = Some(b"body".to_vec());
        worker.hub.on_reply(7, size, &worker.proxy);
        assert_eq!(worker.script.saw(), [expected]);
    }
    check(map(&[(":status", "200")]), 4, "reply 200 body");
    check(map(&[(":status", "200")]), 0, "reply 200");
    check(map(&[(":status", "200")]), 5, "reply none");
    check(map(&[(":status", "200")]), 10 * 1024 * 1024 + 1, "reply none");
    check(map(&[(":status", "99999")]), 0, "reply none");
    check(map(&[(":status", "ok")]), 0, "reply none");
    check(map(&[]), 0, "reply none");
    check(Some(vec![1]), 0, "reply none");
    check(None, 0, "reply none");
}

#[test]
fn too_many_that_wait_are_turned_away() {
    let mut script = Script::saying([]);
    script.at_last = Some(wait);
    let worker = Worker::new(script);
    let mut held: Vec<_> = (0..1_024).map(|id| worker.request(id + 2)).collect();
    assert_eq!(worker.proxy.did(), [""; 0]);
    let _turned_away = worker.request(5_000);
    let answer =
        r#"respond 503 [content-type: application/json] {\"message\":\"Service Unavailable\"}"#;
    assert_eq!(worker.proxy.did(), [answer]);
    // The place of one whose client has gone away is free.
    held.pop();
    let _held = worker.request(5_001);
    assert_eq!(worker.proxy.did(), [""; 0]);
}
