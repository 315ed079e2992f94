//! What a client asks: may this many go?

use crate::wire::{frame, put_bytes, put_uint};

/// Asks for tokens of one limit.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Whose limits they are. A server may serve several domains.
    pub domain: &'a str,
    /// What the tokens are of, as names and values; together they name the server's counter.
    pub entries: &'a [(&'a str, &'a str)],
    /// How many there are of them in a unit. A server that has limits of its own may not look at it.
    pub requests_per_unit: u32,
    /// The unit: for a counter whose entries name a window of time already, how long the server has
    /// to remember it.
    pub unit: Unit,
    /// How many tokens. All of them are granted or none.
    pub hits: u32,
}

/// A unit of time, `RateLimitUnit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// One second.
    Second,
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// One day.
    Day,
    /// Seven days.
    Week,
    /// One month.
    Month,
    /// One year.
    Year,
}

impl Unit {
    /// Every unit, the shortest first.
    pub const ALL: [Self; 7] =
        [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];

    /// The number protobuf has for it.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Second => 1,
            Self::Minute => 2,
            Self::Hour => 3,
            Self::Day => 4,
            Self::Month => 5,
            Self::Year => 6,
            Self::Week => 7,
        }
    }

    /// How many seconds it has at most.
    #[must_use]
    pub const fn secs(self) -> u64 {
        const DAY: u64 = 24 * 60 * 60;
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 60 * 60,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 31 * DAY,
            Self::Year => 366 * DAY,
        }
    }
}

impl Question<'_> {
    /// The body of the call. `None` where it would be longer than gRPC's frames can be.
    #[must_use]
    pub fn body(&self) -> Option<Vec<u8>> {
        let mut descriptor = Vec::with_capacity(128);
        for (key, value) in self.entries {
            let mut entry = Vec::with_capacity(64);
            put_bytes(&mut entry, 1, key.as_bytes());
            put_bytes(&mut entry, 2, value.as_bytes());
            put_bytes(&mut descriptor, 1, &entry);
        }
        let mut limit = Vec::with_capacity(8);
        put_uint(&mut limit, 1, u64::from(self.requests_per_unit));
        put_uint(&mut limit, 2, u64::from(self.unit.number()));
        put_bytes(&mut descriptor, 2, &limit);
        let mut request = Vec::with_capacity(192);
        put_bytes(&mut request, 1, self.domain.as_bytes());
        put_bytes(&mut request, 2, &descriptor);
        put_uint(&mut request, 3, u64::from(self.hits));
        frame(&request)
    }
}
