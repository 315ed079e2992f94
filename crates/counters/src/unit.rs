//! The units of time that a limit is for, by their numbers in the protocol.

use std::time::Duration;

pub use tollgate_rls::Unit;

/// The unit of a number. Not every version of the protocol has a name for the week, but all that
/// have agree on its number.
pub fn from_wire(number: i32) -> Option<Unit> {
    Unit::ALL.into_iter().find(|unit| wire(*unit) == number)
}

/// The number of a unit.
pub fn wire(unit: Unit) -> i32 {
    unit.number().into()
}

/// How long it is at most: a month is as long as the longest, and so is a year.
pub const fn length(unit: Unit) -> Duration {
    Duration::from_secs(unit.secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_found_by_its_number_and_no_other_number_is_one() {
        for unit in Unit::ALL {
            assert_eq!(from_wire(wire(unit)), Some(unit));
        }
        for number in [-1, 0, 8, i32::MAX] {
            assert_eq!(from_wire(number), None);
        }
    }
}
