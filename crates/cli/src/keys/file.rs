//! The file that keys are kept in: read whole, replaced whole.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::Context;
use csv::StringRecord;
use tempfile::NamedTempFile;
use tollgate_api_keys::{Key, from_hex, hex};

use crate::failure::{Code, Failure};
use crate::keys::value;

/// The columns, in the order they are written in.
const COLUMNS: [&str; 6] = ["id", "name", "sha256", "enabled", "usage_plans", "description"];

/// How many problems of a file are listed: whoever mends these sees the others.
const MAX_PROBLEMS: usize = 100;

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is known by to a gateway.
    pub key: Key,
    /// The SHA-256 of its value.
    pub digest: [u8; 32],
    /// What people call it. Names may repeat.
    pub name: String,
    /// What people say about it.
    pub description: String,
}

/// The file of one command that changes it. Others wait until it is done.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    _lock: File,
    /// The keys, in the order of the file.
    pub records: Vec<Record>,
}

impl Kept {
    /// Opens a file to change it. A file that is not there has no keys.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let at = || format!("cannot open `{}`", path.display());
        // What a link leads to is what is replaced.
        let path = match path.canonicalize() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                std::path::absolute(path).with_context(at)?
            }
            other => other.with_context(at)?,
        };
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(".lock");
        let lock = File::create(path.with_file_name(name)).with_context(at)?;
        lock.lock().with_context(at)?;
        let records = match fs::exists(&path).with_context(at)? {
            true => read(&path)?,
            false => Vec::new(),
        };
        Ok(Self { path, _lock: lock, records })
    }

    /// Replaces the file: whoever reads it sees all of the old one or all of the new one.
    pub fn save(&self) -> Result<(), Failure> {
        let at = || format!("cannot write `{}`", self.path.display());
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        // Only its owner can read a temporary file.
        let mut file = NamedTempFile::new_in(folder).with_context(at)?;
        write(&self.records, &mut file).with_context(at)?;
        file.as_file().sync_all().with_context(at)?;
        file.persist(&self.path).with_context(at)?;
        File::open(folder).and_then(|folder| folder.sync_all()).with_context(at)?;
        Ok(())
    }
}

/// Reads the keys of a file.
pub fn read(path: &Path) -> Result<Vec<Record>, Failure> {
    let name = path.display().to_string();
    let content = fs::read(path).with_context(|| format!("cannot read `{name}`"))?;
    parse(&content, &name)
}

/// The keys of a file's content.
///
/// # Errors
/// A refusal with every problem, each with its line.
pub fn parse(content: &[u8], name: &str) -> Result<Vec<Record>, Failure> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(content);
    let (mut records, mut problems) = (Vec::new(), Problems { name, lines: Vec::new(), more: 0 });
    let columns = match Columns::read(&mut reader) {
        Ok(columns) => columns,
        Err(reason) => {
            problems.add(1, &reason);
            return problems.into_failure();
        }
    };
    let mut lines = HashMap::new();
    let mut ids: HashMap<String, u64> = HashMap::new();
    for row in reader.records() {
        let (line, record) = match row {
            Ok(row) => {
                let line = row.position().map_or(0, csv::Position::line);
                (line, columns.record(&row))
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                (line, Err("is not UTF-8 text".to_owned()))
            }
        };
        let record = match record {
            Ok(record) => record,
            Err(reason) => {
                problems.add(line, &reason);
                continue;
            }
        };
        match (lines.entry(record.digest), ids.entry(record.key.id.clone())) {
            (Entry::Occupied(first), _) => {
                problems.add(line, &format!("has the `sha256` of line {}", first.get()));
            }
            (_, Entry::Occupied(first)) => {
                problems.add(line, &format!("has the `id` of line {}", first.get()));
            }
            (Entry::Vacant(digest), Entry::Vacant(id)) => {
                digest.insert(line);
                id.insert(line);
                records.push(record);
            }
        }
    }
    if problems.lines.is_empty() { Ok(records) } else { problems.into_failure() }
}

fn write(records: &[Record], file: &mut NamedTempFile) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(BufWriter::new(file));
    writer.write_record(COLUMNS)?;
    for Record { key, digest, name, description } in records {
        let enabled = if key.enabled { "true" } else { "false" };
        let (sha256, plans) = (hex(digest), key.usage_plans.join(","));
        writer.write_record([&key.id, name, &sha256, enabled, &plans, description])?;
    }
    writer.flush()
}

/// Where each column is.
struct Columns([Option<usize>; 6]);

impl Columns {
    fn read(reader: &mut csv::Reader<&[u8]>) -> Result<Self, String> {
        let header = reader.headers().map_err(|_| "the header is not UTF-8 text")?;
        let is_plain =
            |name: &str| ["key", "value"].iter().any(|one| name.eq_ignore_ascii_case(one));
        if header.iter().any(is_plain) {
            let reason = "the plain value of a key must not be in a keys file: take it over with \
                          `tollgate keys import`";
            return Err(reason.to_owned());
        }
        let mut columns = [None; 6];
        for (place, found) in header.iter().enumerate() {
            let known = COLUMNS.iter().zip(&mut columns).find(|(name, _)| **name == found);
            match known {
                Some((_, column @ None)) => *column = Some(place),
                Some((name, Some(_))) => return Err(format!("the column `{name}` is there twice")),
                None => {
                    // By its number: where there is no header it may be a value.
                    let (columns, number) = (COLUMNS.join(","), place + 1);
                    return Err(format!("the header must be `{columns}`, not so column {number}"));
                }
            }
        }
        match columns {
            [Some(_), _, Some(_), ..] => Ok(Self(columns)),
            _ => Err(format!("the header must be `{}`", COLUMNS.join(","))),
        }
    }

