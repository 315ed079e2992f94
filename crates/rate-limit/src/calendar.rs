//! The periods of quotas, by the calendar and in UTC.

use tollgate_policy::Timestamp;

use crate::config::{Period, Quota};

const DAY_SECS: u64 = 24 * 60 * 60;

/// One period of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The day it begins, counted from the epoch.
    pub(crate) first: u64,
    /// The day the next begins.
    pub(crate) next: u64,
}

impl Span {
    /// The period of a quota that a moment lies in.
    pub(crate) fn of(quota: &Quota, now: Timestamp) -> Self {
        let today = now.as_secs() / DAY_SECS;
        let offset = u64::from(quota.offset);
        match quota.period {
            Period::Day => Self { first: today, next: today.saturating_add(1) },
            Period::Week => {
                // The epoch was a Thursday, the fourth day after a Sunday.
                let weekday = today.saturating_add(4) % 7;
                let since = weekday.saturating_add(7).saturating_sub(offset) % 7;
                let first = today.saturating_sub(since);
                Self { first, next: first.saturating_add(7) }
            }
            Period::Month => {
                let (year, month, day) = date(today);
                let begins = |year, month| day_number(year, month, 1).saturating_add(offset);
                let (next_year, next_month) = month_after(year, month);
                if day > offset {
                    Self { first: begins(year, month), next: begins(next_year, next_month) }
                } else {
                    let (year_before, month_before) = month_before(year, month);
                    Self { first: begins(year_before, month_before), next: begins(year, month) }
                }
            }
        }
    }

    /// When it ends, in microseconds of the time of day.
    pub(crate) const fn end_micros(self) -> u64 {
        self.next.saturating_mul(DAY_SECS * 1_000_000)
    }

    /// The day it begins, as `2026-11-24`.
    pub(crate) fn name(self) -> String {
        let (year, month, day) = date(self.first);
        format!("{year:04}-{month:02}-{day:02}")
    }
}

const fn month_after(year: u64, month: u64) -> (u64, u64) {
    if month >= 12 { (year.saturating_add(1), 1) } else { (year, month.saturating_add(1)) }
}

const fn month_before(year: u64, month: u64) -> (u64, u64) {
    if month <= 1 { (year.saturating_sub(1), 12) } else { (year, month.saturating_sub(1)) }
}

/// Days from 0000-03-01 to 1970-01-01. A year that begins in March has its leap day at its end, which
/// is what makes the arithmetic below so short.
const TO_EPOCH: u64 = 719_468;
const DAYS_IN_400_YEARS: u64 = 146_097;

/// The date of a day counted from the epoch: year, month from 1, day from 1.
fn date(day: u64) -> (u64, u64, u64) {
    let day = day.saturating_add(TO_EPOCH);
    let (era, of_era) = (day / DAYS_IN_400_YEARS, day % DAYS_IN_400_YEARS);
    let year_of_era = (of_era + of_era / 36_524 - of_era / 1_460 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day_of_month)
}

/// The day of a date, counted from the epoch. The inverse of [`date`].
fn day_number(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year.saturating_sub(1) } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * march_month + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    (era * DAYS_IN_400_YEARS + of_era).saturating_sub(TO_EPOCH)
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::config::OnUnavailable;

    #[test]
    fn every_day_of_eight_hundred_years_has_a_date_and_a_date_its_day() {
        let mut expected = (1970, 1, 1);
        for day in 0..800 * 366 {
            assert_eq!(date(day), expected);
            let (year, month, of_month) = expected;
            assert_eq!(day_number(year, month, of_month), day);
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = match month {
                2 if leap => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            expected = if of_month < last {
                (year, month, of_month + 1)
            } else if month < 12 {
                (year, month + 1, 1)
            } else {
                (year + 1, 1, 1)
            };
        }
    }

    #[test]
    fn a_period_begins_where_the_calendar_and_the_offset_say() {
        #[track_caller]
        fn check(
            period: Period,
            offset: u8,
            (year, month, day): (u64, u64, u64),
            first: &str,
            next: &str,
        ) {
            let quota = Quota { limit: 1, period, offset, on_unavailable: OnUnavailable::Local };
            for secs in [0, DAY_SECS - 1] {
                let now = Timestamp::from_secs(day_number(year, month, day) * DAY_SECS + secs);
                let span = Span::of(&quota, now);
                let next_span = Span { first: span.next, next: span.next };
                assert_eq!((span.name().as_str(), next_span.name().as_str()), (first, next));
            }
        }
        // 2026-11-24 is a Tuesday.
        check(Period::Day, 0, (2026, 11, 24), "2026-11-24", "2026-11-25");
        check(Period::Week, 0, (2026, 11, 24), "2026-11-22", "2026-11-29");
        check(Period::Week, 1, (2026, 11, 24), "2026-11-23", "2026-11-30");
        check(Period::Week, 2, (2026, 11, 24), "2026-11-24", "2026-12-01");
        check(Period::Week, 3, (2026, 11, 24), "2026-11-18", "2026-11-25");
        check(Period::Week, 6, (2026, 11, 24), "2026-11-21", "2026-11-28");
        check(Period::Month, 0, (2026, 11, 24), "2026-11-01", "2026-12-01");
        check(Period::Month, 0, (2028, 2, 29), "2028-02-01", "2028-03-01");
        check(Period::Month, 23, (2026, 11, 24), "2026-11-24", "2026-12-24");
        check(Period::Month, 24, (2026, 11, 24), "2026-10-25", "2026-11-25");
        check(Period::Month, 27, (2027, 1, 3), "2026-12-28", "2027-01-28");
    }
}
