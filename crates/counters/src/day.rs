//! Days of the calendar, by UTC.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::unit::Unit;

/// A day, by how many came after 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u32);

/// The last day that has a four-digit year.
const LAST: u32 = 2_932_896;

impl Day {
    /// The day that a moment lies in.
    pub fn of(moment: SystemTime) -> Self {
        let seconds = moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self(u32::try_from(seconds / 86_400).unwrap_or(LAST).min(LAST))
    }

    /// By its number.
    pub fn from_number(number: u32) -> Self {
        Self(number.min(LAST))
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// When it begins.
    pub fn start(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(u64::from(self.0) * 86_400)
    }

    /// The day so many days earlier.
    pub fn minus(self, days: u32) -> Self {
        Self(self.0.saturating_sub(days))
    }

    /// The day so many days later.
    pub fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(days).min(LAST))
    }

    /// All days from this one to another, both included.
    pub fn through(self, last: Self) -> impl Iterator<Item = Self> + Clone {
        (self.0..=last.0).map(Self)
    }

    /// How many days there are from this one to another, both included.
    pub fn days_through(self, last: Self) -> u32 {
        (last.0.saturating_add(1)).saturating_sub(self.0)
    }

    /// The day that a period began on in which this day lies, where another of these periods began
    /// on `start`. None where the periods are shorter than a day.
    pub fn period_start(self, unit: Unit, start: Self) -> Option<Self> {
        match unit {
            Unit::Second | Unit::Minute | Unit::Hour => None,
            Unit::Day => Some(self),
            Unit::Week => {
                let into = (i64::from(self.0) - i64::from(start.0)).rem_euclid(7);
                Some(self.minus(u32::try_from(into).unwrap_or_default()))
            }
            Unit::Month => {
                let day = start.date().2;
                // A month without that day never began a period, so a year back is far enough.
                (0..366).map(|back| self.minus(back)).find(|earlier| earlier.date().2 == day)
            }
            Unit::Year => {
                let (_, month, day) = start.date();
                let is_start = |earlier: &Self| {
                    let date = earlier.date();
                    (date.1, date.2) == (month, day)
                };
                (0..=8 * 366).map(|back| self.minus(back)).find(is_start)
            }
        }
    }

    /// Year, month and day of the month: Howard Hinnant's `civil_from_days`.
    fn date(self) -> (u32, u32, u32) {
        let shifted = self.0 + 719_468;
        let era = shifted / 146_097;
        let of_era = shifted % 146_097;
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        (year + era * 400 + u32::from(month <= 2), month, day)
    }

    /// The day of a date, if there is one: `days_from_civil`.
    fn from_date(year: u32, month: u32, day: u32) -> Option<Self> {
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day)
        {
            return None;
        }
        let shifted_year = if month <= 2 { year - 1 } else { year };
        let era = shifted_year / 400;
        let of_era = shifted_year % 400;
        let shifted_month = if month > 2 { month - 3 } else { month + 9 };
        let of_year = (153 * shifted_month + 2) / 5 + day - 1;
        let number = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
        let found = Self(number.checked_sub(719_468)?);
        // The 31st of a shorter month is a day of the next, which has another name.
        (found.date() == (year, month, day)).then_some(found)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

/// A text that is no day.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no day: write it as `2026-11-24`")]
pub struct NoDay(String);

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, NoDay> {
        let invalid = || NoDay(text.chars().take(32).collect());
        let part = |part: Option<&str>, digits: usize| {
            let part = part.filter(|part| part.len() == digits)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
        };
        let mut parts = text.splitn(3, '-');
        let year = part(parts.next(), 4).ok_or_else(invalid)?;
        let month = part(parts.next(), 2).ok_or_else(invalid)?;
        let day = part(parts.next(), 2).ok_or_else(invalid)?;
        Self::from_date(year, month, day).ok_or_else(invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn every_day_is_read_as_it_is_written() {
        let mut last = String::new();
        for number in (0..=LAST).step_by(7) {
            let written = Day::from_number(number).to_string();
            assert_eq!(written.parse(), Ok(Day::from_number(number)));
            assert!(written > last);
            last = written;
        }
        assert_eq!(day("1970-01-01").number(), 0);
        assert_eq!(day("2000-03-01").number(), 11_017);
        assert_eq!(Day::from_number(LAST).to_string(), "9999-12-31");
    }

    #[test]
    fn a_date_that_does_not_exist_is_no_day() {
        for text in [
            "",
            "2026",
            "2026-11",
            "2026-11-31",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "26-11-24",
            "2026-1-24",
            "2026-11-24T00",
            "+026-11-24",
            "1969-12-31",
            "2026/11/24",
        ] {
            assert!(text.parse::<Day>().is_err(), "`{text}`");
        }
        assert!("2028-02-29".parse::<Day>().is_ok());
    }

    #[test]
    fn a_period_begins_where_others_of_its_kind_do() {
        let start = |text: &str, unit, of: &str| {
            day(text).period_start(unit, day(of)).map(|day| day.to_string())
        };
        assert_eq!(start("2026-11-24", Unit::Day, "2026-01-01").unwrap(), "2026-11-24");
        assert_eq!(start("2026-11-24", Unit::Week, "2026-11-22").unwrap(), "2026-11-22");
        assert_eq!(start("2026-11-21", Unit::Week, "2026-11-22").unwrap(), "2026-11-15");
        assert_eq!(start("2026-11-24", Unit::Month, "2026-11-01").unwrap(), "2026-11-01");
        assert_eq!(start("2026-10-31", Unit::Month, "2026-11-05").unwrap(), "2026-10-05");
        assert_eq!(start("2026-11-24", Unit::Year, "2020-12-01").unwrap(), "2025-12-01");
        assert_eq!(start("2026-11-24", Unit::Hour, "2026-11-24"), None);
    }
}