    fn record(&self, row: &StringRecord) -> Result<Record, String> {
        if self.0.iter().flatten().count() < row.len() {
            return Err("has more fields than the header".to_owned());
        }
        let [id, name, sha256, enabled, plans, description] =
            self.0.map(|place| place.and_then(|place| row.get(place)).unwrap_or_default());
        value::check_name(name)?;
        // Not in the words of whoever wrote it: it may be the value itself.
        let digest = from_hex(sha256).ok_or("`sha256` must be 64 hexadecimal digits")?;
        let enabled = match enabled {
            "" | "true" => true,
            "false" => false,
            _ => return Err("`enabled` must be `true` or `false`".to_owned()),
        };
        let usage_plans = plans.split(',').filter(|plan| !plan.is_empty()).map(str::to_owned);
        let key = Key { id: id.to_owned(), enabled, usage_plans: usage_plans.collect() };
        key.check().map_err(|invalid| invalid.to_string())?;
        Ok(Record { key, digest, name: name.to_owned(), description: description.to_owned() })
    }
}

/// What is wrong with a file.
struct Problems<'a> {
    name: &'a str,
    lines: Vec<String>,
    more: usize,
}

impl Problems<'_> {
    fn add(&mut self, line: u64, reason: &str) {
        if self.lines.len() < MAX_PROBLEMS {
            self.lines.push(format!("{}:{line}: {reason}", self.name));
        } else {
            self.more += 1;
        }
    }

    fn into_failure<T>(mut self) -> Result<T, Failure> {
        let message = match self.lines.len() + self.more {
            1 => format!("`{}` is refused: 1 problem", self.name),
            many => format!("`{}` is refused: {many} problems", self.name),
        };
        if self.more > 0 {
            self.lines.push(format!("and {} more", self.more));
        }
        Err(Failure::new(Code::Refused, message).with_details(self.lines))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "id,name,sha256,enabled,usage_plans,description\n";

    fn digest(byte: u8) -> String {
        hex(&[byte; 32])
    }

    #[track_caller]
    fn refused(content: &str, expected: &[&str]) {
        let failure = parse(content.as_bytes(), "k").unwrap_err();
        assert_eq!(failure.details, expected);
    }

    #[test]
    fn a_file_is_read_as_it_was_written_and_keeps_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.csv");
        let record = |id: &str, byte: u8, plans: &[&str]| Record {
            key: Key {
                id: id.to_owned(),
                enabled: byte.is_multiple_of(2),
                usage_plans: plans.iter().map(|&plan| plan.to_owned()).collect(),
            },
            digest: [byte; 32],
            name: format!("the \"{id}\", or\nso"),
            description: "é, ;".to_owned(),
        };
        let records = vec![record("z", 9, &["b", "a"]), record("a", 2, &[])];
        let mut kept = Kept::open(&path).unwrap();
        assert_eq!(kept.records, []);
        kept.records.clone_from(&records);
        kept.save().unwrap();
        drop(kept);
        assert_eq!(Kept::open(&path).unwrap().records, records);
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "only the file and its lock");
    }

    #[test]
    fn a_link_to_the_file_goes_on_leading_there() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("keys.csv"), folder.path().join("link.csv"));
        Kept::open(&path).unwrap().save().unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        Kept::open(&link).unwrap().save().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn columns_may_stand_in_any_order_and_most_may_be_missing() {
        let records = parse(format!("sha256,id\n{},a\n", digest(1)).as_bytes(), "k").unwrap();
        assert!(records[0].key.enabled);
        assert_eq!((records[0].key.id.as_str(), records[0].digest), ("a", [1; 32]));
    }

    #[test]
    fn everything_wrong_is_listed_with_its_line() {
        let (one, two) = (digest(1), digest(2));
        let lines = [
            format!("a,,{one},true,,"),
            format!("\"a\n b\",,{two},true,,"),
            "c,,secret,true,,".to_owned(),
            format!("d,,{two},yes,,"),
            format!("a,,{two},,,"),
            format!("e,,{},,,", digest(1)),
            format!("f,,{two},,\"p,p\","),
            format!("g,,{two},,,,,"),
        ];
        refused(
            &format!("{HEADER}{}\n", lines.join("\n")),
            &[
                "k:3: id: must be 1 to 64 letters, digits, `-`, `_` or `.`",
                "k:5: `sha256` must be 64 hexadecimal digits",
                "k:6: `enabled` must be `true` or `false`",
                "k:7: has the `id` of line 2",
                "k:8: has the `sha256` of line 2",
                "k:9: usage_plans[1]: is named twice",
                "k:10: has more fields than the header",
            ],
        );
        let many = format!("{HEADER}{}", "x,,,,,\n".repeat(150));
        let failure = parse(many.as_bytes(), "k").unwrap_err();
        assert_eq!(failure.details.len(), 101);
        assert_eq!(failure.details[100], "and 50 more");
        assert_eq!(failure.message, "`k` is refused: 150 problems");
    }

    #[test]
    fn a_file_with_plain_values_is_refused() {
        let plain = "k:1: the plain value of a key must not be in a keys file: take it over with \
                     `tollgate keys import`";
        refused("Name,Key\na,b\n", &[plain]);
        refused("id,sha256,value\n", &[plain]);
        let header = "the header must be `id,name,sha256,enabled,usage_plans,description`";
        refused("id,name\n", &[&format!("k:1: {header}")]);
        refused("", &[&format!("k:1: {header}")]);
        refused("id,sha256,plan\n", &[&format!("k:1: {header}, not so column 3")]);
        refused("id,sha256,id\n", &["k:1: the column `id` is there twice"]);
    }
}
