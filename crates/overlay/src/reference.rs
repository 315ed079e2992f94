//! Names of things that have to be there.

use std::collections::BTreeMap;

use tollgate_gateway::definition::Api;
use tollgate_source::text::{any_of, cut, nearest, quoted};
use tollgate_source::{At, Findings};

/// How many names of what is there a message lists.
const SHOWN: usize = 10;

/// How many names are searched for the one that was meant.
const SEARCHED: usize = 1_000;

/// Why a name is refused that nothing has, and what there is.
pub(crate) fn missing<'k>(
    kind: &str,
    name: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> String {
    let known: Vec<_> = known.into_iter().collect();
    let there_is = match (nearest(name, known.iter().copied().take(SEARCHED)), known.len()) {
        (Some(meant), _) => format!(", perhaps `{}` is meant", cut(meant)),
        (None, 0) => ", nor any other".to_owned(),
        (None, 1..=SHOWN) => format!(": {} belongs here", any_of(known)),
        (None, count) => {
            let some = any_of(known.into_iter().take(SHOWN));
            format!(": {some} belongs here, or one of {} others", count - SHOWN)
        }
    };
    format!("there is no {kind} {}{there_is}", quoted(name))
}

/// The names of things.
pub(crate) fn names<T>(of: &BTreeMap<String, T>) -> impl Iterator<Item = &str> {
    of.keys().map(String::as_str)
}

/// A name and where it is written.
pub(crate) type Named<'a> = Option<(At<'a>, &'a str)>;

/// The API that is meant: the one that is named, or else the overlay's own.
pub(crate) fn api<'a>(
    named: &Named<'a>,
    default: &'a str,
    apis: &'a BTreeMap<String, Api>,
    out: &mut Findings,
) -> Option<(&'a str, &'a Api)> {
    let id = named.as_ref().map_or(default, |(_, id)| *id);
    let found = apis.get(id);
    if let (Some((at, id)), None) = (named, found) {
        out.refuse(at, missing("API", id, names(apis)));
    }
    Some((id, found?))
}

/// The stage that is named, if it is there.
pub(crate) fn stage<'a>(
    at: &At<'_>,
    name: &'a str,
    api: &Api,
    out: &mut Findings,
) -> Option<&'a str> {
    if api.stages.contains_key(name) {
        return Some(name);
    }
    out.refuse(at, missing("stage", name, names(&api.stages)));
    None
}

/// Says that a stage must be named, and which there are.
pub(crate) fn lacks_stage(at: &At<'_>, api: &Api, out: &mut Findings) {
    let stages = any_of(names(&api.stages));
    out.refuse(at, format!("lacks `stage`: {stages} belongs there"));
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[track_caller]
    fn check(name: &str, known: &[&str], expected: &str) {
        assert_eq!(missing("stage", name, known.iter().copied()), expected);
    }

    #[test]
    fn what_is_there_is_named() {
        check("prodd", &["dev", "prod"], "there is no stage `prodd`, perhaps `prod` is meant");
        check("live", &["dev", "prod"], "there is no stage `live`: `dev` or `prod` belongs here");
        check("live", &[], "there is no stage `live`, nor any other");
        let many: Vec<String> = (0..12).map(|number| format!("stage-{number}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        let listed = "`stage-0`, `stage-1`, `stage-2`, `stage-3`, `stage-4`, `stage-5`, `stage-6`, \
                      `stage-7`, `stage-8` or `stage-9` belongs here, or one of 2 others";
        check("live", &many, &format!("there is no stage `live`: {listed}"));
    }
}
