use std::future::poll_fn;
use std::io::{self, Error};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use redb::backends::FileBackend;
use redb::{Builder, StorageBackend, TableDefinition};
use tempfile::TempDir;

use super::store::{Make, Open};
use super::*;
use crate::ask::Quota;
use crate::unit::Unit;

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

/// More than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// A file on a disk that fails while it is told to.
#[derive(Debug)]
struct Disk {
    file: FileBackend,
    fails: Arc<AtomicBool>,
    times: Arc<AtomicU32>,
}

impl Disk {
    fn file(&self) -> io::Result<&FileBackend> {
        if self.fails.load(Ordering::SeqCst) {
            let times = self.times.fetch_add(1, Ordering::SeqCst);
            return Err(Error::other(format!("the disk is on fire for the {times}th time")));
        }
        Ok(&self.file)
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.file()?.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file()?.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file()?.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file()?.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file()?.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
}

/// An engine on such a disk.
struct Burning {
    embedded: Embedded,
    folder: TempDir,
    fails: Arc<AtomicBool>,
    said: Arc<Mutex<Vec<String>>>,
}

impl Burning {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let fails = Arc::new(AtomicBool::new(false));
        let said = Arc::new(Mutex::new(Vec::new()));
        let says = Arc::clone(&said);
        let report = Report::to(move |line| says.lock().unwrap().push(line.to_owned()));
        let store = Store::on(disk(folder.path(), &fails), NOW, report).unwrap();
        Self { embedded: Embedded::on(store, NOW).unwrap(), folder, fails, said }
    }

    async fn take(&self) -> Result<u64, Failure> {
        let decision = self.embedded.take(&[ask()], NOW).await?;
        Ok(decision.left[0].remaining)
    }

    fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }
}

fn disk(folder: &Path, fails: &Arc<AtomicBool>) -> Open {
    let (path, fails) = (folder.join("counters.redb"), Arc::clone(fails));
    let times = Arc::new(AtomicU32::new(0));
    Box::new(move |make| {
        let mut file = std::fs::OpenOptions::new();
        file.read(true).write(true).create(make == Make::Missing).truncate(false);
        let file = FileBackend::new(file.open(&path)?)?;
        Builder::new().create_with_backend(Disk {
            file,
            fails: Arc::clone(&fails),
            times: Arc::clone(&times),
        })
    })
}

fn gold() -> Plan {
    Plan { domain: "tollgate".into(), id: "gold".into() }
}

fn ask() -> Ask {
    let Plan { domain, id: plan } = gold();
    let quota = Quota { domain, plan, key: "k1".into(), period: "some day".into() };
    Ask {
        counter: "a".to_owned(),
        kind: Kind::Quota(quota),
        limit: 10,
        unit: Unit::Day,
        hits: 1,
        is_dated: true,
        until: None,
    }
}

#[tokio::test]
async fn a_disk_that_fails_is_told_of_once_and_used_again_when_it_works() {
    let (burning, plan) = (Burning::start(), gold());
    assert_eq!(burning.take().await, Ok(9));
    assert_eq!(burning.embedded.health(NOW).await, Ok(()));

    burning.fails.store(true, Ordering::SeqCst);
    // The first is told: what follows from it may have other reasons.
    let failure = Failure::State("I/O error: the disk is on fire for the 0th time".to_owned());
    for _ in 0..3 {
        assert_eq!(burning.take().await, Err(failure.clone()));
        assert_eq!(burning.embedded.health(NOW).await, Err(failure.clone()));
        assert_eq!(burning.embedded.seen(&plan, None).await, Err(failure.clone()));
    }
    assert_eq!(burning.said(), [failure.to_string()]);

    // Nobody need ask for a quota to find out.
    burning.fails.store(false, Ordering::SeqCst);
    assert_eq!(burning.embedded.health(NOW).await, Ok(()));
    assert_eq!(burning.said(), [failure.to_string(), "the state is written again".to_owned()]);
    // What was not written was not granted, and stays counted.
    assert_eq!(burning.take().await, Ok(5));
    burning.embedded.stop().await;
    let again = Embedded::open(burning.folder.path(), NOW, Report::to(|_| {})).unwrap();
    assert_eq!(again.take(&[ask()], NOW).await.unwrap().left[0].remaining, 4);
}

#[tokio::test]
async fn nothing_is_well_when_nobody_writes() {
    let burning = Burning::start();
    let (writer, gone) = mpsc::channel(1);
    drop(gone);
    *burning.embedded.writer.lock().unwrap() = Some(writer);
    assert!(burning.embedded.health(NOW).await.is_err());
    assert!(burning.take().await.is_err());
}

#[tokio::test]
async fn a_clock_that_was_ahead_for_a_while_costs_no_count() {
    let folder = TempDir::new().unwrap();
    let left = async |days: u64, counter: &str| {
        let now = NOW + Duration::from_secs(days * 86_400);
        let embedded = Embedded::open(folder.path(), now, Report::to(|_| {})).unwrap();
        let ask = Ask { counter: counter.to_owned(), ..ask() };
        let left = embedded.take(&[ask], now).await.unwrap().left[0].remaining;
        embedded.stop().await;
        left
    };
    assert_eq!(left(0, "a").await, 9);
    assert_eq!(left(31, "b").await, 9);
    assert_eq!(left(0, "a").await, 8);
    // Nothing is kept for ever.
    assert_eq!(left(42, "b").await, 9);
    assert_eq!(left(0, "a").await, 9);
}

#[tokio::test]
async fn who_reads_keeps_nobody_waiting_but_the_next_who_reads() {
    let folder = TempDir::new().unwrap();
    let embedded = Embedded::open(folder.path(), NOW, Report::to(|_| {})).unwrap();
    // A long read, which ends once something else has been done.
    let (done, is_done) = std::sync::mpsc::channel();
    let long = embedded.read(move |_| Ok(is_done.recv_timeout(LONG).is_ok()));
    let others = async {
        let ask = Ask { kind: Kind::Rate, ..ask() };
        let decision = embedded.take(&[ask], NOW).await.unwrap();
        assert_eq!(decision.verdict, Verdict::Grant);
        assert_eq!(embedded.readers.available_permits(), 0);
        let plan = gold();
        let mut next = pin!(embedded.seen(&plan, None));
        let is_pending = poll_fn(|context| Poll::Ready(next.as_mut().poll(context).is_pending()));
        assert!(is_pending.await);
        done.send(()).unwrap();
        next.await.unwrap()
    };
    let (others_came_first, seen) = tokio::join!(long, others);
    assert_eq!(others_came_first, Ok(true));
    assert!(seen.is_empty());
}

#[test]
fn a_state_of_another_format_is_refused() {
    const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");
    let folder = TempDir::new().unwrap();
    let database = Builder::new().create(folder.path().join("counters.redb")).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(ABOUT).unwrap().insert("format", 1).unwrap();
    write.commit().unwrap();
    drop(database);
    let refused = Embedded::open(folder.path(), NOW, Report::to(|_| {})).err().unwrap();
    let expected = "it has format 1, and this version reads 2: move the folder away to count anew";
    assert_eq!(refused.to_string(), expected);
}
