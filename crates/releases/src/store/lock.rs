//! Who changes something does so alone.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::Error;

/// How much is read of who is in the way.
const MAX_HOLDER_BYTES: u64 = 200;

/// How long to wait before it is tried again: a change takes some milliseconds.
const SHORTEST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The right to change a folder, until it is dropped or its process dies.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

/// Takes the lock of a folder, and says in it who has it.
pub(super) fn acquire(folder: &Path, who: &str, patience: Duration) -> Result<Lock, Error> {
    let path = folder.join("releases.lock");
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let file = opened.map_err(Error::at("write", &path))?;
    let (mut waited, mut pause) = (Duration::ZERO, SHORTEST_PAUSE);
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) => return Err(Error::at("lock", &path)(error)),
            Err(TryLockError::WouldBlock) if waited >= patience => {
                let (folder, holder) = (folder.to_owned(), holder(&path));
                return Err(Error::Busy { folder, holder, waited: patience });
            }
            // A thread that waits for the lock itself cannot stop waiting.
            Err(TryLockError::WouldBlock) => thread::park_timeout(pause),
        }
        waited = waited.saturating_add(pause);
        pause = LONGEST_PAUSE.min(pause.saturating_mul(2));
    }
    let mut lock = Lock { file };
    lock.say(&format!("process {} ({who})", std::process::id()));
    Ok(lock)
}

fn holder(path: &Path) -> String {
    let mut text = String::new();
    let read =
        File::open(path).and_then(|file| file.take(MAX_HOLDER_BYTES).read_to_string(&mut text));
    match read {
        Ok(_) if !text.is_empty() => text.escape_default().to_string(),
        _ => "another process".to_owned(),
    }
}

impl Lock {
    /// What the file says is a help and no part of the lock: where it cannot be written, it is held too.
    fn say(&mut self, text: &str) {
        let _ = self.file.set_len(0);
        let _ = self.file.rewind();
        let _ = self.file.write_all(text.as_bytes());
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.say("");
    }
}
