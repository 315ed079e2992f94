//! The units of time that a limit is for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a limit is per.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// Seven days.
    Week,
    /// As long as the longest month: 31 days.
    Month,
    /// As long as the longest year: 366 days.
    Year,
}

impl Unit {
    /// Every unit.
    pub const ALL: [Self; 7] =
        [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];

    /// The unit of a number in the protocol. Not every version of it has a name for the week, but
    /// all that have agree on its number.
    pub fn from_wire(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.wire() == number)
    }

    /// Its number in the protocol.
    pub const fn wire(self) -> i32 {
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

    /// How long it is at most.
    pub const fn length(self) -> Duration {
        const DAY: u64 = 86_400;
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 31 * DAY,
            Self::Year => 366 * DAY,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_found_by_its_number_and_no_other_number_is_one() {
        for unit in Unit::ALL {
            assert_eq!(Unit::from_wire(unit.wire()), Some(unit));
        }
        for number in [-1, 0, 8, i32::MAX] {
            assert_eq!(Unit::from_wire(number), None);
        }
    }
}
