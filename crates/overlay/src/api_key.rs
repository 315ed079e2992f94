//! `apiKeys`: the keys of callers, by their ids.

use std::collections::BTreeMap;

use tollgate_api_keys::{ApiKey, MAX_USAGE_PLANS, check_id, from_hex};
use tollgate_source::{At, Findings};

/// The longest name of a key, as API Gateway has it.
const MAX_NAME: usize = 1_024;

/// A key as it is written.
#[derive(Debug)]
pub(crate) struct Written<'a> {
    /// Its id and itself, if they are right.
    pub(crate) key: Option<(&'a str, ApiKey)>,
    /// Where each of its usage plans is named.
    pub(crate) plans: Vec<(At<'a>, &'a str)>,
}

/// Reads the list of keys.
pub(crate) fn read_all<'a>(at: &At<'a>, out: &mut Findings) -> Vec<Written<'a>> {
    let mut keys: Vec<Written<'a>> = Vec::new();
    let (mut ids, mut digests) = (BTreeMap::new(), BTreeMap::new());
    for item in at.list(out).unwrap_or_default() {
        let Some(written) = read(&item, out) else { continue };
        if let Some((id, key)) = &written.key {
            let line = item.mark().line;
            if let Some(first) = ids.insert(*id, line) {
                out.refuse(&item, format!("has the `id` of the key on line {first}"));
            }
            if let Some(first) = digests.insert(from_hex(&key.sha256), line) {
                out.refuse(&item, format!("has the `sha256` of the key on line {first}"));
            }
        }
        keys.push(written);
    }
    keys
}

fn read<'a>(at: &At<'a>, out: &mut Findings) -> Option<Written<'a>> {
    let mut fields = at.fields(out)?;
    for key in ["value", "key"] {
        fields.refuse(
            key,
            "the plain value of a key must not be in a configuration: give its `sha256`, or use \
             `tollgate keys create`",
            out,
        );
    }
    let instead = "name the usage plans of the stages in `usagePlanIds`";
    fields.refuse("stageKeys", instead, out);
    for key in ["description", "customerId", "tags", "createdDate", "lastUpdatedDate"] {
        fields.take(key);
    }
    let id = fields.need("id", out).and_then(|at| id(&at, out));
    let sha256 = fields.need("sha256", out).and_then(|at| sha256(&at, out));
    let name = fields.take("name").and_then(|at| name(&at, out));
    let enabled = match fields.take("enabled") {
        Some(at) => at.flag(out),
        None => Some(true),
    };
    let plans = fields.take("usagePlanIds").map(|at| plans(&at, out)).unwrap_or_default();
    fields.finish(out);
    let usage_plans = plans.iter().map(|(_, plan)| (*plan).to_owned()).collect();
    let key = id.zip(sha256).zip(enabled).map(|((id, sha256), enabled)| {
        let (name, sha256) = (name.map(str::to_owned), sha256.to_owned());
        (id, ApiKey { name, sha256, enabled, usage_plans })
    });
    Some(Written { key, plans })
}

fn id<'a>(at: &At<'a>, out: &mut Findings) -> Option<&'a str> {
    // An id may be all digits.
    let id = at.version(out)?;
    match check_id(id) {
        Ok(()) => Some(id),
        Err(invalid) => {
            out.refuse(at, invalid.reason);
            None
        }
    }
}

fn sha256<'a>(at: &At<'a>, out: &mut Findings) -> Option<&'a str> {
    let text = at.version(out)?;
    if from_hex(text).is_none() {
        // Not in the words of whoever wrote it: it may be the value itself.
        out.refuse(at, "must be 64 hexadecimal digits");
        return None;
    }
    Some(text)
}

fn name<'a>(at: &At<'a>, out: &mut Findings) -> Option<&'a str> {
    let name = at.version(out)?;
    if name.chars().count() > MAX_NAME {
        out.refuse(at, format!("a key's name has at most {MAX_NAME} characters"));
        return None;
    }
    Some(name)
}

fn plans<'a>(at: &At<'a>, out: &mut Findings) -> Vec<(At<'a>, &'a str)> {
    let plans = at.strings(out).unwrap_or_default();
    if plans.len() > MAX_USAGE_PLANS {
        out.refuse_key(at, format!("a key is in at most {MAX_USAGE_PLANS} usage plans"));
    }
    plans
}
