//! From the file with keys to the folder that Envoy serves them from.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::Context;
use tollgate_api_keys::{Manifest, compile};

use crate::envoy::Folder;
use crate::failure::{Code, Failure};
use crate::keys::file;

/// The folder of the keys, in the folder of Envoy's files.
const FOLDER: &str = "keys";

/// The file that names the others.
const MANIFEST: &str = "manifest";

/// What was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// How many keys there are.
    pub keys: usize,
    /// How many files had to be written.
    pub written: usize,
}

/// Compiles the content of a keys file into a folder of Envoy's files. Nothing changes there unless
/// every key is right, and Envoy only ever finds files that are whole: the manifest comes last, and
/// what it no longer names is still there until the next time.
pub fn deliver(content: &[u8], name: &str, folder: &Path) -> Result<Delivered, Failure> {
    let records = file::parse(content, name)?;
    let made = compile(records.iter().map(|record| (&record.digest, &record.key)))
        .map_err(|invalid| Failure::new(Code::Refused, format!("{name}: {invalid}")))?;

    let path = folder.join(FOLDER);
    let at = || format!("cannot write to `{}`", path.display());
    fs::create_dir_all(&path).with_context(at)?;
    let is_there = |name: &str, content: &[u8]| {
        fs::read(path.join(name)).is_ok_and(|present| present == content)
    };
    let before = fs::read(path.join(MANIFEST)).ok().and_then(|bytes| Manifest::read(&bytes));
    let mut named: HashSet<String> = before.iter().flat_map(Manifest::files).collect();
    let folder = Folder::at(path.clone());
    let mut written = 0;
    for segment in &made.segments {
        if !is_there(&segment.name, &segment.content) {
            folder.replace(&segment.name, &segment.content)?;
            written += 1;
        }
    }
    if !is_there(MANIFEST, &made.manifest) {
        folder.replace(MANIFEST, &made.manifest)?;
        written += 1;
        named.extend(made.segments.into_iter().map(|segment| segment.name));
        named.insert(MANIFEST.to_owned());
        remove_others(&path, &named).with_context(at)?;
    }
    Ok(Delivered { keys: records.len(), written })
}

/// Removes what neither this manifest nor the one before it names.
fn remove_others(path: &Path, named: &HashSet<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let is_named = entry.file_name().to_str().is_some_and(|name| named.contains(name));
        if !is_named && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tollgate_api_keys::{digest, hex};

    use super::*;

    /// A file with a key for each number; those below `disabled` are.
    fn content(numbers: std::ops::Range<u32>, disabled: u32) -> String {
        let lines = numbers.map(|number| {
            let sha256 = hex(&digest(&number.to_le_bytes()));
            format!("k{number},,{sha256},{},gold,\n", number >= disabled)
        });
        format!("id,name,sha256,enabled,usage_plans,description\n{}", lines.collect::<String>())
    }

    fn files(folder: &Path) -> BTreeSet<String> {
        let names = fs::read_dir(folder.join(FOLDER)).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn only_what_changes_is_written_and_what_is_old_goes_one_time_later() {
        let folder = tempfile::tempdir().unwrap();
        let deliver = |content: &str| deliver(content.as_bytes(), "k", folder.path()).unwrap();
        let first = content(0..1_000, 0);
        let delivered = deliver(&first);
        let before = files(folder.path());
        assert_eq!(delivered, Delivered { keys: 1_000, written: before.len() });
        assert_eq!(deliver(&first).written, 0);
        assert_eq!(files(folder.path()), before);

        // One key, one segment, the manifest.
        assert_eq!(deliver(&content(0..1_000, 1)).written, 2);
        assert_eq!(files(folder.path()).len(), before.len() + 1);
        assert_eq!(deliver(&content(0..1_000, 2)).written, 2);
        assert_eq!(files(folder.path()).len(), before.len() + 1);

        let manifest = fs::read(folder.path().join("keys/manifest")).unwrap();
        let manifest = Manifest::read(&manifest).unwrap();
        assert!(manifest.files().all(|name| files(folder.path()).contains(&name)));
    }

    #[test]
    fn a_file_that_is_wrong_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        deliver(content(0..10, 0).as_bytes(), "k", folder.path()).unwrap();
        let before = files(folder.path());
        let failure = deliver(b"id,sha256\na,b\n", "k", folder.path()).unwrap_err();
        assert_eq!(failure.code, Code::Refused);
        assert_eq!(failure.details, ["k:2: `sha256` must be 64 hexadecimal digits"]);
        assert_eq!(files(folder.path()), before);
    }

    #[test]
    fn a_damaged_file_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let content = content(0..10, 0);
        deliver(content.as_bytes(), "k", folder.path()).unwrap();
        let name = files(folder.path()).first().unwrap().clone();
        fs::write(folder.path().join("keys").join(&name), b"").unwrap();
        assert_eq!(deliver(content.as_bytes(), "k", folder.path()).unwrap().written, 1);
    }
}
