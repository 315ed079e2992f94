//! The keys of one issuer: fetched once for all workers, kept fresh, and kept when the issuer is
//! down.

mod board;
mod place;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tollgate_jose::KeySet;
use tollgate_policy::{Fetch, Host, Invalid, Level, Response, Timestamp, Work};

use crate::config::Keys;
use board::{Board, Stamp};
use place::{Place, Target};

/// How long keys are good where the issuer does not say.
const LIFETIME: Duration = Duration::from_secs(10 * 60);
/// Bounds on what an issuer may say: keys are not fetched with every request, and a key that was
/// withdrawn does not live longer than with API Gateway.
const MIN_LIFETIME: Duration = Duration::from_secs(60);
const MAX_LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);

/// How long keys are left alone, whatever unknown `kid` comes along: anyone can make one up.
pub(crate) const COOL_DOWN: Duration = Duration::from_secs(10);

/// How often a worker looks whether another has brought newer keys.
const POLL: Duration = Duration::from_secs(1);

/// The keys of one issuer.
#[derive(Debug)]
pub(crate) struct Keyring {
    issuer: String,
    source: Source,
    state: RefCell<State>,
}

#[derive(Debug)]
enum Source {
    /// The keys are in the configuration.
    Here,
    Elsewhere {
        place: Place,
        board: Board,
    },
}

#[derive(Debug, Default)]
struct State {
    keys: Option<Rc<KeySet>>,
    stamp: Stamp,
    /// An unknown `kid` came along, and the keys are old enough to be fetched again.
    wanted: bool,
    flight: Flight,
}

/// How far a fetch of this worker has come.
#[derive(Debug, Default)]
enum Flight {
    #[default]
    None,
    /// The discovery document is on its way.
    Document,
    /// The keys are to be fetched from here.
    Found(Target),
    /// The keys are on their way.
    Keys,
}

impl Keyring {
    pub(crate) fn compile(issuer: &str, config: &Keys) -> Result<Self, Invalid> {
        let mut state = State::default();
        let place = match config {
            Keys::Jwks(json) => {
                state.keys = Some(Rc::new(inline(json)?));
                None
            }
            Keys::Discovery(discovery) => Some(Place::discovered(issuer, discovery)?),
            Keys::JwksUri(uri) => Some(Place::known(uri)?),
        };
        let source = match place {
            None => Source::Here,
            Some(place) => Source::Elsewhere { board: Board::new(&place.name()), place },
        };
        Ok(Self { issuer: issuer.to_owned(), source, state: RefCell::new(state) })
    }

    /// The keys, if they have ever arrived.
    pub(crate) fn keys(&self) -> Option<Rc<KeySet>> {
        self.state.borrow().keys.clone()
    }

    /// Whether keys are worth waiting for until then, because they are missing or do not have the
    /// one that is looked for. If so, they will be fetched.
    pub(crate) fn is_worth_waiting(&self, until: Timestamp, host: &dyn Host) -> bool {
        let Source::Elsewhere { board, .. } = &self.source else { return false };
        let mut state = self.state.borrow_mut();
        let now = host.now();
        if state.keys.is_some() {
            if now.since(state.stamp.fetched) < COOL_DOWN {
                return false;
            }
            state.wanted = true;
        }
        let lease = board.lease(host);
        let failing = lease.failures > 0 && lease.until >= until;
        now < until && !failing
    }

    /// Uses what another worker has fetched since. Whether there was anything.
    pub(crate) fn adopt(&self, host: &dyn Host) -> bool {
        let Source::Elsewhere { board, .. } = &self.source else { return false };
        let mut state = self.state.borrow_mut();
        let Some((stamp, json)) = board.newer(state.stamp, host) else { return false };
        let Ok(keys) = KeySet::parse(&json) else { return false };
        *state = State { keys: Some(Rc::new(keys)), stamp, ..State::default() };
        true
    }

