//! A custom domain name, compiled: routing rules, and mappings after them.

use std::collections::HashMap;
use std::rc::Rc;

use tollgate_policy::{Invalid, Request, is_token};

use crate::api::Api;
use crate::definition::{self, InvokeApi, RoutingRule};

/// API Gateway's limit on the mappings of one domain, which are gone through for a request.
const MAX_MAPPINGS: usize = 200;

/// The same for rules, of which API Gateway has as many.
const MAX_RULES: usize = 50;

/// API Gateway's limit on the conditions of one rule, and on the alternatives of a condition.
const MAX_CONDITIONS: usize = 3;
const MAX_ANY_OF: usize = 10;

/// The number of the lowest priority.
const MAX_PRIORITY: u32 = 1_000_000;

/// API Gateway's limits on what a header field is compared with.
const MAX_HEADER_CHARS: usize = 40;
const MAX_GLOB_CHARS: usize = 128;

/// A custom domain name.
#[derive(Debug)]
pub(crate) struct Domain {
    /// In order of priority.
    rules: Vec<Rule>,
    /// The longest first.
    mappings: Vec<Mapping>,
    /// The header fields that rules look at.
    pub(crate) looks_at: Vec<String>,
}

#[derive(Debug)]
struct Mapping {
    /// The path it takes, such as `shop/v2`; empty for all.
    path: Rc<str>,
    api: usize,
    /// None where the path says it.
    stage: Option<usize>,
}

#[derive(Debug)]
struct Rule {
    conditions: Vec<Condition>,
    api: usize,
    stage: usize,
    /// Whether the API is asked for what comes after the base path that matched.
    strips_base_path: bool,
}

#[derive(Debug)]
enum Condition {
    BasePaths(Vec<String>),
    Headers(Vec<(String, Glob)>),
}

/// What a value is compared with: `v2`, `v2*`, `*v2`, `*v2*`.
#[derive(Debug)]
struct Glob {
    text: String,
    starts_anywhere: bool,
    ends_anywhere: bool,
}

/// Where a domain leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lead<'p> {
    pub(crate) api: usize,
    /// None where the path says it.
    pub(crate) stage: Option<usize>,
    pub(crate) path: &'p [u8],
    /// The path of the mapping that led here.
    pub(crate) base_path: Option<Rc<str>>,
}

impl Domain {
    pub(crate) fn compile(
        domain: &definition::Domain,
        apis: &[Api],
        by_id: &HashMap<Rc<str>, usize>,
    ) -> Result<Self, Invalid> {
        let count = domain.mappings.len();
        if count > MAX_MAPPINGS || count == 0 && domain.routing_rules.is_empty() {
            return Err(Invalid::new("mappings", format!("must be 1 to {MAX_MAPPINGS}")));
        }
        if domain.routing_rules.len() > MAX_RULES {
            let reason = format!("must not be more than {MAX_RULES}");
            return Err(Invalid::new("routing_rules", reason));
        }
        let places = Places { apis, by_id };
        // INVARIANT: the map is in order of priority, the lowest number first.
        let rules = (domain.routing_rules.iter())
            .map(|(priority, rule)| {
                Rule::compile(*priority, rule, &places)
                    .map_err(|invalid| invalid.within(format!("routing_rules.{priority}")))
            })
            .collect::<Result<Vec<Rule>, _>>()?;
        let conditions = rules.iter().flat_map(|rule| &rule.conditions);
        let looked_at = conditions.flat_map(|condition| match condition {
            Condition::BasePaths(_) => &[][..],
            Condition::Headers(headers) => headers,
        });
        let mut looks_at: Vec<_> = looked_at.map(|(name, _)| name.to_ascii_lowercase()).collect();
        looks_at.sort();
        looks_at.dedup();
        let mut mappings = (domain.mappings.iter())
            .map(|(path, mapping)| {
                Mapping::compile(path, mapping, &places)
                    .map_err(|invalid| invalid.within(format!("mappings.{path}")))
            })
            .collect::<Result<Vec<_>, _>>()?;
        mappings.sort_by_key(|mapping| std::cmp::Reverse(mapping.path.len()));
        Ok(Self { rules, mappings, looks_at })
    }

