//! Moments, as they are kept and as people read them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tollgate_counters::Day;

/// Now, in seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Seconds since 1970, as RFC 3339 writes them.
pub fn text(seconds: u64) -> String {
    let Some(moment) = UNIX_EPOCH.checked_add(Duration::from_secs(seconds)) else {
        return "?".to_owned();
    };
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{}T{hours:02}:{minutes:02}:{:02}Z", Day::of(moment), seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_rfc_3339_does() {
        assert_eq!(text(0), "1970-01-01T00:00:00Z");
        assert_eq!(text(1_795_582_799), "2026-11-25T04:59:59Z");
    }
}
