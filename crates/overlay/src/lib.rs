//! What an OpenAPI document cannot say: stages, domain names, throttles, usage plans, keys and logs.
//!
//! Text in, value out. An [`Overlay`] is a second file beside the document, YAML or JSON, in the words
//! of API Gateway's own resources. [`Overlay::apply`] adds what it says to the definition that was made
//! of the document:
//!
//! ```
//! # use tollgate_gateway::definition::Definition;
//! # let definition: Definition = serde_json::from_str(r#"{
//! #   "version": 1, "default_api": "orders", "apis": {"orders": {
//! #     "name": "Orders", "protocol": "http",
//! #     "integrations": {"backend": {"http_proxy": {"uri": "https://orders.internal/"}}},
//! #     "routes": {"GET /orders": {"authorization": "none", "integration": "backend"}},
//! #     "stages": {"$default": {}}
//! #   }}
//! # }"#).unwrap();
//! use tollgate_overlay::Overlay;
//!
//! let text = "
//! tollgate: 1
//! stages:
//!   $default:
//!     defaultRouteSettings: {throttlingRateLimit: 100, throttlingBurstLimit: 200}
//!     routeSettings:
//!       GET /orders: {throttlingRateLimit: 0.5, throttlingBurstLimit: 10}
//! ";
//! let overlay = Overlay::parse(text, "tollgate.yaml").unwrap();
//! let definition = overlay.apply(definition, None).unwrap().definition;
//! let stage = &definition.apis["orders"].stages["$default"];
//! assert_eq!(stage.route_throttles["GET /orders"].rate_limit, 0.5);
//! ```
//!
//! Nothing is passed over: a key that is not known is refused, and so is the name of a stage, a route or
//! a plan that is not there. What a stage of API Gateway has and this version does not serve, such as a
//! cache, is named in a [`Notice`]. All problems are reported at once, each with its place.
//!
//! # Stages
//!
//! An overlay with `stages` says which stages there are: they take the place of the one that the
//! document is served on by itself. Each has its own variables; those that the document was translated
//! with come on top of them, in every stage. The translator of the document is told of them
//! ([`Overlay::stages`]), so that it can say which URI lacks a variable on which stage.

mod access_log;
mod api_key;
mod apply;
mod canary;
mod cors;
mod counters;
pub mod credentials;
mod domain_name;
mod lambda;
mod method;
mod read;
mod reference;
mod routing_rule;
mod settings;
mod stage;
#[cfg(test)]
mod tests;
mod throttle;
mod usage_plan;
mod vpc_endpoint;

use std::collections::BTreeMap;

use tollgate_gateway::Definition;
use tollgate_lambda::Functions;
use tollgate_policy::Endpoint;
use tollgate_source::{At, Findings, Node};

pub use tollgate_source::{MAX_PROBLEMS, Notice, Place, Problem};

/// The name of the proxy's service that a definition has its counters at, if an overlay says where
/// they are.
pub const COUNTERS: &str = "tollgate.counters";

/// What an OpenAPI document cannot say.
#[derive(Clone, Debug)]
pub struct Overlay {
    file: String,
    node: Node,
}

/// What a definition and an overlay become.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlaid {
    /// What is served.
    pub definition: Definition,
    /// Where the server is that counts for the gateway, if the overlay says so. Where there is a quota,
    /// a definition without counters is refused by the gateway.
    pub counters: Option<Endpoint>,
    /// The file with API keys, as the overlay names it: relative to the overlay itself.
    pub api_keys_file: Option<String>,
    /// The file with credentials, named in the same way.
    pub credentials_file: Option<String>,
    /// What the overlay says that nothing is done about, without harm.
    pub notices: Vec<Notice>,
}

impl Overlay {
    /// Reads the text of an overlay. What it says is judged by [`check`](Self::check) and
    /// [`apply`](Self::apply).
    ///
    /// # Errors
    /// [`Problem`]s of a text that is neither YAML nor JSON.
    pub fn parse(text: &str, file: &str) -> Result<Self, Vec<Problem>> {
        let mut findings = Findings::default();
        let node = tollgate_source::read(text, file, &mut findings);
        match node {
            Some(node) if !findings.is_refused() => Ok(Self { file: file.to_owned(), node }),
            _ => Err(findings.report(file).0),
        }
    }

    /// What is wrong with it, whatever the document is. For a document that cannot be translated.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        let mut findings = Findings::default();
        read::read(&At::root(&self.node), &mut findings);
        findings.report(&self.file).0
    }

    /// The stages that the API will be served on, and the variables of each; none where the overlay
    /// leaves that to the document. With the name of a stage that is there, that one alone.
    #[must_use]
    pub fn stages(&self, stage: Option<&str>) -> BTreeMap<String, BTreeMap<String, String>> {
        let root = At::root(&self.node);
        let written = read::read(&root, &mut Findings::default());
        let stages = written.and_then(|written| written.stages).map(|(_, stages)| stages);
        let mut stages: BTreeMap<_, _> = (stages.into_iter().flatten())
            .map(|written| (written.name.to_owned(), written.variables))
            .collect();
        if let Some(stage) = stage
            && let Some(variables) = stages.remove(stage)
        {
            stages = [(stage.to_owned(), variables)].into();
        }
        stages
    }

    /// The account that the overlay names, which the document may speak of.
    #[must_use]
    pub fn account_id(&self) -> Option<String> {
        let written = read::read(&At::root(&self.node), &mut Findings::default());
        written.and_then(|written| written.account_id).map(str::to_owned)
    }

    /// Where the functions are called that the document names.
    #[must_use]
    pub fn functions(&self) -> Functions {
        read::read(&At::root(&self.node), &mut Findings::default())
            .map(|written| written.lambda.functions)
            .unwrap_or_default()
    }

    /// Adds what the overlay says to a definition. With the name of a stage, that one alone is served.
    ///
    /// # Errors
    /// Every [`Problem`] of the overlay, and of what it says about this definition. Up to
    /// [`MAX_PROBLEMS`] different ones.
    pub fn apply(
        &self,
        definition: Definition,
        stage: Option<&str>,
    ) -> Result<Overlaid, Vec<Problem>> {
        let mut findings = Findings::default();
        let root = At::root(&self.node);
        let written = read::read(&root, &mut findings);
        let overlaid =
            written.and_then(|written| apply::apply(&written, definition, stage, &mut findings));
        let refused = findings.is_refused();
        let (problems, notices) = findings.report(&self.file);
        match overlaid {
            Some(overlaid) if !refused => Ok(Overlaid { notices, ..overlaid }),
            _ => Err(problems),
        }
    }
}
