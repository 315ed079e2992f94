#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tollgate_policy::fake::FakeHost;
use tollgate_policy::{
    Conflict, Digest, Expect, Host, Kind, Level, Metric, Response, Shared, Timestamp,
};

use super::directory::{REFRESH, Server, directory, enabled};
use super::{compiled, many};
use crate::{Directory, Found};

/// Lets a worker make its first fetch, and answers it.
fn answer(worker: &Directory, host: &FakeHost, reply: Option<Response>) {
    let fetch = worker.work(host).fetches.remove(0);
    assert_eq!(fetch.id, 0);
    worker.on_fetched(fetch.id, reply, host);
}

#[test]
fn a_server_that_is_down_is_asked_less_and_less_often() {
    let (host, worker) = (FakeHost::default(), directory());
    let mut waits = Vec::new();
    for _ in 0..9 {
        answer(&worker, &host, None);
        let mut waited = 0_u32;
        loop {
            host.pass(Duration::from_millis(250));
            waited += 250;
            // Another worker is no more eager.
            let other = directory();
            let work = other.work(&host);
            if !work.fetches.is_empty() {
                other.on_fetched(0, None, &host);
                break;
            }
        }
        waits.push(waited);
        host.pass(Duration::from_secs(10));
    }
    assert_eq!(waits, [250, 1_000, 4_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000]);
    assert_eq!(worker.find(&[0; 32], &host), Found::NotLoaded);
    assert_eq!(host.logged()[0], "API keys: manifest: there is no answer");
}

#[test]
fn keys_are_kept_while_the_server_is_down() {
    let (host, worker) = (FakeHost::default(), directory());
    let mut server = Server::serving(&many());
    server.serve(&worker, &host);
    let files = std::mem::take(&mut server.files);
    host.pass(REFRESH);
    server.serve(&worker, &host);
    assert_eq!(enabled(&worker, &host, "k3"), Some(true));
    assert_eq!(host.logged()[1], "API keys: manifest: the answer is 404; those it had are kept");

    // It is back, and is looked at as often as before.
    server.files = files;
    host.pass(Duration::from_millis(250));
    assert_eq!(server.serve(&worker, &host), ["/manifest"]);
    host.pass(REFRESH);
    assert_eq!(server.serve(&worker, &host), ["/manifest"]);
}

#[test]
fn a_damaged_manifest_changes_nothing() {
    let (host, worker) = (FakeHost::default(), directory());
    let mut server = Server::serving(&many());
    server.serve(&worker, &host);
    for content in [&b""[..], b"TGKM\x01", &[0; 5_145], &vec![0; (1 << 20) + 1]] {
        server.files.insert("/manifest".to_owned(), content.to_vec());
        host.pass(Duration::from_secs(60));
        assert_eq!(server.serve(&worker, &host), ["/manifest"]);
        assert_eq!(enabled(&worker, &host, "k3"), Some(true));
    }
    assert!(host.logged()[3].contains("manifest: it is damaged, or is none"));
    assert!(host.logged()[4].contains("manifest: it has more than 1048576 bytes"));
}

/// A segment that is not what the manifest names is not loaded, and what was there before stays.
#[track_caller]
fn damaged(damage: impl FnOnce(&mut Server, &str), expected: &str) {
    let (host, worker, mut keys) = (FakeHost::default(), directory(), many());
    let mut server = Server::serving(&keys);
    server.serve(&worker, &host);
    keys[77].1.enabled = false;
    server.put(&keys);
    let first = format!("/{:02x}-", keys[77].0[0]);
    let path = server.files.keys().find(|path| path.starts_with(&first)).expect("a file").clone();
    let whole = server.files.get(&path).cloned().expect("a file");
    damage(&mut server, &path);
    host.pass(REFRESH);
    server.serve(&worker, &host);
    assert_eq!(enabled(&worker, &host, "k77"), Some(true));
    assert!(host.logged()[1].contains(expected), "{:?}", host.logged());
    assert!(host.logged()[1].contains(path.trim_start_matches('/')), "{:?}", host.logged());

    // Once it is right it is loaded.
    server.files.insert(path.clone(), whole);
    host.pass(REFRESH);
    assert_eq!(server.serve(&worker, &host), ["/manifest".to_owned(), path]);
    assert_eq!(enabled(&worker, &host, "k77"), Some(false));
}

