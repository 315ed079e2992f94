//! Calls that are under way, so that others who would make the same wait for their answers.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use tollgate_policy::Timestamp;

use crate::answer::Answer;
use crate::key::Key;
use crate::refusal::Refusal;

/// How many calls one worker lets others wait for. Those beyond are made all the same, and nobody waits
/// for them: with this many callers at once who are all different there is little to share.
const MAX_FLIGHTS: usize = 1_024;

/// What a call has come to.
pub(crate) type Outcome = Result<Rc<Answer>, Refusal>;

/// The calls that are under way.
#[derive(Debug, Default)]
pub(crate) struct Flights(Rc<Board>);

#[derive(Debug, Default)]
struct Board {
    open: RefCell<HashMap<Key, Rc<Flight>>>,
    /// Whether a call is over that somebody waits for.
    news: Cell<bool>,
}

/// A call that others may wait for.
#[derive(Debug)]
pub(crate) struct Flight {
    state: RefCell<State>,
    /// When it is over in any case.
    pub(crate) until: Timestamp,
}

/// How far a call has come.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// It is under way.
    Open,
    /// It is over.
    Over(Outcome),
    /// The exchange that made it is gone, and with it the reply.
    Abandoned,
}

/// The call of the exchange that makes it. When that is gone, so is this, and those who wait are told.
#[derive(Debug)]
pub(crate) struct Lead {
    board: Rc<Board>,
    key: Key,
    flight: Rc<Flight>,
}

impl Flights {
    /// The call of this key that is under way.
    pub(crate) fn find(&self, key: &[u8]) -> Option<Rc<Flight>> {
        self.0.open.borrow().get(key).cloned()
    }

    /// Begins a call for which others may wait. `None` where there are too many such.
    pub(crate) fn begin(&self, key: Key, until: Timestamp) -> Option<Lead> {
        let mut open = self.0.open.borrow_mut();
        if open.len() >= MAX_FLIGHTS {
            return None;
        }
        let flight = Rc::new(Flight { state: RefCell::new(State::Open), until });
        open.insert(key.clone(), flight.clone());
        Some(Lead { board: self.0.clone(), key, flight })
    }

    /// Whether those who wait should be told something.
    pub(crate) fn has_news(&self) -> bool {
        self.0.news.get()
    }

    /// The same, once.
    pub(crate) fn take_news(&self) -> bool {
        self.0.news.take()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.open.borrow().len()
    }
}

impl Flight {
    pub(crate) fn state(&self) -> State {
        self.state.borrow().clone()
    }
}

impl Lead {
    /// Tells those who wait what has come of it.
    pub(crate) fn end(self, outcome: &Outcome) {
        self.flight.state.replace(State::Over(outcome.clone()));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.board.open.borrow_mut().remove(&self.key);
        // This one and whoever waits.
        if Rc::strong_count(&self.flight) > 1 {
            self.board.news.set(true);
        }
        let mut state = self.flight.state.borrow_mut();
        if matches!(*state, State::Open) {
            *state = State::Abandoned;
        }
    }
}
