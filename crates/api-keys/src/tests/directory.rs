#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::collections::HashMap;
use std::time::Duration;

use tollgate_policy::Response;
use tollgate_policy::fake::FakeHost;

use super::{compiled, key, many};
use crate::{Config, Directory, Found, Key, POLL, digest};

/// How often a directory looks whether keys have changed.
pub(super) const REFRESH: Duration = Duration::from_secs(1);

/// A server of files, and what it was asked for.
#[derive(Default)]
pub(super) struct Server {
    pub(super) files: HashMap<String, Vec<u8>>,
    pub(super) asked: Vec<String>,
}

impl Server {
    pub(super) fn serving(keys: &[([u8; 32], Key)]) -> Self {
        let mut server = Self::default();
        server.put(keys);
        server
    }

    /// Puts keys in place of those that are there.
    pub(super) fn put(&mut self, keys: &[([u8; 32], Key)]) {
        let made = compiled(keys);
        self.files.clear();
        self.files.insert("/manifest".to_owned(), made.manifest);
        let segments = made.segments.into_iter();
        self.files.extend(segments.map(|file| (format!("/{}", file.name), file.content)));
    }

    pub(super) fn answer(&mut self, path: &str) -> Response {
        self.asked.push(path.to_owned());
        match self.files.get(path) {
            Some(body) => Response { status: 200, body: body.clone(), ..Response::default() },
            None => Response { status: 404, ..Response::default() },
        }
    }

    /// Lets a worker work until there is nothing more to do, and says what was asked for.
    pub(super) fn serve(&mut self, worker: &Directory, host: &FakeHost) -> Vec<String> {
        loop {
            let fetches = worker.work(host).fetches;
            if fetches.is_empty() {
                return std::mem::take(&mut self.asked);
            }
            for fetch in fetches {
                assert_eq!(fetch.call.cluster, "tollgate.keys");
                let path = fetch.call.headers.get(":path").expect("a path");
                let path = str::from_utf8(path).expect("text").to_owned();
                worker.on_fetched(fetch.id, Some(self.answer(&path)), host);
            }
        }
    }
}

pub(super) fn directory() -> Directory {
    Directory::compile(&Config::default()).expect("a directory")
}

/// Whether the key of an id is enabled; `None` if it is unknown.
#[track_caller]
pub(super) fn enabled(worker: &Directory, host: &FakeHost, id: &str) -> Option<bool> {
    match worker.find(&key(id, &[]).0, host) {
        Found::Key(key) => {
            assert_eq!(key.id, id);
            Some(key.enabled)
        }
        Found::Unknown => None,
        Found::NotLoaded => panic!("the keys are not loaded"),
    }
}

#[test]
fn every_key_is_found_and_no_other() {
    let (host, worker, keys) = (FakeHost::default(), directory(), many());
    let mut server = Server::serving(&keys);
    assert_eq!(worker.find(&keys[0].0, &host), Found::NotLoaded);
    let asked = server.serve(&worker, &host);
    assert_eq!(asked.len(), server.files.len());
    assert_eq!(asked[0], "/manifest");
    for (digest, key) in &keys {
        let Found::Key(found) = worker.find(digest, &host) else {
            panic!("{} is not there", key.id)
        };
        assert_eq!(*found, *key);
    }
    for number in 0..2_000_u32 {
        assert_eq!(worker.find(&digest(&number.to_le_bytes()), &host), Found::Unknown);
    }
    assert_eq!(host.logged(), ["API keys: 2000 in use; 256 of 256 parts loaded"]);
}

#[test]
fn before_everything_is_loaded_nothing_is_found() {
    let (host, worker, keys) = (FakeHost::default(), directory(), many());
    let mut server = Server::serving(&keys);
    let manifest = worker.work(&host).fetches.remove(0);
    worker.on_fetched(manifest.id, Some(server.answer("/manifest")), &host);
    let mut more = worker.work(&host).fetches;
    assert_eq!(more.len(), 4, "more fetches at once than there may be");
    assert!(worker.work(&host).fetches.is_empty());
    let fetch = more.remove(0);
    let path = String::from_utf8(fetch.call.headers.get(":path").expect("a path").to_vec());
    worker.on_fetched(fetch.id, Some(server.answer(&path.expect("text"))), &host);
    let first = keys.iter().find(|(digest, _)| digest[0] == 0).expect("a key");
    assert_eq!(worker.find(&first.0, &host), Found::NotLoaded);
    assert_eq!(worker.work(&host).fetches.len(), 1);
}

