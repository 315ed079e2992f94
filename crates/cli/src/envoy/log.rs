//! What Envoy says, shown as it comes and remembered for when it fails.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::terminal;

/// How many lines are remembered: enough for the reason of a failure, which comes last.
const REMEMBERED: usize = 20;

/// How much of a line is remembered. Envoy quotes whole configurations.
const LINE_BYTES: usize = 2_000;

/// The last lines of Envoy's log.
#[derive(Clone, Debug, Default)]
pub struct Log {
    lines: Arc<Mutex<VecDeque<String>>>,
    is_hushed: Arc<AtomicBool>,
}

impl Log {
    /// Shows and remembers every line until there are no more.
    pub async fn follow(self, pipe: impl AsyncRead + Unpin) {
        let mut lines = BufReader::new(pipe).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            let line = String::from_utf8_lossy(&line);
            if is_known(&line) {
                continue;
            }
            if !self.is_hushed.load(Ordering::Relaxed) {
                terminal::say(&line);
            }
            self.remember(&line);
        }
    }

    /// Shows nothing any more: that Envoy stops when it is asked to is no news.
    pub fn hush(&self) {
        self.is_hushed.store(true, Ordering::Relaxed);
    }

    /// Forgets what was said so far: what is said from here on is about something else.
    pub fn forget(&self) {
        self.lines().clear();
    }

    /// The last error it reported.
    pub fn error(&self) -> Option<String> {
        self.last(&["[error]", "[critical]"])
    }

    /// The last thing it said when it refused a configuration.
    pub fn refusal(&self) -> Option<String> {
        self.last(&["rejected"]).or_else(|| self.error())
    }

    /// The last thing it said at all, errors first.
    pub fn last_words(&self) -> Option<String> {
        self.error().or_else(|| self.lines().back().cloned())
    }

    fn last(&self, marks: &[&str]) -> Option<String> {
        let is_marked = |line: &&String| marks.iter().any(|mark| line.contains(mark));
        self.lines().iter().rev().find(is_marked).cloned()
    }

    fn remember(&self, line: &str) {
        let mut lines = self.lines();
        if lines.len() == REMEMBERED {
            lines.pop_front();
        }
        let end = line.floor_char_boundary(LINE_BYTES);
        lines.push_back(line.get(..end).unwrap_or_default().to_owned());
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a line warns of what was chosen knowingly: the file server is work in progress, and serves
/// nobody but Envoy itself.
fn is_known(line: &str) -> bool {
    line.contains("marked as work-in-progress")
        && (line.contains("'envoy/extensions/filters/http/file_server/")
            || line.contains("'envoy/extensions/common/async_files/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_is_found_among_other_lines() {
        let log = Log::default();
        assert_eq!(log.last_words(), None);
        log.remember("[info] a");
        assert_eq!(log.error(), None);
        assert_eq!(log.last_words().as_deref(), Some("[info] a"));
        for line in ["[warning] update rejected", "[error] b", "[info] c"] {
            log.remember(line);
        }
        assert_eq!(log.error().as_deref(), Some("[error] b"));
        assert_eq!(log.last_words().as_deref(), Some("[error] b"));
        assert_eq!(log.refusal().as_deref(), Some("[warning] update rejected"));
    }

    #[test]
    fn a_warning_of_what_was_chosen_is_none() {
        let line = "[warning] message 'envoy.extensions.filters.http.NAME.v3.X' is contained in \
                    proto file 'envoy/extensions/filters/http/NAME/v3/NAME.proto' marked as \
                    work-in-progress. API features marked as work-in-progress are not stable";
        assert!(is_known(&line.replace("NAME", "file_server")));
        assert!(!is_known(&line.replace("NAME", "another")));
        assert!(!is_known("[error] file_server"));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let log = Log::default();
        for _ in 0..100 {
            log.remember(&"é".repeat(5_000));
        }
        assert_eq!(log.lines().len(), REMEMBERED);
        assert_eq!(log.lines()[0].len(), LINE_BYTES);
    }
}
