//! From a document on disk to a definition that is known to be served: the one place that knows how
//! the translator and the compiler are called.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;
use tollgate_gateway::Gateway;
use tollgate_gateway::definition::{Authorization, Definition, Protocol};
use tollgate_iam_authorizer::Credential;
use tollgate_lambda::Functions;
use tollgate_openapi::{Notice, Options, Place, Problem, Translation};
use tollgate_overlay::{COUNTERS, Overlaid, Overlay};
use tollgate_policy::{Compile, Endpoint};
use tollgate_rate_limit::Counters;

use crate::arguments::{self, Source};
use crate::endpoint;
use crate::failure::{Code, Failure};
use crate::terminal;

/// A definition that a gateway serves.
#[derive(Debug)]
pub struct Document {
    /// What is served.
    pub definition: Definition,
    /// What API Gateway would do and this gateway does not.
    pub notices: Vec<Finding>,
    /// The file with API keys.
    pub keys: Option<PathBuf>,
    /// The file with credentials, which are part of the definition already.
    pub credentials: Option<PathBuf>,
    /// Where the counters are that the definition has. Where it has some and this says nothing, they
    /// have yet to be started.
    pub counters: Option<Endpoint>,
}

/// What is read from disk.
#[derive(Clone, Debug)]
pub struct Texts {
    document: String,
    overlay: Option<String>,
}

/// Something found in a document. What is not about one place has no line.
#[derive(Debug, Serialize)]
pub struct Finding {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    path: String,
    reason: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<Spot>,
    /// The finding in one piece, as people read it.
    #[serde(skip)]
    pub text: String,
}

/// Another place with the same finding.
#[derive(Debug, Serialize)]
struct Spot {
    line: u32,
    column: u32,
    path: String,
}

/// Reads a document and its overlay, and translates them.
///
/// # Errors
/// The outer failure is about the files; the inner list is what is wrong with what they say.
pub fn read(source: &Source) -> Result<Result<Document, Vec<Finding>>, Failure> {
    Ok(translate(&texts(source)?, source))
}

/// The texts of a document and its overlay.
pub fn texts(source: &Source) -> Result<Texts, Failure> {
    let overlay = source.overlay.as_deref().map(text).transpose()?;
    Ok(Texts { document: text(&source.document)?, overlay })
}

/// The text of a file.
pub fn text(path: &Path) -> Result<String, Failure> {
    let name = path.display();
    let bytes = fs::read(path).with_context(|| format!("cannot read `{name}`"))?;
    let text = String::from_utf8(bytes).with_context(|| format!("`{name}` is not UTF-8 text"))?;
    Ok(text)
}

/// Translates a document, puts the overlay over it, and compiles what comes of it, as the filter will.
pub fn translate(texts: &Texts, source: &Source) -> Result<Document, Vec<Finding>> {
    let overlay = match (&texts.overlay, &source.overlay) {
        (Some(text), Some(path)) => Some(Overlay::parse(text, &path.display().to_string())),
        _ => None,
    };
    let stages = match &overlay {
        Some(Ok(overlay)) => overlay.stages(source.stage.as_deref()),
        Some(Err(_)) | None => BTreeMap::new(),
    };
    let mut options = Options { stages, ..options(source) };
    let mut account_id = source.account_id.clone();
    if let Some(Ok(overlay)) = &overlay {
        // Policies speak of the account, and must speak of the one that is served.
        account_id = account_id.or(overlay.account_id());
        options.account_id = account_id.clone().unwrap_or(options.account_id);
        let functions = overlay.functions();
        options.functions.by_name = functions.by_name;
        // What is said on the command line comes before what a file says.
        options.functions.all = options.functions.all.or(functions.all);
    }
    let translation = tollgate_openapi::translate(&texts.document, &options);
    let (overlaid, mut notices) = overlay_over(translation, overlay, source)
        .map_err(|problems| problems.into_iter().map(Finding::from).collect::<Vec<_>>())?;
    notices.extend(overlaid.notices);
    let Overlaid { mut definition, counters, api_keys_file, credentials_file, .. } = overlaid;
    definition.account_id = account_id.or(definition.account_id);
    let beside = |file: String| match source.overlay.as_deref().and_then(Path::parent) {
        Some(folder) => folder.join(file),
        None => file.into(),
    };
    let keys = source.keys.clone().or_else(|| api_keys_file.map(beside));
    let credentials = source.credentials.clone().or_else(|| credentials_file.map(beside));
    if let Some(path) = &credentials {
        definition.credentials = self::credentials(path)?;
    }
    let notices = notices.into_iter().map(Finding::from);
    let notices = notices.chain(nobody_signs(&definition, &options.file)).collect();
    if keys.is_some() {
        definition.api_key_files.get_or_insert_default();
    }
    if definition.usage_plans.values().any(|plan| plan.quota.is_some()) {
        definition.counters.get_or_insert_with(|| Counters::behind(COUNTERS));
    }
    match Gateway::compile(definition.clone()) {
        Ok(_) => Ok(Document { definition, notices, keys, credentials, counters }),
        Err(invalid) => {
            let with = source.overlay.as_ref().map(|path| format!(" with {}", path.display()));
            Err(vec![Finding {
                text: format!("{}{}: {invalid}", options.file, with.unwrap_or_default()),
                file: options.file,
                line: None,
                column: None,
                path: invalid.field,
                reason: invalid.reason,
                also: Vec::new(),
            }])
        }
    }
}

