//! Objects whose entries another part understands: mappings and templates.

use std::collections::BTreeMap;

use tollgate_policy::Invalid;
use tollgate_source::{At, Findings};

use crate::text::reason;

/// Reads entries that `check` takes, and reports each that it does not take. Then it is asked about
/// them all, as there may be too many.
pub(crate) fn read<'a>(
    at: &At<'a>,
    entries: impl IntoIterator<Item = (&'a str, At<'a>)>,
    check: impl Fn(&BTreeMap<String, String>) -> Result<(), Invalid>,
    out: &mut Findings,
) -> BTreeMap<String, String> {
    let mut right = BTreeMap::new();
    if at.map(out).is_none() {
        return right;
    }
    for (name, value) in entries {
        let Some(text) = value.version(out) else { continue };
        match check(&BTreeMap::from([(name.to_owned(), text.to_owned())])) {
            Ok(()) => _ = right.insert(name.to_owned(), text.to_owned()),
            Err(invalid) => out.refuse_key(&value, reason(&invalid)),
        }
    }
    if let Err(invalid) = check(&right) {
        out.refuse_key(at, reason(&invalid));
    }
    right
}