#[test]
fn a_segment_that_is_not_the_one_that_is_named_is_not_loaded() {
    damaged(|server, path| _ = server.files.remove(path), "the answer is 404");
    let not_named = "it is not the one the manifest names";
    damaged(|server, path| _ = server.files.insert(path.to_owned(), Vec::new()), not_named);
    let flip = |server: &mut Server, path: &str| {
        if let Some(last) = server.files.get_mut(path).and_then(|content| content.last_mut()) {
            *last ^= 1;
        }
    };
    damaged(flip, not_named);
    let lengthen = |server: &mut Server, path: &str| {
        server.files.get_mut(path).expect("a file").push(0);
    };
    damaged(lengthen, "it has more than ");
}

#[test]
fn a_segment_that_is_named_and_is_none_is_not_loaded() {
    let (host, worker) = (FakeHost::default(), directory());
    let parts: Vec<_> = (0..=u8::MAX)
        .map(|first| match first {
            7 => crate::manifest::Part::of(b"no segment"),
            _ => crate::manifest::Part::default(),
        })
        .collect();
    let mut server = Server::default();
    server.files.insert("/manifest".to_owned(), crate::manifest::write(1, &parts));
    let name = crate::manifest::file(7, &parts[7].hash);
    server.files.insert(format!("/{name}"), b"no segment".to_vec());
    server.serve(&worker, &host);
    let told = format!("API keys: file {name}: it is damaged, or has no keys");
    assert_eq!(host.logged(), [told]);
    assert_eq!(worker.find(&[7; 32], &host), Found::NotLoaded);

    // Nor is one that belongs elsewhere.
    let made = compiled(&many());
    let content = &made.segments[8].content;
    let mut parts = vec![crate::manifest::Part::default(); 256];
    parts[7] = crate::manifest::Part::of(content);
    server.files.insert("/manifest".to_owned(), crate::manifest::write(1, &parts));
    let name = crate::manifest::file(7, &parts[7].hash);
    server.files.insert(format!("/{name}"), content.clone());
    host.pass(REFRESH);
    server.serve(&worker, &host);
    assert_eq!(worker.find(&[7; 32], &host), Found::NotLoaded);
    let told = format!("API keys: file {name}: it is damaged, or has no keys");
    assert_eq!(host.logged().last(), Some(&told));
}

#[test]
fn a_worker_that_is_gone_in_the_middle_is_replaced() {
    let (host, gone, worker) = (FakeHost::default(), directory(), directory());
    let mut server = Server::serving(&many());
    answer(&gone, &host, Some(server.answer("/manifest")));
    assert_eq!(gone.work(&host).fetches.len(), 4);
    drop(gone);
    assert_eq!(server.serve(&worker, &host), ["/manifest"].map(str::to_owned));
    host.pass(Duration::from_secs(5));
    server.serve(&worker, &host);
    assert_eq!(enabled(&worker, &host, "k0"), Some(true));
}

#[test]
fn a_worker_that_was_too_slow_writes_nothing() {
    let (host, slow, worker, mut keys) = (FakeHost::default(), directory(), directory(), many());
    let mut old = Server::serving(&keys);
    answer(&slow, &host, Some(old.answer("/manifest")));
    let late = slow.work(&host).fetches;
    host.pass(Duration::from_secs(5));
    keys.iter_mut().for_each(|(_, key)| key.enabled = false);
    let mut new = Server::serving(&keys);
    new.serve(&worker, &host);
    for fetch in late {
        let path = String::from_utf8(fetch.call.headers.get(":path").expect("a path").to_vec());
        slow.on_fetched(fetch.id, Some(old.answer(&path.expect("text"))), &host);
    }
    for number in 0..keys.len() {
        assert_eq!(enabled(&worker, &host, &format!("k{number}")), Some(false));
    }
    // And it goes on as one of many.
    host.pass(REFRESH);
    assert_eq!(new.serve(&slow, &host), ["/manifest"]);
}

