//! The keywords that look at the members of an object as a whole.

use serde_json::{Map, Value};

use crate::keyword::{Dependency, Id, Keyword, Members, Node};
use crate::quote::{self, OF_AUTHOR, OF_CLIENT};
use crate::violation::Report;
use crate::work::{Spent, Work};

pub(crate) fn members(
    keyword: &Keyword,
    node: &Node,
    members: &Map<String, Value>,
    work: &mut Work,
    report: &mut Report,
) -> Result<(), Spent> {
    let count = members.len();
    match keyword {
        Keyword::AdditionalProperties => {
            let strangers = strangers(&node.members, members, work)?;
            if !strangers.is_empty() {
                report.add("additionalProperties", || {
                    let strangers = quote::names(strangers, OF_CLIENT);
                    format!(
                        "object instance has properties which are not allowed by the schema: {strangers}"
                    )
                });
            }
        }
        Keyword::MaxProperties(most) if count as u64 > *most => report.add("maxProperties", || {
            format!(
                "object has too many properties (found {count} but schema requires at most {most})"
            )
        }),
        Keyword::MinProperties(least) if (count as u64) < *least => {
            report.add("minProperties", || {
                format!(
                    "object has too few properties (found {count} but schema requires at least {least})"
                )
            });
        }
        Keyword::Required(names) => {
            let missing = missing(names, members, work)?;
            if !missing.is_empty() {
                report.add("required", || {
                    let missing = quote::names(missing, OF_AUTHOR);
                    format!("object has missing required properties ({missing})")
                });
            }
        }
        _ => {}
    }
    Ok(())
}

/// The names that no schema knows, in the order of the members, which are sorted.
fn strangers<'a>(
    known: &Members,
    members: &'a Map<String, Value>,
    work: &mut Work,
) -> Result<Vec<&'a str>, Spent> {
    let mut strangers = Vec::new();
    'names: for name in members.keys() {
        work.take(1)?;
        if known.named.contains_key(name) {
            continue;
        }
        for (pattern, _) in &known.matched {
            if pattern.is_match(name, work)? {
                continue 'names;
            }
        }
        strangers.push(name.as_str());
    }
    Ok(strangers)
}

fn missing<'a>(
    names: &'a [String],
    members: &Map<String, Value>,
    work: &mut Work,
) -> Result<Vec<&'a str>, Spent> {
    work.take(names.len())?;
    let names = names.iter().map(String::as_str);
    Ok(names.filter(|name| !members.contains_key(*name)).collect())
}

/// The names that must be there because others are.
pub(crate) fn dependencies(
    dependencies: &[(String, Dependency)],
    members: &Map<String, Value>,
    work: &mut Work,
    report: &mut Report,
) -> Result<(), Spent> {
    for (name, dependency) in dependencies {
        work.take(1)?;
        let Dependency::Names(required) = dependency else { continue };
        if !members.contains_key(name) {
            continue;
        }
        let missing = missing(required, members, work)?;
        if !missing.is_empty() {
            report.add("dependencies", || {
                let required = quote::names(required.iter().map(String::as_str), OF_AUTHOR);
                let missing = quote::names(missing, OF_AUTHOR);
                format!(
                    "property \"{name}\" of object has missing property dependencies (schema requires {required}; missing: {missing})"
                )
            });
        }
    }
    Ok(())
}

/// The schemas that the whole must satisfy because some names are there.
pub(crate) fn dependent(
    dependencies: &[(String, Dependency)],
    members: &Map<String, Value>,
) -> impl Iterator<Item = Id> {
    dependencies.iter().filter_map(|(name, dependency)| match dependency {
        Dependency::Schema(id) if members.contains_key(name) => Some(*id),
        Dependency::Schema(_) | Dependency::Names(_) => None,
    })
}
