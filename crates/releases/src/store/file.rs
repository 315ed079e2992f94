//! Files that are read whole and replaced whole.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// What is larger was not written here: a definition of this size takes minutes to compile.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// The text of a file, if it is there.
pub(super) fn read(path: &Path) -> Result<Option<String>, Error> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.map_err(Error::at("read", path))?,
    };
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(Error::at("read", path))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
        return Err(Error::unreadable(path, "it is larger than 64 MiB"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(Error::unreadable(path, "it is not UTF-8 text")),
    }
}

/// What a text says.
pub(super) fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, Error> {
    if text.trim().is_empty() {
        return Err(Error::unreadable(path, "it is empty"));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let torn = if error.inner().is_eof() { "it is torn: " } else { "" };
        Error::unreadable(path, format!("{torn}{error}"))
    })?;
    json.end().map_err(|error| Error::unreadable(path, error.to_string()))?;
    Ok(value)
}

/// Replaces a file at once, and returns once that cannot be lost any more. Whoever writes is alone.
pub(super) fn write(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|error| Error::at("write", path)(std::io::Error::other(error)))?;
    text.push(b'\n');
    let beside = path.with_extension("json.new");
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(&text)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&beside, path)) {
        // It may be what fills the disk. If it stays, the next change removes it.
        let _ = fs::remove_file(&beside);
        return Err(Error::at("write", path)(error));
    }
    sync_folder_of(path)
}

/// Makes a folder that is not there, and those it is in, so that it cannot be lost any more.
pub(super) fn make_folder(path: &Path) -> Result<(), Error> {
    if path.as_os_str().is_empty() || super::exists(path)? {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_folder(parent)?;
    }
    match fs::create_dir(path) {
        // Somebody else was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => made.map_err(Error::at("make", path))?,
    }
    sync_folder_of(path)
}

/// Makes durable what a folder contains.
pub(super) fn sync(folder: &Path) -> Result<(), Error> {
    let opened = File::open(folder).and_then(|folder| folder.sync_all());
    opened.map_err(Error::at("write", folder))
}

fn sync_folder_of(path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync(parent),
        _ => sync(Path::new(".")),
    }
}
