//! Writing what was granted, many grants at a time.

use std::sync::Arc;
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::store::{Grant, Store, Unusable};
use crate::day::Day;
use crate::decision::Failure;

/// How many grants are written together. The disk takes as long for one as for hundreds, but
/// whoever came first waits for the last.
const TOGETHER: usize = 512;

/// What is to be written, and who waits for it.
pub struct Writing {
    /// What was granted.
    pub grants: Vec<Grant>,
    /// The day it was granted on.
    pub day: Day,
    /// Told once it is on the disk, or why it is not.
    pub done: oneshot::Sender<Result<(), Failure>>,
}

/// Says so when the thread that writes does not end as it should.
struct End<'a>(&'a Store);

impl Drop for End<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lose("the thread that writes it has panicked");
        }
    }
}

/// Starts the thread that writes. It ends once nobody can hand it anything, and then says so.
pub fn start(
    store: &Arc<Store>,
    waiting: usize,
) -> Result<(mpsc::Sender<Writing>, oneshot::Receiver<()>), Unusable> {
    let (sender, mut receiver) = mpsc::channel::<Writing>(waiting);
    let (stopped, has_stopped) = oneshot::channel();
    let store = Arc::clone(store);
    let write = move || {
        let _end = End(&store);
        while let Some(first) = receiver.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < TOGETHER
                && let Ok(next) = receiver.try_recv()
            {
                batch.push(next);
            }
            let written = store.write(&batch);
            for writing in batch {
                // Whoever has gone does not need to know.
                let _ = writing.done.send(written.clone());
            }
        }
        store.close();
        // Whoever has gone does not wait.
        let _ = stopped.send(());
    };
    thread::Builder::new().name("counters-state".to_owned()).spawn(write).map_err(Unusable::Io)?;
    Ok((sender, has_stopped))
}
