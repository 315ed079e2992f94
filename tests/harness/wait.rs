//! Waiting for a condition, for a bounded time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take that is certain to happen.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks until there is an answer.
///
/// # Panics
/// If there is none by the deadline: `what` says what was waited for.
#[track_caller]
pub fn until<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "after {limit:?} there is still no {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Asks until it is so.
///
/// # Panics
/// If it is not by the deadline: `what` says what was waited for.
#[track_caller]
pub fn until_true(what: &str, limit: Duration, mut ask: impl FnMut() -> bool) {
    until(what, limit, || ask().then_some(()));
}

/// Tells those who work beside a test that it is over, however it ends.
#[derive(Debug)]
pub struct OverOnDrop<'a>(pub &'a AtomicBool);

impl Drop for OverOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
