//! Times as policies write them: <https://www.w3.org/TR/NOTE-datetime>, or seconds since the epoch.

use crate::malformed::{Malformed, shown};

/// Seconds since the Unix epoch, and nanoseconds.
pub(crate) type Moment = (i64, u32);

/// Digits of seconds since the epoch: no year that has four digits needs more.
const MAX_EPOCH_DIGITS: usize = 12;

/// Reads a time that stands in a policy.
pub(crate) fn written(text: &str) -> Result<Moment, Malformed> {
    parse(text).ok_or_else(|| {
        let reason = format!(
            "`{}` is neither a time such as `2026-01-31T12:00:00Z` nor seconds since 1970",
            shown(text)
        );
        Malformed::new(reason)
    })
}

/// Reads a time, as policies write it, as whole seconds since the Unix epoch.
#[must_use]
pub fn secs(text: &str) -> Option<i64> {
    parse(text).map(|(secs, _)| secs)
}

/// Reads a time. Four digits are a year, more are seconds since the epoch.
pub(crate) fn parse(text: &str) -> Option<Moment> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && text.len() != 4 {
        return Some((text.parse().ok().filter(|_| text.len() <= MAX_EPOCH_DIGITS)?, 0));
    }
    let (date, time) = match text.split_once('T') {
        None => (text, None),
        Some((date, time)) => (date, Some(time)),
    };
    let mut fields = date.split('-');
    let year = digits(fields.next()?, 4)?;
    let month = fields.next().map(|month| digits(month, 2));
    let day = fields.next().map(|day| digits(day, 2));
    if fields.next().is_some() {
        return None;
    }
    let (month, day) = match (month, day) {
        (None, None) => (1, 1),
        (Some(month), None) => (month?, 1),
        (Some(month), Some(day)) => (month?, day?),
        (None, Some(_)) => return None,
    };
    if !(1..=12).contains(&month) || !(1..=last_day(year, month)).contains(&day) {
        return None;
    }
    let midnight = days(year, month, day).checked_mul(86_400)?;
    let Some(time) = time else { return Some((midnight, 0)) };
    // A time of day needs a day, and a zone.
    if date.len() != 10 {
        return None;
    }
    let (clock, offset) = zone(time)?;
    let (secs, nanos) = clock_time(clock)?;
    Some((midnight.checked_add(secs)?.checked_sub(offset)?, nanos))
}

/// Splits the zone off: what is left, and how many seconds it is ahead of UTC.
fn zone(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let at = time.rfind(['+', '-'])?;
    let (clock, offset) = time.split_at_checked(at)?;
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let secs = hours.checked_mul(3_600)?.checked_add(minutes.checked_mul(60)?)?;
    Some((clock, if offset.starts_with('-') { secs.checked_neg()? } else { secs }))
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.s`: seconds of the day, and nanoseconds.
fn clock_time(clock: &str) -> Option<(i64, u32)> {
    let (whole, fraction) = match clock.split_once('.') {
        None => (clock, None),
        Some((whole, fraction)) => (whole, Some(fraction)),
    };
    let mut fields = whole.split(':');
    let (hours, minutes) = (digits(fields.next()?, 2)?, digits(fields.next()?, 2)?);
    let seconds = fields.next().map(|seconds| digits(seconds, 2));
    if fields.next().is_some() || (fraction.is_some() && seconds.is_none()) {
        return None;
    }
    let seconds = seconds.unwrap_or(Some(0))?;
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let nanos = match fraction {
        None => 0,
        Some(fraction) => {
            let is_fraction = (1..=9).contains(&fraction.len())
                && fraction.bytes().all(|byte| byte.is_ascii_digit());
            format!("{fraction:0<9}").parse().ok().filter(|_| is_fraction)?
        }
    };
    let secs = hours.checked_mul(3_600)?.checked_add(minutes.checked_mul(60)?)?;
    Some((secs.checked_add(seconds)?, nanos))
}

/// Exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    let fits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

fn last_day(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since the epoch, of years from 0 to 9999. The year begins in March here, so that a leap day is
/// its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// Seconds since the epoch as `2026-01-31T12:00:00Z`.
pub(crate) fn iso(secs: u64) -> String {
    let (day, second) = (secs / 86_400, secs % 86_400);
    // The algorithm of `days`, backwards, within eras of 400 years.
    let shifted = day.saturating_add(719_468);
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