    /// Where a request leads: by the first rule that matches, or else by the longest mapping.
    pub(crate) fn lead<'r>(&self, request: &'r Request) -> Option<Lead<'r>> {
        let by_rule = self.rules.iter().find_map(|rule| rule.lead(request));
        by_rule.or_else(|| self.mappings.iter().find_map(|mapping| mapping.lead(request.path())))
    }
}

/// Where APIs and stages are looked up.
struct Places<'a> {
    apis: &'a [Api],
    by_id: &'a HashMap<Rc<str>, usize>,
}

impl Places<'_> {
    fn find(&self, api: &str, stage: Option<&str>) -> Result<(usize, Option<usize>), Invalid> {
        let index = self.by_id.get(api).copied();
        let Some((index, api)) = index.and_then(|index| Some((index, self.apis.get(index)?)))
        else {
            return Err(Invalid::new("api", format!("there is no API `{api}`")));
        };
        let Some(name) = stage else { return Ok((index, None)) };
        match api.stage(name.as_bytes()) {
            Some(stage) => Ok((index, Some(stage))),
            None => Err(Invalid::new("stage", format!("the API has no stage `{name}`"))),
        }
    }
}

impl Mapping {
    fn compile(
        path: &str,
        mapping: &definition::Mapping,
        places: &Places<'_>,
    ) -> Result<Self, Invalid> {
        check_path(path)?;
        let (api, stage) = places.find(&mapping.api, mapping.stage.as_deref())?;
        Ok(Self { path: path.into(), api, stage })
    }

    fn lead<'p>(&self, path: &'p [u8]) -> Option<Lead<'p>> {
        let path = if self.path.is_empty() { path } else { after(&self.path, path)? };
        let base_path = (!self.path.is_empty()).then(|| self.path.clone());
        Some(Lead { api: self.api, stage: self.stage, path, base_path })
    }
}

impl Rule {
    fn compile(priority: u32, rule: &RoutingRule, places: &Places<'_>) -> Result<Self, Invalid> {
        if !(1..=MAX_PRIORITY).contains(&priority) {
            return Err(Invalid::new("", format!("a priority is from 1 to {MAX_PRIORITY}")));
        }
        let conditions = conditions(rule)?;
        let InvokeApi { api, stage, strip_base_path } = &rule.invoke_api;
        let at = |invalid: Invalid| invalid.within("invoke_api");
        let (api, stage) = places.find(api, Some(stage)).map_err(at)?;
        let stage = stage.ok_or_else(|| at(Invalid::new("stage", "must be there")))?;
        Ok(Self { conditions, api, stage, strips_base_path: *strip_base_path })
    }

    fn lead<'r>(&self, request: &'r Request) -> Option<Lead<'r>> {
        let mut path = request.path();
        for condition in &self.conditions {
            match condition {
                Condition::BasePaths(paths) => {
                    let whole = request.path();
                    let rest = paths.iter().filter_map(|path| after(path, whole));
                    // The longest of them leaves least.
                    let rest = rest.min_by_key(|rest| rest.len())?;
                    if self.strips_base_path {
                        path = rest;
                    }
                }
                Condition::Headers(headers) => {
                    let is_met = |(name, glob): &(String, Glob)| {
                        request.headers.get_all(name).any(|value| glob.matches(value))
                    };
                    if !headers.iter().any(is_met) {
                        return None;
                    }
                }
            }
        }
        Some(Lead { api: self.api, stage: Some(self.stage), path, base_path: None })
    }
}

/// Whether a rule can be one, wherever it leads.
///
/// # Errors
/// [`Invalid`] with the place of what is wrong, from the rule on.
pub fn check_routing_rule(rule: &RoutingRule) -> Result<(), Invalid> {
    conditions(rule).map(drop)
}

