//! Test data that lies in files.

use std::fs;

use serde::de::DeserializeOwned;

use crate::workspace;

/// The text of a file below `tests/data`.
///
/// # Panics
/// If it cannot be read.
#[must_use]
pub fn text(path: &str) -> String {
    let path = workspace().join("tests/data").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A JSON file below `tests/data`.
///
/// # Panics
/// If it cannot be read as that.
#[must_use]
pub fn json<T: DeserializeOwned>(path: &str) -> T {
    serde_json::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A file of JSON lines below `tests/data`.
///
/// # Panics
/// If a line cannot be read as that.
#[must_use]
pub fn json_lines<T: DeserializeOwned>(path: &str) -> Vec<T> {
    let text = text(path);
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
    lines
        .map(|(number, line)| {
            let number = number + 1;
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{path}:{number}: {error}"))
        })
        .collect()
}
