//! What was measured before, to see whether it has become worse. Ratios only: another machine has other
//! microseconds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tollgate_tests::workspace;

use crate::report::Report;

/// How much worse a ratio may be before it counts: what one run differs from another.
const TOLERANCE: f64 = 1.10;

/// Ratios to their bases, by table and row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    pub ratios: BTreeMap<String, BTreeMap<String, f64>>,
}

impl Baseline {
    /// Where it is kept.
    pub fn path() -> PathBuf {
        workspace().join("tests/bench/baseline.json")
    }

    /// What a report says.
    pub fn of(report: &Report) -> Self {
        let mut ratios = BTreeMap::<String, BTreeMap<String, f64>>::new();
        for table in &report.tables {
            for row in &table.rows {
                if let Some(ratio) = row.ratio {
                    let rounded = (ratio.median * 1e3).round() / 1e3;
                    let rows = ratios.entry(table.title.to_owned()).or_default();
                    rows.insert(row.name.clone(), rounded);
                }
            }
        }
        Self { ratios }
    }

    /// # Errors
    /// If it is not there, or not one.
    pub fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = fs::read_to_string(path).map_err(|error| {
            format!("{shown}: {error}: `make bench-accept` writes what there is to compare with")
        })?;
        serde_json::from_str(&text).map_err(|error| format!("{shown}: {error}"))
    }

    /// Writes down this one's ratios. What it does not have stays as it was.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn write(self, path: &Path) -> Result<(), String> {
        let mut all = if path.exists() { Self::read(path)? } else { Self::default() };
        for (table, rows) in self.ratios {
            all.ratios.entry(table).or_default().extend(rows);
        }
        let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
        fs::write(path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))
    }

    /// What has become worse since this one, or cannot be compared, a line for each.
    pub fn worse(&self, now: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (table, rows) in &now.ratios {
            let before = self.ratios.get(table).into_iter().flat_map(BTreeMap::keys);
            lines.extend(before.filter(|name| !rows.contains_key(*name)).map(|name| {
                format!("{table}: `{name}` was measured before, and is not there now")
            }));
            for (name, ratio) in rows {
                let before = self.ratios.get(table).and_then(|rows| rows.get(name));
                match before {
                    Some(before) if ratio.is_nan() || *ratio > before * TOLERANCE => {
                        lines.push(format!(
                            "{table}: `{name}` costs {ratio:.3} times its base, and was {before:.3}"
                        ))
                    }
                    Some(_) => {}
                    None => lines.push(format!(
                        "{table}: `{name}` has nothing to compare with: `make bench-accept`"
                    )),
                }
            }
        }
        lines
    }
}
