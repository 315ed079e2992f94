//! Finding a key among those that are delivered as files.

mod board;
mod round;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tollgate_policy::{Fetch, Host, Invalid, Level, Response, Work};

use crate::cache::Cache;
use crate::config::Config;
use crate::key::{DIGEST_BYTES, Key};
use crate::page;
use board::Board;
use round::{MAX_FETCHES, Place, Round, Step};

/// How often a worker looks whether keys have changed: for this long it may go on using one that
/// another worker knows to be disabled.
pub const POLL: Duration = Duration::from_millis(100);

/// The keys that one cluster serves, as one worker sees them.
///
/// Fetches have ids from 0 to 256.
#[derive(Debug)]
pub struct Directory {
    place: Place,
    board: Board,
    refresh: Duration,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether keys have been loaded whole at least once.
    whole: bool,
    /// Which version of the stamp the cache is of.
    seen: Option<u32>,
    cache: Cache,
    /// What this worker is loading.
    round: Option<Round>,
    /// Fetches that have not come back, of whatever round.
    under_way: usize,
}

/// What is known of a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Found {
    /// It is that of this key, which need not be enabled.
    Key(Rc<Key>),
    /// It is not that of any key.
    Unknown,
    /// The keys have not been loaded yet: worth waiting for, but not for long.
    NotLoaded,
}

impl Directory {
    /// Compiles where keys are.
    ///
    /// # Errors
    /// [`Invalid`] for a field that cannot be honoured.
    pub fn compile(config: &Config) -> Result<Self, Invalid> {
        if !(100..=60_000).contains(&config.refresh_millis) {
            return Err(Invalid::new("refresh_millis", "must be from 100 to 60,000"));
        }
        let place = Place::compile(config)?;
        Ok(Self {
            board: Board::new(&place.name()),
            place,
            refresh: Duration::from_millis(config.refresh_millis.into()),
            state: RefCell::default(),
        })
    }

    /// Looks a key up by the [`digest`](crate::digest) of its value.
    pub fn find(&self, digest: &[u8; DIGEST_BYTES], host: &dyn Host) -> Found {
        let mut state = self.state.borrow_mut();
        if !state.whole && !state.look(&self.board, host) {
            return Found::NotLoaded;
        }
        if let Some(key) = state.cache.get(digest) {
            return Found::Key(key);
        }
        let [first, second, ..] = *digest;
        let Some(page) = self.board.page([first, second], host) else { return Found::Unknown };
        match page::find(&page, digest) {
            Ok(Some(key)) => {
                let key = Rc::new(key);
                state.cache.insert(digest, key.clone());
                Found::Key(key)
            }
            // INVARIANT: only pages that were checked are ever put there.
            Ok(None) | Err(page::Broken) => Found::Unknown,
        }
    }

    /// What there is to do about the keys now.
    pub fn work(&self, host: &dyn Host) -> Work {
        let mut state = self.state.borrow_mut();
        let news = state.look(&self.board, host);
        let mut work = Work { again: Some(POLL), news, ..Work::default() };
        if state.round.is_none()
            && state.under_way == 0
            && let Some(lease) = self.board.take_lease(host)
        {
            state.round = Some(Round::new(lease));
        }
        while state.under_way < MAX_FETCHES
            && let Some(id) = state.round.as_mut().and_then(Round::next_fetch)
        {
            let path = state.round.as_ref().and_then(|round| round.file(id));
            work.fetches.push(Fetch { id, call: self.place.call(path.as_deref()) });
            state.under_way = state.under_way.saturating_add(1);
        }
        work
    }

    /// Takes what a fetch has brought. There is no reply if it failed.
    pub fn on_fetched(&self, id: u32, reply: Option<Response>, host: &dyn Host) {
        let mut state = self.state.borrow_mut();
        state.under_way = state.under_way.saturating_sub(1);
        let Some(mut round) = state.round.take() else { return };
        match round.take(id, reply, &self.board, host) {
            Ok(Step::More) => state.round = Some(round),
            // Whoever has the lease now goes on.
            Ok(Step::Lost) => {}
            Ok(Step::Whole(done)) => {
                self.board.finish(&done.lease, self.refresh, host);
                if let Some(changed) = done.changed {
                    let keys = done.keys;
                    let message = format!("API keys: {keys} in use; {changed} of 256 parts loaded");
                    host.log(Level::Info, &message);
                }
            }
            Err(why) => {
                self.board.fail(&round.lease, host);
                let kept = if state.whole { "; those it had are kept" } else { "" };
                host.log(Level::Warn, &format!("API keys: {why}{kept}"));
            }
        }
        state.look(&self.board, host);
    }

    #[cfg(test)]
    pub(crate) fn cached(&self) -> usize {
        self.state.borrow().cache.len()
    }
}

impl State {
    /// Forgets what may have changed. Whether there are keys that there were not before.
    fn look(&mut self, board: &Board, host: &dyn Host) -> bool {
        let Some(stamp) = board.stamp(host) else { return false };
        if self.seen != Some(stamp.version) {
            self.seen = Some(stamp.version);
            self.cache.clear();
        }
        let news = !self.whole && stamp.revision.is_some();
        self.whole = stamp.revision.is_some();
        news
    }
}
