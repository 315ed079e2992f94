//! Notices that a document has changed, however its editor writes it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{Instant, timeout, timeout_at};
use tollgate_api_keys::digest;

use crate::document;
use crate::failure::Failure;

/// How long nothing must happen before the document counts as written: editors write in steps.
const QUIET: Duration = Duration::from_millis(100);

/// How long to wait for quiet. A folder that is always busy is no reason never to look.
const LONGEST: Duration = Duration::from_secs(1);

/// A document that is watched.
///
/// Its folder is what is watched: editors replace a file by renaming another over it, and a watch
/// on the file would go on watching the old one. What decides is the text, so whatever else happens
/// in the folder is no change.
pub struct Watch {
    document: PathBuf,
    /// The digest of its text, which may be large.
    last: Option<[u8; 32]>,
    /// Something has happened, and has not been looked at.
    has_happened: bool,
    events: Receiver<()>,
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Starts watching.
    pub fn start(document: &Path) -> Result<Self, Failure> {
        let folder = match document.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // One event that is not yet seen says as much as many.
        let (sender, events) = channel(1);
        let at = || format!("cannot watch `{}`", folder.display());
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                if !event.is_ok_and(|event| event.kind.is_access()) {
                    let _ = sender.try_send(());
                }
            })
            .with_context(at)?;
        watcher.watch(folder, RecursiveMode::NonRecursive).with_context(at)?;
        let last = document::text(document).ok().map(|text| digest(text.as_bytes()));
        let document = document.to_owned();
        Ok(Self { document, last, has_happened: false, events, _watcher: watcher })
    }

    /// What is watched.
    pub fn path(&self) -> &Path {
        &self.document
    }

    /// Waits until the document has another text, and returns it, or why it cannot be read. Whoever
    /// stops waiting misses nothing.
    pub async fn changed(&mut self) -> Result<String, Failure> {
        loop {
            if !self.has_happened && self.events.recv().await.is_none() {
                // The watcher is gone: nothing will ever change.
                return std::future::pending().await;
            }
            self.has_happened = true;
            let latest = Instant::now() + LONGEST;
            while let Ok(Ok(Some(()))) =
                timeout_at(latest, timeout(QUIET, self.events.recv())).await
            {}
            self.has_happened = false;
            match document::text(&self.document) {
                Ok(text) => {
                    let now = Some(digest(text.as_bytes()));
                    if self.last != now {
                        self.last = now;
                        return Ok(text);
                    }
                }
                Err(_) if self.last.is_none() => {}
                Err(failure) => {
                    self.last = None;
                    return Err(failure);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    async fn changed(watch: &mut Watch) -> Option<String> {
        timeout(Duration::from_secs(10), watch.changed()).await.unwrap().ok()
    }

    #[tokio::test]
    async fn a_change_is_noticed_however_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let document = folder.path().join("api.yaml");
        fs::write(&document, "one").unwrap();
        let mut watch = Watch::start(&document).unwrap();

        fs::write(&document, "two").unwrap();
        assert_eq!(changed(&mut watch).await.as_deref(), Some("two"));

        // As editors do: another file takes the name.
        fs::write(folder.path().join(".api.yaml.swp"), "three").unwrap();
        fs::rename(folder.path().join(".api.yaml.swp"), &document).unwrap();
        assert_eq!(changed(&mut watch).await.as_deref(), Some("three"));

        // A file that goes is reported, and noticed when it is back.
        fs::remove_file(&document).unwrap();
        assert_eq!(changed(&mut watch).await, None);
        fs::write(&document, "three").unwrap();
        assert_eq!(changed(&mut watch).await.as_deref(), Some("three"));
    }

    #[tokio::test]
    async fn who_stops_waiting_misses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let document = folder.path().join("api.yaml");
        fs::write(&document, "one").unwrap();
        let mut watch = Watch::start(&document).unwrap();
        fs::write(&document, "two").unwrap();
        // Long enough to see that something happened, and too short for quiet.
        while timeout(QUIET / 4, watch.changed()).await.is_err() && !watch.has_happened {}
        assert_eq!(changed(&mut watch).await.as_deref(), Some("two"));
    }

    #[tokio::test]
    async fn what_happens_beside_the_document_is_no_change() {
        let folder = tempfile::tempdir().unwrap();
        let document = folder.path().join("api.yaml");
        fs::write(&document, "one").unwrap();
        let mut watch = Watch::start(&document).unwrap();
        fs::write(folder.path().join("other.yaml"), "two").unwrap();
        fs::write(&document, "one").unwrap();
        assert!(timeout(4 * QUIET, watch.changed()).await.is_err());
    }
}