#[test]
fn one_changed_key_is_one_fetch_and_takes_effect_at_the_next_look() {
    let (host, worker, mut keys) = (FakeHost::default(), directory(), many());
    let mut server = Server::serving(&keys);
    server.serve(&worker, &host);
    assert_eq!(enabled(&worker, &host, "k77"), Some(true));
    keys[77].1.enabled = false;
    server.put(&keys);

    // Not before it is time to look.
    host.pass(REFRESH.saturating_sub(POLL));
    assert_eq!(server.serve(&worker, &host), [""; 0]);
    assert_eq!(enabled(&worker, &host, "k77"), Some(true));

    host.pass(POLL);
    let asked = server.serve(&worker, &host);
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[1].starts_with(&format!("/{:02x}-", keys[77].0[0])), "{asked:?}");
    assert_eq!(enabled(&worker, &host, "k77"), Some(false));
    assert_eq!(enabled(&worker, &host, "k78"), Some(true));
}

#[test]
fn keys_that_did_not_change_are_one_fetch_and_stay_remembered() {
    let (host, worker) = (FakeHost::default(), directory());
    let mut server = Server::serving(&many());
    server.serve(&worker, &host);
    assert_eq!(enabled(&worker, &host, "k1"), Some(true));
    host.pass(REFRESH);
    assert_eq!(server.serve(&worker, &host), ["/manifest"]);
    assert_eq!(worker.cached(), 1);
    let before = host.accesses();
    assert_eq!(enabled(&worker, &host, "k1"), Some(true));
    assert_eq!(host.accesses(), before, "a remembered key is looked up");
    assert_eq!(host.logged().len(), 1);
}

#[test]
fn a_key_that_is_gone_is_unknown() {
    let (host, worker, mut keys) = (FakeHost::default(), directory(), many());
    let mut server = Server::serving(&keys);
    server.serve(&worker, &host);
    assert_eq!(enabled(&worker, &host, "k0"), Some(true));

    keys.remove(0);
    server.put(&keys);
    host.pass(REFRESH);
    assert_eq!(server.serve(&worker, &host).len(), 2);
    assert_eq!(enabled(&worker, &host, "k0"), None);

    // All of them: there is no file to fetch for a segment without keys.
    server.put(&[]);
    host.pass(REFRESH);
    assert_eq!(server.serve(&worker, &host), ["/manifest"]);
    assert!(keys.iter().all(|(digest, _)| worker.find(digest, &host) == Found::Unknown));
}

#[test]
fn only_one_worker_fetches_and_the_other_sees_what_it_brought() {
    let (host, one, other) = (FakeHost::default(), directory(), directory());
    let mut keys = many();
    let mut server = Server::serving(&keys);
    let manifest = one.work(&host).fetches;
    assert_eq!(manifest.len(), 1);
    let idle = other.work(&host);
    assert!(idle.fetches.is_empty() && !idle.news);
    assert_eq!(other.find(&keys[0].0, &host), Found::NotLoaded);

    one.on_fetched(0, Some(server.answer("/manifest")), &host);
    server.serve(&one, &host);
    assert!(other.work(&host).news, "whoever waits is not woken");
    assert!(!other.work(&host).news);
    assert_eq!(enabled(&other, &host, "k5"), Some(true));

    // What one learns the other forgets at its next look.
    keys[5].1.enabled = false;
    server.put(&keys);
    host.pass(REFRESH);
    server.serve(&one, &host);
    assert_eq!(enabled(&other, &host, "k5"), Some(true));
    assert!(other.work(&host).fetches.is_empty());
    assert_eq!(enabled(&other, &host, "k5"), Some(false));
}

#[test]
fn a_new_worker_finds_what_others_have_loaded_without_a_fetch() {
    let (host, first) = (FakeHost::default(), directory());
    Server::serving(&many()).serve(&first, &host);
    drop(first);
    assert_eq!(enabled(&directory(), &host, "k9"), Some(true));
}

#[test]
fn directories_of_different_places_do_not_mix() {
    let host = FakeHost::default();
    let config = Config { path: "/shop".to_owned(), ..Config::default() };
    let shop = Directory::compile(&config).expect("a directory");
    Server::serving(&many()).serve(&directory(), &host);
    assert_eq!(shop.find(&many()[0].0, &host), Found::NotLoaded);
    let fetch = shop.work(&host).fetches.remove(0);
    assert_eq!(fetch.call.headers.get(":path"), Some(&b"/shop/manifest"[..]));
}

#[test]
fn what_is_remembered_is_bounded_and_unknown_keys_push_nothing_out() {
    let (host, worker) = (FakeHost::default(), directory());
    let keys: Vec<_> = (0..10_000).map(|number| key(&format!("k{number}"), &[])).collect();
    Server::serving(&keys).serve(&worker, &host);
    for (digest, _) in &keys {
        assert!(matches!(worker.find(digest, &host), Found::Key(_)));
    }
    let most = worker.cached();
    assert!((4_096..=8_192).contains(&most), "{most} keys are remembered");
    for number in 0..10_000_u32 {
        assert_eq!(worker.find(&digest(&number.to_le_bytes()), &host), Found::Unknown);
    }
    assert_eq!(worker.cached(), most);
    let before = host.accesses();
    assert_eq!(enabled(&worker, &host, "k9999"), Some(true));
    assert_eq!(host.accesses(), before);
}
