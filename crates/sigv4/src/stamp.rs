//! Points in time, as signatures write them.

use std::fmt;
use std::time::Duration;

/// A second in the proleptic Gregorian calendar, written `20150830T123600Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    secs: u64,
}

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// The last second of the year 9999: years have four digits.
const LAST_SECS: u64 = 253_402_300_799;

impl Stamp {
    /// This long after the Unix epoch, in whole seconds.
    #[must_use]
    pub const fn at(since_epoch: Duration) -> Self {
        let secs = since_epoch.as_secs();
        Self { secs: if secs > LAST_SECS { LAST_SECS } else { secs } }
    }

    /// Reads `20150830T123600Z`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let &[y1, y2, y3, y4, m1, m2, d1, d2, b'T', h1, h2, n1, n2, s1, s2, b'Z'] = text else {
            return None;
        };
        let two = |one, other| Some(digit(one)?.saturating_mul(10).saturating_add(digit(other)?));
        let year = two(y1, y2)?.saturating_mul(100).saturating_add(two(y3, y4)?);
        Self::of([year, two(m1, m2)?, two(d1, d2)?], [two(h1, h2)?, two(n1, n2)?, two(s1, s2)?])
    }

    /// Reads what stands in a field `Date`: `Sun, 30 Aug 2015 12:36:00 GMT`, or as [`parse`](Self::parse).
    #[must_use]
    pub fn parse_date(text: &[u8]) -> Option<Self> {
        if let Some(stamp) = Self::parse(text) {
            return Some(stamp);
        }
        let mut words = text.split(|byte| *byte == b' ');
        let mut next = || words.next();
        let weekday = next()?;
        let (day, month, year, time, zone) = (next()?, next()?, next()?, next()?, next()?);
        if weekday.len() != 4 || weekday.last() != Some(&b',') || zone != b"GMT" || next().is_some()
        {
            return None;
        }
        let month = (1..).zip(MONTHS).find(|(_, name)| *name == month)?.0;
        let mut parts = time.split(|byte| *byte == b':').map(|part| number(part, 2));
        let mut next = || parts.next().flatten();
        let time = [next()?, next()?, next()?];
        if parts.next().is_some() {
            return None;
        }
        Self::of([number(year, 4)?, month, number(day, 2)?], time)
    }

    /// Time since the Unix epoch.
    #[must_use]
    pub const fn since_epoch(self) -> Duration {
        Duration::from_secs(self.secs)
    }

    /// The day, as a scope writes it: `20150830`.
    #[must_use]
    pub fn day(self) -> String {
        let [year, month, day] = civil(self.secs / 86_400);
        format!("{year:04}{month:02}{day:02}")
    }

    pub(crate) const fn later(self, by: Duration) -> Self {
        Self::at(self.since_epoch().saturating_add(by))
    }

    pub(crate) const fn earlier(self, by: Duration) -> Self {
        Self::at(self.since_epoch().saturating_sub(by))
    }

    /// `None` for what is on no calendar and on no clock, and for what was before 1970.
    fn of([year, month, day]: [u64; 3], [hour, minute, second]: [u64; 3]) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        if year < 1970 || !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = (hour * 60 + minute) * 60 + second;
        Some(Self { secs: days_before(year, month, day) * 86_400 + seconds })
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_day = self.secs % 86_400;
        let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
        write!(out, "{}T{hour:02}{minute:02}{second:02}Z", self.day())
    }
}

fn digit(byte: u8) -> Option<u64> {
    byte.is_ascii_digit().then(|| u64::from(byte.wrapping_sub(b'0')))
}

fn number(text: &[u8], digits: usize) -> Option<u64> {
    if text.len() != digits {
        return None;
    }
    text.iter()
        .try_fold(0_u64, |sum, byte| Some(sum.saturating_mul(10).saturating_add(digit(*byte)?)))
}

/// Days from the epoch to a day of the years 1970 to 9999. A year is reckoned from March, so that the
/// leap day is its last.
const fn days_before(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The year, month and day, so many days after the epoch.
const fn civil(days: u64) -> [u64; 3] {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    [year + era * 400 + if month <= 2 { 1 } else { 0 }, month, day]
}
