//! Dates with times: RFC 3339 section 5.6.

/// What is left of a text.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// Takes a number of so many digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.iter().try_fold(0, |sum, digit| Some(sum * 10 + char::from(*digit).to_digit(10)?))
    }

    /// Takes one of some bytes.
    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        bytes.contains(first).then_some(*first)
    }
}

pub(crate) fn is_date_time(text: &str) -> bool {
    check(&mut Rest(text.as_bytes())).is_some()
}

fn check(rest: &mut Rest<'_>) -> Option<()> {
    let year = rest.number(4)?;
    rest.one_of(b"-")?;
    let month = rest.number(2)?;
    rest.one_of(b"-")?;
    let day = rest.number(2)?;
    if !(1..=days(year, month)?).contains(&day) {
        return None;
    }
    rest.one_of(b"Tt")?;
    let hour = rest.number(2).filter(|hour| *hour < 24)?;
    rest.one_of(b":")?;
    let minute = rest.number(2).filter(|minute| *minute < 60)?;
    rest.one_of(b":")?;
    let second = rest.number(2).filter(|second| *second <= 60)?;
    if let [b'.', fraction @ ..] = rest.0 {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        rest.0 = fraction.get(digits..)?;
    }
    let offset = offset(rest)?;
    // A leap second is the last of a day in UTC.
    let utc = (hour * 60 + minute).checked_add_signed(1_440 - offset)?;
    (rest.0.is_empty() && (second < 60 || utc % 1_440 == 1_439)).then_some(())
}

/// How many minutes the time is ahead of UTC.
fn offset(rest: &mut Rest<'_>) -> Option<i32> {
    let sign = rest.one_of(b"Zz+-")?;
    if matches!(sign, b'Z' | b'z') {
        return Some(0);
    }
    let hours = rest.number(2).filter(|hours| *hours < 24)?;
    rest.one_of(b":")?;
    let minutes = rest.number(2).filter(|minutes| *minutes < 60)?;
    let ahead = i32::try_from(hours * 60 + minutes).ok()?;
    Some(if sign == b'-' { -ahead } else { ahead })
}

fn days(year: u32, month: u32) -> Option<u32> {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    Some(match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    })
}
