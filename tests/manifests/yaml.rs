//! Files of YAML, as JSON.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tollgate_tests::workspace;

/// The documents of a file, by its path in the project.
#[track_caller]
pub(crate) fn documents(path: &str) -> Vec<Value> {
    let text = fs::read_to_string(workspace().join(path));
    let text = text.unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of the files in a folder that end so.
#[track_caller]
pub(crate) fn files(folder: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(workspace().join(folder)).expect(folder);
    let paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    let names = paths.iter().filter_map(|path| path.file_name()?.to_str());
    let mut names: Vec<_> =
        names.filter(|name| name.ends_with(ending)).map(str::to_owned).collect();
    names.sort();
    names
}