    /// What there is to do about the keys now.
    pub(crate) fn work(&self, id: u32, host: &dyn Host) -> Work {
        let Source::Elsewhere { place, board } = &self.source else { return Work::default() };
        let mut work = Work { again: Some(POLL), news: self.adopt(host), ..Work::default() };
        let mut state = self.state.borrow_mut();
        let next = match std::mem::take(&mut state.flight) {
            Flight::None => {
                let due = state.keys.is_none() || state.wanted || state.is_old(host.now());
                (due && board.take_lease(host)).then(|| match place {
                    Place::Discovered { document, .. } => (Flight::Document, document.clone()),
                    Place::Known(target) => (Flight::Keys, target.clone()),
                })
            }
            Flight::Found(target) => Some((Flight::Keys, target)),
            under_way @ (Flight::Document | Flight::Keys) => {
                state.flight = under_way;
                None
            }
        };
        if let Some((flight, target)) = next {
            state.flight = flight;
            work.fetches.push(Fetch { id, call: target.call() });
        } else if state.keys.is_none() {
            // Nothing has come yet: look again as soon as it may be tried again.
            let wait =
                Duration::from_nanos(1).saturating_add(board.lease(host).until.since(host.now()));
            work.again = Some(wait.min(POLL));
        }
        work
    }

    /// Takes what a fetch has brought.
    pub(crate) fn on_fetched(&self, reply: Option<Response>, host: &dyn Host) {
        let Source::Elsewhere { place, board } = &self.source else { return };
        let flight = std::mem::take(&mut self.state.borrow_mut().flight);
        let reply = reply.ok_or_else(|| "there is no answer".to_owned());
        let outcome = match (flight, place) {
            (Flight::Document, Place::Discovered { issuer, allowed, .. }) => reply
                .and_then(|reply| place::jwks_target(issuer, allowed, &reply))
                .map(|target| self.state.borrow_mut().flight = Flight::Found(target))
                .map_err(|why| format!("discovery: {why}")),
            (Flight::Document | Flight::Found(_) | Flight::None, _) => return,
            (Flight::Keys, _) => reply
                .and_then(|reply| self.take(&reply, board, host))
                .map_err(|why| format!("key set: {why}")),
        };
        if let Err(why) = outcome {
            board.fail(host);
            let kept = match self.state.borrow().keys {
                Some(_) => "; the keys it had are kept",
                None => "",
            };
            host.log(Level::Warn, &format!("the keys of `{}`: {why}{kept}", self.issuer));
        }
    }

    fn take(&self, reply: &Response, board: &Board, host: &dyn Host) -> Result<(), String> {
        let json = place::body(reply)?;
        let keys = KeySet::parse(json).map_err(|error| error.to_string())?;
        if keys.keys().is_empty() {
            return Err("there is no key that can be used".to_owned());
        }
        let (usable, skipped) = (keys.keys().len(), keys.skipped().len());
        let stamp = Stamp { fetched: host.now(), lifetime: lifetime(reply) };
        board.publish(stamp, json, host);
        *self.state.borrow_mut() = State { keys: Some(Rc::new(keys)), stamp, ..State::default() };
        let message = format!("the keys of `{}`: {usable} in use, {skipped} skipped", self.issuer);
        host.log(Level::Info, &message);
        Ok(())
    }
}

impl State {
    /// Whether four fifths of the keys' life are over, so that fresh ones come before the end.
    fn is_old(&self, now: Timestamp) -> bool {
        now.since(self.stamp.fetched) >= self.stamp.lifetime.mul_f64(0.8)
    }
}

/// How long the issuer says its keys are good, RFC 9111 section 5.2.2.1.
fn lifetime(reply: &Response) -> Duration {
    let seconds = reply
        .headers
        .get_all("cache-control")
        .flat_map(|value| value.split(|&byte| byte == b','))
        .filter_map(|directive| std::str::from_utf8(directive.trim_ascii()).ok())
        .find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok());
    seconds.map_or(LIFETIME, Duration::from_secs).clamp(MIN_LIFETIME, MAX_LIFETIME)
}

/// The keys of the configuration itself: what a fetched set may skip is refused here.
fn inline(json: &serde_json::Value) -> Result<KeySet, Invalid> {
    let refuse = |reason: String| Invalid::new("keys.jwks", reason);
    let keys =
        KeySet::parse(json.to_string().as_bytes()).map_err(|error| refuse(error.to_string()))?;
    if let Some(skipped) = keys.skipped().first() {
        let field = format!("keys.jwks.keys[{}]", skipped.index);
        return Err(Invalid::new(field, skipped.reason.to_string()));
    }
    if keys.keys().is_empty() {
        return Err(refuse("must have at least one key".to_owned()));
    }
    Ok(keys)
}