#[test]
fn going_back_to_what_was_loaded_half_is_loaded_again() {
    let (host, worker, keys) = (FakeHost::default(), directory(), many());
    let mut server = Server::serving(&keys);
    server.serve(&worker, &host);
    // Two keys of different segments change, and only the first segment arrives.
    let mut other = keys.clone();
    other.iter_mut().take(2).for_each(|(_, key)| key.enabled = false);
    assert_ne!(other[0].0[0], other[1].0[0]);
    let mut half = Server::serving(&other);
    let second = format!("/{:02x}-", other[0].0[0].max(other[1].0[0]));
    half.files.retain(|path, _| !path.starts_with(&second));
    host.pass(REFRESH);
    half.serve(&worker, &host);
    let states = ["k0", "k1"].map(|id| enabled(&worker, &host, id));
    assert!(states.contains(&Some(true)) && states.contains(&Some(false)), "{states:?}");

    host.pass(REFRESH);
    assert_eq!(server.serve(&worker, &host).len(), 2);
    assert_eq!(["k0", "k1"].map(|id| enabled(&worker, &host, id)), [Some(true); 2]);
}

/// A host on which something happens before one of the writes.
struct Interrupted<'a> {
    host: &'a FakeHost,
    /// How many pages are written before it happens.
    pages: Cell<usize>,
    happens: &'a dyn Fn(),
}

impl Host for Interrupted<'_> {
    fn share(&self, key: &str, value: &[u8], expect: Expect) -> Result<(), Conflict> {
        if key.starts_with("tollgate.keys|") {
            let pages = self.pages.get();
            self.pages.set(pages.wrapping_sub(1));
            if pages == 0 {
                (self.happens)();
            }
        }
        self.host.share(key, value, expect)
    }

    fn shared(&self, key: &str) -> Option<Shared> {
        self.host.shared(key)
    }

    fn now(&self) -> Timestamp {
        self.host.now()
    }

    fn uptime(&self) -> Duration {
        self.host.uptime()
    }

    fn verify_signature(&self, _: Digest, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        None
    }

    fn metric(&self, kind: Kind, name: &str) -> Option<Metric> {
        self.host.metric(kind, name)
    }

    fn record(&self, metric: Metric, value: u64) {
        self.host.record(metric, value);
    }

    fn log(&self, level: Level, message: &str) {
        self.host.log(level, message);
    }
}

#[test]
fn pages_that_two_workers_wrote_at_once_are_written_again() {
    let (host, slow, worker, keys) = (FakeHost::default(), directory(), directory(), many());
    let old = RefCell::new(Server::serving(&keys));
    let mut disabled = keys.clone();
    disabled.iter_mut().for_each(|(_, key)| key.enabled = false);
    let new = RefCell::new(Server::serving(&disabled));

    answer(&slow, &host, Some(old.borrow_mut().answer("/manifest")));
    let fetch = slow.work(&host).fetches.remove(0);
    let path = fetch.call.headers.get(":path").expect("a path").to_vec();
    let reply = old.borrow_mut().answer(&String::from_utf8(path).expect("text"));
    let other_takes_over = || {
        host.pass(Duration::from_secs(5));
        new.borrow_mut().serve(&worker, &host);
    };
    let interrupted = Interrupted { host: &host, pages: Cell::new(2), happens: &other_takes_over };
    slow.on_fetched(fetch.id, Some(reply), &interrupted);
    assert!(interrupted.pages.get() > 2, "it never happened");

    // Whichever of the two is served then.
    for (server, expected) in [(old, true), (new, false)] {
        host.pass(REFRESH);
        server.borrow_mut().serve(&worker, &host);
        for (_, key) in &keys {
            assert_eq!(enabled(&worker, &host, &key.id), Some(expected), "{}", key.id);
        }
    }
}