/// What is said where routes want signatures, and nobody may sign.
fn nobody_signs(definition: &Definition, file: &str) -> Option<Finding> {
    let mut routes = definition.apis.values().flat_map(|api| api.routes.values());
    let wants = routes.any(|route| route.authorization == Authorization::Iam);
    if !wants || !definition.credentials.is_empty() {
        return None;
    }
    let reason = "there are routes that want signatures, and nobody may sign: name those who may in a \
                  file, with `--credentials` or the overlay's `credentialsFile`";
    Some(Finding {
        text: format!("{file}: {reason}"),
        file: file.to_owned(),
        line: None,
        column: None,
        path: String::new(),
        reason: reason.to_owned(),
        also: Vec::new(),
    })
}

/// Those who may sign, of a file.
pub fn credentials(path: &Path) -> Result<Vec<Credential>, Vec<Finding>> {
    let file = path.display().to_string();
    let unread = |failure: &Failure| Finding {
        text: failure.message.clone(),
        file: file.clone(),
        line: None,
        column: None,
        path: String::new(),
        reason: failure.message.clone(),
        also: Vec::new(),
    };
    let text = text(path).map_err(|failure| vec![unread(&failure)])?;
    tollgate_overlay::credentials::read(&text, &file)
        .map_err(|problems| problems.into_iter().map(Finding::from).collect())
}

/// A definition with its overlay, and what is said about the document. Where either is wrong, what is
/// wrong with both.
fn overlay_over(
    translation: Result<Translation, Vec<Problem>>,
    overlay: Option<Result<Overlay, Vec<Problem>>>,
    source: &Source,
) -> Result<(Overlaid, Vec<Notice>), Vec<Problem>> {
    let (definition, notices) = match translation {
        Ok(Translation { definition, notices }) => (definition, notices),
        Err(mut problems) => {
            problems.extend(match overlay {
                Some(Ok(overlay)) => overlay.check(),
                Some(Err(more)) => more,
                None => Vec::new(),
            });
            return Err(problems);
        }
    };
    let overlaid = match overlay {
        Some(overlay) => overlay?.apply(definition, source.stage.as_deref())?,
        None => Overlaid {
            definition,
            counters: None,
            api_keys_file: None,
            credentials_file: None,
            notices: Vec::new(),
        },
    };
    Ok((overlaid, notices))
}

/// Reads a document that is to be served: says its notices, or fails with its problems.
pub fn accepted(source: &Source) -> Result<Document, Failure> {
    let document = read(source)?.map_err(|problems| refused(source, problems))?;
    for notice in &document.notices {
        terminal::warning(&notice.text);
    }
    Ok(document)
}

/// The failure of a document that is refused.
pub fn refused(source: &Source, problems: Vec<Finding>) -> Failure {
    let name = source.document.display();
    let message = match problems.len() {
        1 => format!("`{name}` is refused: 1 problem"),
        many => format!("`{name}` is refused: {many} problems"),
    };
    let lines = problems.into_iter().map(|problem| problem.text).collect();
    Failure::new(Code::Refused, message).with_details(lines)
}

fn options(source: &Source) -> Options {
    let default = Options::default();
    Options {
        file: source.document.display().to_string(),
        api_id: source.api_id.clone(),
        stage: source.stage.clone(),
        stages: BTreeMap::new(),
        stage_variables: source.stage_variable.iter().cloned().collect(),
        base_path: match source.base_path {
            None => default.base_path,
            Some(arguments::BasePath::Ignore) => tollgate_openapi::BasePath::Ignore,
            Some(arguments::BasePath::Prepend) => tollgate_openapi::BasePath::Prepend,
            Some(arguments::BasePath::Split) => tollgate_openapi::BasePath::Split,
        },
        protocol: source.protocol.map(|protocol| match protocol {
            arguments::Protocol::Http => Protocol::Http,
            arguments::Protocol::Rest => Protocol::Rest,
        }),
        endpoint_type: match source.endpoint_type {
            endpoint::Kind::Regional => tollgate_openapi::EndpointType::Regional,
            endpoint::Kind::Private => tollgate_openapi::EndpointType::Private,
        },
        region: source.region.clone().unwrap_or(default.region),
        account_id: source.account_id.clone().unwrap_or(default.account_id),
        functions: Functions {
            all: source.lambda_endpoint.clone().map(|endpoint| tollgate_lambda::Place {
                endpoint: Some(endpoint),
                name: None,
                signing_region: None,
            }),
            by_name: BTreeMap::new(),
        },
    }
}

impl From<Problem> for Finding {
    fn from(problem: Problem) -> Self {
        let text = problem.to_string();
        let Problem { file, line, column, path, reason, also } = problem;
        Self { file, line: Some(line), column: Some(column), path, reason, also: spots(also), text }
    }
}

impl From<Notice> for Finding {
    fn from(notice: Notice) -> Self {
        let text = notice.to_string();
        let Notice { file, line, column, path, reason, also } = notice;
        Self { file, line: Some(line), column: Some(column), path, reason, also: spots(also), text }
    }
}

fn spots(places: Vec<Place>) -> Vec<Spot> {
    places.into_iter().map(|Place { line, column, path }| Spot { line, column, path }).collect()
}