fn conditions(rule: &RoutingRule) -> Result<Vec<Condition>, Invalid> {
    if rule.conditions.len() > MAX_CONDITIONS {
        let reason = format!("must not be more than {MAX_CONDITIONS}");
        return Err(Invalid::new("conditions", reason));
    }
    let conditions = (rule.conditions.iter().enumerate())
        .map(|(index, condition)| {
            Condition::compile(condition)
                .map_err(|invalid| invalid.within(format!("conditions[{index}]")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let has_base_path = conditions.iter().any(|each| matches!(each, Condition::BasePaths(_)));
    if rule.invoke_api.strip_base_path && !has_base_path {
        let reason = "there is no base path among the conditions that could be stripped";
        return Err(Invalid::new("invoke_api.strip_base_path", reason));
    }
    Ok(conditions)
}

impl Condition {
    fn compile(condition: &definition::Condition) -> Result<Self, Invalid> {
        let check_count = |count: usize, field: &str| {
            if (1..=MAX_ANY_OF).contains(&count) {
                return Ok(());
            }
            Err(Invalid::new(field, format!("must be 1 to {MAX_ANY_OF}")))
        };
        match condition {
            definition::Condition::MatchBasePaths(paths) => {
                check_count(paths.len(), "match_base_paths")?;
                for (index, path) in paths.iter().enumerate() {
                    let at = format!("match_base_paths[{index}]");
                    if path.is_empty() {
                        return Err(Invalid::new(at, "must not be empty"));
                    }
                    check_path(path).map_err(|invalid| invalid.within(at))?;
                }
                Ok(Self::BasePaths(paths.clone()))
            }
            definition::Condition::MatchHeaders(headers) => {
                check_count(headers.len(), "match_headers")?;
                let compiled = headers.iter().enumerate().map(|(index, each)| {
                    let at = |invalid: Invalid| invalid.within(format!("match_headers[{index}]"));
                    check_header(&each.header).map_err(at)?;
                    Ok((each.header.clone(), Glob::parse(&each.value_glob).map_err(at)?))
                });
                compiled.collect::<Result<_, _>>().map(Self::Headers)
            }
        }
    }
}

impl Glob {
    fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"?-!#$%&'.^_`|~".contains(&byte);
        let (starts_anywhere, rest) = match text.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (ends_anywhere, rest) = match rest.strip_suffix('*') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        if text.is_empty() || text.len() > MAX_GLOB_CHARS || !rest.bytes().all(plain) {
            let reason = format!(
                "must be 1 to {MAX_GLOB_CHARS} letters, digits and `?-!#$%&'.^_`|~`, with `*` at the \
                 beginning, at the end or at both"
            );
            return Err(Invalid::new("value_glob", reason));
        }
        Ok(Self { text: rest.to_owned(), starts_anywhere, ends_anywhere })
    }

    fn matches(&self, value: &[u8]) -> bool {
        let text = self.text.as_bytes();
        match (self.starts_anywhere, self.ends_anywhere) {
            (false, false) => value == text,
            (false, true) => value.starts_with(text),
            (true, false) => value.ends_with(text),
            (true, true) => {
                text.is_empty() || value.windows(text.len()).any(|window| window == text)
            }
        }
    }
}

/// What is left of a path that begins with these segments.
fn after<'p>(segments: &str, path: &'p [u8]) -> Option<&'p [u8]> {
    let rest = path.strip_prefix(b"/")?.strip_prefix(segments.as_bytes())?;
    (rest.is_empty() || rest.starts_with(b"/")).then_some(rest)
}

fn check_path(path: &str) -> Result<(), Invalid> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/$".contains(&byte);
    if path.starts_with('/') || path.ends_with('/') || path.contains("//") {
        return Err(Invalid::new("", "must not have empty segments"));
    }
    if !path.bytes().all(plain) {
        return Err(Invalid::new("", "must be letters, digits and `-._~/$`"));
    }
    Ok(())
}

fn check_header(name: &str) -> Result<(), Invalid> {
    if name.len() > MAX_HEADER_CHARS || !is_token(name.as_bytes()) {
        let reason = format!("must be a header field of 1 to {MAX_HEADER_CHARS} characters");
        return Err(Invalid::new("header", reason));
    }
    Ok(())
}

/// A custom domain name may stand for one name, or for all with one label more.
pub(crate) fn check_name(name: &str) -> Result<(), Invalid> {
    const MAX_DOMAIN_CHARS: usize = 253;
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    let labels = name.strip_prefix("*.").unwrap_or(name);
    if labels.is_empty() || name.len() > MAX_DOMAIN_CHARS || !labels.bytes().all(plain) {
        let reason = "must be a DNS name in lower case, without a port; `*.` may stand before it";
        return Err(Invalid::new("", reason));
    }
    Ok(())
}
