//! When to try again.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How long to wait at first. What failed because the machine was busy may be done by then.
const SHORTEST: Duration = Duration::from_secs(1);

/// And at most, however often it failed.
const LONGEST: Duration = Duration::from_secs(60);

/// When to try again what failed, less and less often.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retry {
    failures: u32,
    due: Option<Instant>,
}

impl Retry {
    /// It has failed, and may not the next time.
    pub fn later(&mut self) {
        let pause = SHORTEST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.due = Some(Instant::now() + pause);
    }

    /// There is nothing to try again.
    pub fn never(&mut self) {
        *self = Self::default();
    }

    /// Waits until it is time, if it ever is.
    pub async fn due(&self) {
        match self.due {
            Some(due) => sleep_until(due).await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long it takes until it is time, in seconds.
    fn pause(retry: &Retry) -> Option<u64> {
        let pause = retry.due?.duration_since(Instant::now());
        Some((pause.as_millis() as u64).div_ceil(1000))
    }

    #[test]
    fn what_fails_is_tried_again_less_and_less_often() {
        let mut retry = Retry::default();
        assert_eq!(pause(&retry), None);
        for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
            retry.later();
            assert_eq!(pause(&retry), Some(expected));
        }
        retry.never();
        assert_eq!(pause(&retry), None);
        retry.later();
        assert_eq!(pause(&retry), Some(1));
    }
}
