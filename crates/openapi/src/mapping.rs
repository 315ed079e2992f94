//! Parameter mappings: what an integration is told about the request, and what becomes of its answer.

use std::collections::BTreeMap;

use tollgate_jwt_authorizer::check_claims_to_headers;
use tollgate_mapping::{Dialect, Expression};
use tollgate_parameter_mapping::{RequestMapping, ResponseMapping, check_header};
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings};

use crate::text::reason;
use crate::{Context, entries, status};

/// The most header fields that can carry claims.
const MAX_CLAIMS: usize = 20;

/// What names a variable of the URI, and a variable of the path.
const URI_VARIABLE: &str = "integration.request.path.";
const PATH_VARIABLE: &str = "method.request.path.";

/// What `requestParameters` say.
#[derive(Debug, Default)]
pub(crate) struct Mapping {
    /// For a variable of the URI, the variable of the path it stands for.
    pub(crate) renames: BTreeMap<String, String>,
    /// Header fields by name, in lower case, and the claim each carries.
    pub(crate) claims_to_headers: BTreeMap<String, String>,
    /// Everything else, as it is written.
    pub(crate) parameters: BTreeMap<String, String>,
}

impl Mapping {
    /// The variables of the URI that get a value from elsewhere than the path.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parameters.keys().filter_map(|key| key.strip_prefix(URI_VARIABLE))
    }
}

/// Reads `requestParameters`. Nothing is returned where one of them is not served.
pub(crate) fn read(
    at: &At<'_>,
    variables: &[String],
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<Mapping> {
    at.map(out)?;
    let dialect = context.dialect();
    let mut mapping = Mapping::default();
    let mut others = Vec::new();
    let mut is_right = true;
    for (target, value) in at.entries() {
        let Some(source) = value.version(out) else {
            is_right = false;
            continue;
        };
        is_right &= path_is_known(source, &value, variables, dialect, out).is_some();
        let of_path = target.strip_prefix(URI_VARIABLE).zip(source.strip_prefix(PATH_VARIABLE));
        if let Some((name, variable)) = of_path {
            mapping.renames.insert(name.to_owned(), variable.to_owned());
        } else if let Some((header, claim)) = header(target, dialect).zip(claim(source, dialect)) {
            is_right &= read_claim(header, claim, &value, dialect, &mut mapping, out).is_some();
        } else {
            others.push((target, value));
        }
    }
    if mapping.claims_to_headers.len() > MAX_CLAIMS {
        out.refuse_key(at, format!("at most {MAX_CLAIMS} header fields can carry claims"));
        return None;
    }
    for (target, value) in &others {
        let header = changed_header(target, dialect).map(str::to_ascii_lowercase);
        if let Some(header) = header.filter(|header| mapping.claims_to_headers.contains_key(header))
        {
            let header = quoted(&header);
            let reason = format!("the header {header} carries a claim, and nothing else");
            out.refuse_key(value, reason);
            is_right = false;
        }
    }
    let count = others.len();
    let check = |entries: &_| RequestMapping::compile(entries, dialect).map(drop);
    mapping.parameters = entries::read(at, others, check, out);
    is_right &= mapping.parameters.len() == count;
    // A name of the URI may be that of a variable of the path, and mean something else.
    if dialect == Dialect::Rest && mapping.variables().next().is_some() {
        for (name, variable) in std::mem::take(&mut mapping.renames) {
            let (target, source) =
                (format!("{URI_VARIABLE}{name}"), format!("{PATH_VARIABLE}{variable}"));
            mapping.parameters.insert(target, source);
        }
        if let Err(invalid) = check(&mapping.parameters) {
            out.refuse_key(at, reason(&invalid));
        }
    }
    is_right.then_some(mapping)
}

/// Reads `responseParameters` of an HTTP API's integration: what is changed, by status.
pub(crate) fn read_responses(
    at: &At<'_>,
    context: &Context<'_>,
    out: &mut Findings,
) -> BTreeMap<u16, BTreeMap<String, String>> {
    let mut mappings = BTreeMap::new();
    if at.map(out).is_none() {
        return mappings;
    }
    for (key, at) in at.entries() {
        let Some(status) = status::parse(key) else {
            out.refuse_key(&at, format!("{} is not a status from 200 to 599", quoted(key)));
            continue;
        };
        let check = |entries: &_| ResponseMapping::compile(entries, context.dialect()).map(drop);
        let mapping = entries::read(&at, at.entries(), check, out);
        if !mapping.is_empty() {
            mappings.insert(status, mapping);
        }
    }
    mappings
}

/// Whether a variable of the path is there, where a source is one.
fn path_is_known(
    source: &str,
    value: &At<'_>,
    variables: &[String],
    dialect: Dialect,
    out: &mut Findings,
) -> Option<()> {
    let expression = Expression::parse(source, dialect).ok();
    let parsed = expression.as_ref().and_then(Expression::path_parameter);
    let variable = parsed.or_else(|| source.strip_prefix(PATH_VARIABLE));
    match variable.filter(|variable| !variables.iter().any(|known| known == variable)) {
        None => Some(()),
        Some(variable) => {
            out.refuse(value, format!("the path has no variable {}", quoted(variable)));
            None
        }
    }
}

/// The header field that is set, where one is.
fn header(target: &str, dialect: Dialect) -> Option<&str> {
    match dialect {
        Dialect::Http => target
            .strip_prefix("overwrite:header.")
            .or_else(|| target.strip_prefix("append:header.")),
        Dialect::Rest => target.strip_prefix("integration.request.header."),
    }
}

/// The header field that is changed in any way.
fn changed_header(target: &str, dialect: Dialect) -> Option<&str> {
    header(target, dialect).or_else(|| target.strip_prefix("remove:header."))
}

/// The claim that a source is, where it is one alone.
fn claim(source: &str, dialect: Dialect) -> Option<&str> {
    let name = match dialect {
        Dialect::Http => {
            let name = source.strip_prefix('$')?;
            name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name)
        }
        Dialect::Rest => source,
    };
    let claim = name.strip_prefix("context.authorizer.claims.")?;
    Some(claim).filter(|claim| !claim.is_empty() && !claim.contains(['{', '}', '$']))
}

fn read_claim(
    header: &str,
    claim: &str,
    value: &At<'_>,
    dialect: Dialect,
    mapping: &mut Mapping,
    out: &mut Findings,
) -> Option<()> {
    let header = header.to_ascii_lowercase();
    let one = BTreeMap::from([(header.clone(), claim.to_owned())]);
    let checked = check_header(&header, dialect).and_then(|()| check_claims_to_headers(&one));
    if let Err(invalid) = checked {
        out.refuse_key(value, reason(&invalid));
        return None;
    }
    if mapping.claims_to_headers.insert(header.clone(), claim.to_owned()).is_some() {
        out.refuse_key(value, format!("the header {} is mapped twice", quoted(&header)));
        return None;
    }
    Some(())
}
