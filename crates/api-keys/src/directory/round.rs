//! One look at what has changed, and the loading of it.

use std::time::Duration;

use tollgate_policy::{Call, Headers, Host, Invalid, Response};

use super::board::{Board, Lease};
use crate::config::Config;
use crate::manifest::{EMPTY, MAX_MANIFEST_BYTES, Manifest, file};
use crate::segment::Segment;

/// How many fetches may be under way at once: each holds a segment in the worker's memory.
pub(super) const MAX_FETCHES: usize = 4;

/// How long a fetch may take. Shorter than the lease, which it must not outlast.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The id of the fetch of the manifest. Those of segments are one more than their first byte.
const MANIFEST: u32 = 0;

/// Where the files are.
#[derive(Debug)]
pub(super) struct Place {
    cluster: String,
    path: String,
}

impl Place {
    pub(super) fn compile(config: &Config) -> Result<Self, Invalid> {
        let Config { cluster, path, .. } = config;
        if cluster.is_empty() || !cluster.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Invalid::new("cluster", "must be the name of a cluster"));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte);
        let path = path.trim_end_matches('/');
        if !(path.is_empty() || path.starts_with('/')) || !path.bytes().all(plain) {
            let reason = "must start with `/` and have no query and nothing to be percent-encoded";
            return Err(Invalid::new("path", reason));
        }
        Ok(Self { cluster: cluster.clone(), path: path.to_owned() })
    }

    /// A name for the place, for memory that is shared.
    pub(super) fn name(&self) -> String {
        format!("{}|{}", self.cluster, self.path)
    }

    /// The request for a file; the manifest where there is no name.
    pub(super) fn call(&self, file: Option<&str>) -> Call {
        let path = format!("{}/{}", self.path, file.unwrap_or("manifest"));
        let headers = Headers::from_iter([
            (":method", "GET"),
            (":path", path.as_str()),
            (":authority", &self.cluster),
            ("user-agent", "tollgate"),
        ]);
        Call { cluster: self.cluster.clone(), headers, body: Vec::new(), timeout: TIMEOUT }
    }
}

/// One look at what has changed.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) lease: Lease,
    progress: Progress,
}

/// How far a round has come.
#[derive(Debug)]
enum Progress {
    /// The manifest is to be fetched.
    Wanted,
    /// The manifest is on its way.
    UnderWay,
    /// The manifest is here.
    Here(Changes),
}

/// What a manifest has that is not loaded.
#[derive(Debug)]
struct Changes {
    manifest: Manifest,
    /// The first bytes of the segments that are still to be fetched.
    wanted: Vec<u8>,
    /// How many are on their way.
    under_way: usize,
    loaded: usize,
}

/// How a round goes on.
pub(super) enum Step {
    /// There is more to fetch, or on its way.
    More,
    /// Another worker has taken over.
    Lost,
    /// Everything is loaded.
    Whole(Done),
}

/// What a round has done.
pub(super) struct Done {
    pub(super) lease: Lease,
    /// How many keys there are.
    pub(super) keys: u32,
    /// How many segments have changed; `None` if the keys are the ones that were there before.
    pub(super) changed: Option<usize>,
}

impl Round {
    pub(super) const fn new(lease: Lease) -> Self {
        Self { lease, progress: Progress::Wanted }
    }

    /// The id of the next fetch, which is made from here on.
    pub(super) fn next_fetch(&mut self) -> Option<u32> {
        match &mut self.progress {
            Progress::Wanted => {
                self.progress = Progress::UnderWay;
                Some(MANIFEST)
            }
            Progress::UnderWay => None,
            Progress::Here(changes) => {
                let first = changes.wanted.pop()?;
                changes.under_way = changes.under_way.saturating_add(1);
                Some(u32::from(first).saturating_add(1))
            }
        }
    }

    /// The file that a fetch is for; `None` for the manifest.
    pub(super) fn file(&self, id: u32) -> Option<String> {
        let (first, Progress::Here(changes)) = (segment_of(id)?, &self.progress) else {
            return None;
        };
        Some(file(first, &changes.manifest.part(first).hash))
    }

