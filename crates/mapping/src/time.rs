//! Times as API Gateway writes them.

use tollgate_policy::Timestamp;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const DAY_SECS: u64 = 86_400;

/// A time in the form of the Common Log Format, `27/Aug/2024:12:00:00 +0000`: API Gateway's
/// `$context.requestTime`.
#[must_use]
pub fn clf(time: Timestamp) -> String {
    let secs = time.as_secs();
    let (year, month, day) = date(secs / DAY_SECS);
    let of_day = secs % DAY_SECS;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let month = MONTHS.get(month).copied().unwrap_or_default();
    format!("{day:02}/{month}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000")
}

/// Year, month from 0 and day from 1 of a number of days after 1970-01-01, in the Gregorian calendar.
/// The year begins in March, so that the leap day comes last.
const fn date(days: u64) -> (u64, usize, u64) {
    const DAYS_TO_EPOCH: u64 = 719_468;
    const ERA_DAYS: u64 = 146_097;
    let days = days.saturating_add(DAYS_TO_EPOCH);
    let (era, of_era) = (days / ERA_DAYS, days % ERA_DAYS);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    let year = year_of_era + era * 400 + if month < 2 { 1 } else { 0 };
    (year, month as usize, day)
}
