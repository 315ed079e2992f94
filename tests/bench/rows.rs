//! What is compared: every row is a proxy and the requests that it gets.

use crate::check::{self, Refuses};
use crate::drive::{Callers, Order};
use crate::requests::Requests;
use crate::server::Server;

/// One row of a table.
pub struct Row<'a> {
    pub name: String,
    /// The row that it is compared with.
    pub base: Option<String>,
    pub targets: Vec<Target>,
    pub requests: Requests,
    /// How many requests there are in a turn at most. Those of the next turn are others.
    pub at_most: Option<usize>,
    /// Whether the counters are to be asked.
    pub asks: bool,
    /// What it is to refuse, before it is measured: who does not do the job is not compared.
    pub refuses: &'static [Refuses],
    place: Place<'a>,
    /// What runs beside it, and is asked nothing.
    also: Option<Start<'a>>,
    /// Which of the servers is measured.
    server: usize,
}

/// What starts a server.
type Start<'a> = Box<dyn FnOnce() -> Server + 'a>;

/// Where a row's server comes from.
enum Place<'a> {
    Own(Option<Start<'a>>),
    /// It is another row's.
    Of(String),
}

/// What a row may cost.
#[derive(Clone, Debug)]
pub enum Target {
    /// So many microseconds more than its base.
    Added(f64),
    /// So many times as much as another row.
    Times(String, f64),
    /// So many times what another row adds to its own base.
    AddedTimes(String, f64),
    /// At a fixed rate, so many times the 99th percentile of another row.
    Slower(String, f64),
}

/// Rows that are measured together.
pub struct Group<'a> {
    pub title: &'static str,
    /// Whether answers are timed at a fixed rate as well.
    pub is_timed: bool,
    pub rows: Vec<Row<'a>>,
    pub servers: Vec<Server>,
    /// What is not there, and why.
    pub left_out: Vec<String>,
}

impl<'a> Row<'a> {
    /// A row with a server of its own, which starts when it is certain to be measured.
    pub fn new<S: Into<Server>>(
        name: impl Into<String>,
        requests: &Requests,
        start: impl FnOnce() -> S + 'a,
    ) -> Self {
        Self {
            name: name.into(),
            base: None,
            targets: Vec::new(),
            requests: requests.clone(),
            at_most: None,
            asks: false,
            refuses: &[],
            place: Place::Own(Some(Box::new(move || start().into()))),
            also: None,
            server: 0,
        }
    }

    /// A row with the server of another one.
    pub fn of(name: impl Into<String>, requests: &Requests, other: &str) -> Self {
        let nothing = || -> Server { panic!("the server is another row's") };
        let place = Place::Of(other.to_owned());
        Self { place, ..Self::new(name, requests, nothing) }
    }

    /// With another server, which is asked nothing.
    pub fn also<S: Into<Server>>(mut self, start: impl FnOnce() -> S + 'a) -> Self {
        self.also = Some(Box::new(move || start().into()));
        self
    }

    pub fn beside(mut self, base: &str) -> Self {
        self.base = Some(base.to_owned());
        self
    }

    pub fn target(mut self, target: Target) -> Self {
        self.targets.push(target);
        self
    }

    pub const fn at_most(mut self, count: usize) -> Self {
        self.at_most = Some(count);
        self
    }

    pub const fn asking(mut self) -> Self {
        self.asks = true;
        self
    }

    pub const fn refusing(mut self, refuses: &'static [Refuses]) -> Self {
        self.refuses = refuses;
        self
    }

    /// Whose requests there are in a round. Those of many callers go on where the last round ended.
    pub fn callers(&self, round: u32) -> Callers<'_> {
        let round = usize::try_from(round).unwrap_or_default();
        let (order, first) = match (self.at_most, round) {
            (Some(count), _) => (Order::InTurns, round * (count + FRESH_BETWEEN)),
            (None, 0) => (Order::Skewed, 0),
            (None, _) => (Order::InTurns, round * 37_001),
        };
        Callers { requests: &self.requests, first, order, at_most: self.at_most }
    }

    /// Names of rows that this one cannot be measured without.
    fn beside_it(&self) -> Vec<&str> {
        let of_targets = self.targets.iter().filter_map(|target| match target {
            Target::Added(_) => None,
            Target::Times(name, _) | Target::AddedTimes(name, _) | Target::Slower(name, _) => {
                Some(&**name)
            }
        });
        let other = match &self.place {
            Place::Of(name) => Some(&**name),
            Place::Own(_) => None,
        };
        self.base.as_deref().into_iter().chain(of_targets).chain(other).collect()
    }
}

/// How many requests lie between those of two turns: what was sent when a turn ended has been seen.
pub const FRESH_BETWEEN: usize = 64;

impl<'a> Group<'a> {
    pub fn new(title: &'static str) -> Self {
        let (rows, servers, left_out) = (Vec::new(), Vec::new(), Vec::new());
        Self { title, is_timed: false, rows, servers, left_out }
    }

    pub fn add(&mut self, row: Row<'a>) {
        self.rows.push(row);
    }

    /// Forgets the rows that are neither called so nor needed by one that is. All of them stay where the
    /// group is called so.
    pub fn keep(&mut self, parts: &[String]) {
        let is_called = |name: &str| parts.iter().any(|part| name.contains(&**part));
        if parts.is_empty() || is_called(self.title) {
            return;
        }
        let mut names: Vec<String> = Vec::new();
        let called = self.rows.iter().filter(|row| is_called(&row.name));
        let mut next: Vec<String> = called.map(|row| row.name.clone()).collect();
        while let Some(name) = next.pop() {
            if names.contains(&name) {
                continue;
            }
            let row = self.rows.iter().find(|row| row.name == name);
            next.extend(row.iter().flat_map(|row| row.beside_it()).map(str::to_owned));
            names.push(name);
        }
        self.rows.retain(|row| names.contains(&row.name));
        self.left_out.clear();
    }

    /// Starts everything, and sees that it does what it is compared for.
    ///
    /// # Errors
    /// If it does not.
    pub fn start(&mut self) -> Result<(), String> {
        for row in &mut self.rows {
            if let Place::Own(start) = &mut row.place {
                let start = start.take().expect("a server that has not started yet");
                row.server = self.servers.len();
                self.servers.push(start());
            }
            self.servers.extend(row.also.take().map(|start| start()));
        }
        for index in 0..self.rows.len() {
            if let Place::Of(name) = &self.rows[index].place {
                let other = self.rows.iter().find(|row| row.name == *name);
                self.rows[index].server = other.expect("a row of this name").server;
            }
        }
        for row in &self.rows {
            let address = self.server(row).address();
            check::check(row, address).map_err(|wrong| format!("`{}`: {wrong}", row.name))?;
        }
        Ok(())
    }

    /// The server of a row.
    pub fn server(&self, row: &Row<'_>) -> &Server {
        &self.servers[row.server]
    }
}
