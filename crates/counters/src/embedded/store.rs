//! What lasts: the quotas' counters, what was used on each day, and the limits last seen.

mod file;
mod read;

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use redb::{Database, ReadableTable, TableDefinition, WriteTransaction};

use super::writer::Writing;
use crate::ask::{Ask, Kind, Quota};
use crate::day::Day;
use crate::decision::{Failure, Left};
use crate::report::Report;
use crate::usage::{KEPT_DAYS, Seen};
#[cfg(test)]
pub use file::Make;
pub use file::Open;
use file::{File, unusable};

/// How the tables below are laid out. A state of another format is refused.
const FORMAT: u64 = 2;
/// For how many seconds a counter is kept after its end: 40 days. A clock that was set ahead, by a
/// month at most, and is right again the next time finds what was counted.
const KEPT_OVER: u64 = 40 * 86_400;

/// What the state is: its format.
const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");
/// A counter's name: its count, and until when it is kept.
const COUNTERS: TableDefinition<'_, &str, (u64, u64)> = TableDefinition::new("counters");
/// Day, domain, plan and key: how many were used.
const USAGE: TableDefinition<'_, (u32, &str, &str, &str), u64> = TableDefinition::new("usage");
/// Domain, plan and key: the limit last seen, as JSON, and on which day.
const SEEN: TableDefinition<'_, (&str, &str, &str), (&str, u32)> = TableDefinition::new("seen");

/// A state that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// Another process has it open.
    #[error("it is in use by another process")]
    InUse,
    /// It is not what was written.
    #[error("it is damaged: {0}")]
    Corrupt(String),
    /// Another version wrote it.
    #[error(
        "it has format {0}, and this version reads {FORMAT}: move the folder away to count anew"
    )]
    Format(u64),
    /// The machine did not do its part.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A counter that was kept.
#[derive(Debug)]
pub struct Kept {
    /// Its name.
    pub counter: String,
    /// Its count.
    pub count: u64,
    /// Until when, in seconds since 1970.
    pub end: u64,
}

/// Something of a quota that was granted.
#[derive(Debug)]
pub struct Grant {
    kept: Kept,
    quota: Quota,
    hits: u64,
    seen: Seen,
}

impl Grant {
    /// What there is to be written of something that was granted, if it is of a quota. Its counter
    /// ends at `end`, in milliseconds since 1970.
    pub fn of(ask: &Ask, left: &Left, end: u64) -> Option<Self> {
        let Kind::Quota(quota) = &ask.kind else { return None };
        if ask.hits == 0 {
            return None;
        }
        let count = u64::from(ask.limit).saturating_sub(left.remaining);
        Some(Self {
            kept: Kept { counter: ask.counter.clone(), count, end: end.div_ceil(1_000) },
            quota: quota.clone(),
            hits: ask.hits.into(),
            seen: Seen::of(ask, quota),
        })
    }
}

/// What lasts, in its file.
pub struct Store {
    file: File,
    pruned: Mutex<Option<Day>>,
}

impl Store {
    /// Opens the state in a folder, or makes it, and forgets what is too old to be of use.
    pub fn open(folder: &Path, now: SystemTime, report: Report) -> Result<Self, Unusable> {
        fs::create_dir_all(folder)?;
        Self::on(file::at(folder.join("counters.redb")), now, report)
    }

    /// Uses a database wherever it is.
    pub fn on(open: Open, now: SystemTime, report: Report) -> Result<Self, Unusable> {
        let file = File::open(open, report)?;
        match file.with(|database| tables(database, now)).map_err(unusable)? {
            FORMAT => Ok(Self { file, pruned: Mutex::default() }),
            other => Err(Unusable::Format(other)),
        }
    }

    /// Writes all of it to the disk, or nothing.
    pub fn write(&self, batch: &[Writing]) -> Result<(), Failure> {
        let today = batch.iter().map(|writing| writing.day).max();
        let mut pruned = self.pruned.lock().unwrap_or_else(PoisonError::into_inner);
        let prunes = today.filter(|today| *pruned != Some(*today));
        self.file.write(|database| {
            let write = database.begin_write()?;
            for writing in batch {
                for grant in &writing.grants {
                    grant.write(&write, writing.day)?;
                }
            }
            if let Some(today) = prunes {
                prune(&write, today.start())?;
            }
            write.commit()?;
            Ok(())
        })?;
        *pruned = today;
        Ok(())
    }

    /// Why nothing can be written, if it is so: what it was at first.
    pub fn lost(&self) -> Option<Failure> {
        self.file.lost()
    }

    /// Notes why nothing can be written any more.
    pub fn lose(&self, reason: &str) {
        let _ = self.file.lose(reason);
    }

    /// Lets go of the file. Nothing can be read or written any more.
    pub fn close(&self) {
        self.file.close();
    }
}

impl Grant {
    fn write(&self, write: &WriteTransaction, day: Day) -> Result<(), redb::Error> {
        let kept = &self.kept;
        write.open_table(COUNTERS)?.insert(kept.counter.as_str(), (kept.count, kept.end))?;
        let Quota { domain, plan, key, .. } = &self.quota;
        let (domain, plan, key) = (domain.as_str(), plan.as_str(), key.as_str());
        let mut usage = write.open_table(USAGE)?;
        let used = usage.get((day.number(), domain, plan, key))?.map(|used| used.value());
        let used = used.unwrap_or_default().saturating_add(self.hits);
        usage.insert((day.number(), domain, plan, key), used)?;
        let seen = self.seen.to_json();
        write.open_table(SEEN)?.insert((domain, plan, key), (seen.as_str(), day.number()))?;
        Ok(())
    }
}

/// Makes the tables where there are none, and says of which format they are.
fn tables(database: &Database, now: SystemTime) -> Result<u64, redb::Error> {
    let write = database.begin_write()?;
    let format = {
        let mut about = write.open_table(ABOUT)?;
        let format = about.get("format")?.map(|format| format.value());
        if format.is_none() {
            about.insert("format", FORMAT)?;
        }
        format.unwrap_or(FORMAT)
    };
    if format == FORMAT {
        prune(&write, now)?;
        write.commit()?;
    }
    Ok(format)
}

/// Forgets counters whose time has long been over, and days that are too long ago.
fn prune(write: &WriteTransaction, now: SystemTime) -> Result<(), redb::Error> {
    let oldest = Day::of(now).minus(KEPT_DAYS).number();
    let over = seconds(now).saturating_sub(KEPT_OVER);
    write.open_table(COUNTERS)?.retain(|_, (_, end)| end > over)?;
    write.open_table(USAGE)?.retain_in(..(oldest, "", "", ""), |_, _| false)?;
    write.open_table(SEEN)?.retain(|_, (_, day)| day >= oldest)?;
    Ok(())
}

/// Since 1970.
fn seconds(moment: SystemTime) -> u64 {
    moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