    /// Takes the result of a fetch.
    pub(super) fn take(
        &mut self,
        id: u32,
        reply: Option<Response>,
        board: &Board,
        host: &dyn Host,
    ) -> Result<Step, String> {
        let step = match (segment_of(id), &self.progress) {
            (None, _) => self.take_manifest(reply, board, host),
            (Some(first), Progress::Here(_)) => self.take_segment(first, reply, board, host),
            (Some(_), _) => Ok(true),
        };
        match step? {
            true => self.next_step(board, host),
            false => Ok(Step::Lost),
        }
    }

    /// False if the lease is lost.
    fn take_manifest(
        &mut self,
        reply: Option<Response>,
        board: &Board,
        host: &dyn Host,
    ) -> Result<bool, String> {
        let body = body(reply, MAX_MANIFEST_BYTES).map_err(|why| format!("manifest: {why}"))?;
        let manifest = Manifest::read(&body).ok_or("manifest: it is damaged, or is none")?;
        if !board.renew(&mut self.lease, host) {
            return Ok(false);
        }
        let loaded = board.loaded(host);
        let mut wanted = Vec::new();
        let mut cleared = 0_usize;
        for (first, part) in manifest.parts() {
            if loaded.is(first, &part.hash) {
                continue;
            }
            if part.hash != EMPTY {
                wanted.push(first);
                continue;
            }
            if !board.clear(first, &mut self.lease, host) {
                return Ok(false);
            }
            cleared = cleared.saturating_add(1);
        }
        wanted.reverse();
        let changes = Changes { manifest, wanted, under_way: 0, loaded: cleared };
        self.progress = Progress::Here(changes);
        Ok(true)
    }

    /// False if the lease is lost.
    fn take_segment(
        &mut self,
        first: u8,
        reply: Option<Response>,
        board: &Board,
        host: &dyn Host,
    ) -> Result<bool, String> {
        let Progress::Here(changes) = &mut self.progress else { return Ok(true) };
        let part = changes.manifest.part(first);
        let at = |why: &str| format!("file {}: {why}", file(first, &part.hash));
        let body = body(reply, part.bytes as usize).map_err(|why| at(&why))?;
        if crate::manifest::Part::of(&body) != part {
            return Err(at("it is not the one the manifest names"));
        }
        let segment = Segment::read(&body)
            .filter(|segment| segment.first() == first)
            .ok_or_else(|| at("it is damaged, or has no keys"))?;
        if !board.replace(&segment, part.hash, &mut self.lease, host) {
            return Ok(false);
        }
        changes.under_way = changes.under_way.saturating_sub(1);
        changes.loaded = changes.loaded.saturating_add(1);
        Ok(true)
    }

    fn next_step(&mut self, board: &Board, host: &dyn Host) -> Result<Step, String> {
        let Progress::Here(changes) = &self.progress else { return Ok(Step::More) };
        if !changes.wanted.is_empty() || changes.under_way > 0 {
            return Ok(Step::More);
        }
        let loaded = board.loaded(host);
        if !changes.manifest.parts().all(|(first, part)| loaded.is(first, &part.hash)) {
            return Err("another worker has loaded others meanwhile".to_owned());
        }
        let revision = changes.manifest.revision;
        let is_new =
            board.stamp(host).and_then(|stamp| stamp.revision).is_none_or(|old| old != revision);
        if is_new {
            board.publish(revision, host);
        }
        Ok(Step::Whole(Done {
            lease: self.lease,
            keys: changes.manifest.count,
            changed: (is_new || changes.loaded > 0).then_some(changes.loaded),
        }))
    }
}

fn segment_of(id: u32) -> Option<u8> {
    u8::try_from(id.checked_sub(1)?).ok()
}

/// The body of a reply that is one.
fn body(reply: Option<Response>, max_bytes: usize) -> Result<Vec<u8>, String> {
    match reply {
        None => Err("there is no answer".to_owned()),
        Some(Response { status: 200, body, .. }) if body.len() <= max_bytes => Ok(body),
        Some(Response { status: 200, .. }) => Err(format!("it has more than {max_bytes} bytes")),
        Some(Response { status, .. }) => Err(format!("the answer is {status}")),
    }
}
