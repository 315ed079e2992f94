//! What can be said on the command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::counters;
use crate::dev;
use crate::edge;
use crate::endpoint;
use crate::explain;
use crate::failure::EXIT_CODES;
use crate::keys;
use crate::releases;
use crate::usage;

/// Serves an API that is described in an OpenAPI document with API Gateway extensions.
#[derive(Debug, Parser)]
#[command(name = "tollgate", version, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve a document on this machine, until stopped
    #[command(after_help = EXIT_CODES)]
    Run(Run),
    /// Serve what is deployed, on this machine, until stopped
    ///
    /// Takes up every deployment, rollback and change of a canary while it serves, and judges the
    /// canaries that were started with steps.
    #[command(after_help = EXIT_CODES)]
    Serve(Serve),
    /// Write down everything Envoy needs to serve a document
    #[command(after_help = EXIT_CODES)]
    Build(Build),
    /// Write down everything Envoy needs to be an edge before one or more gateways
    ///
    /// It speaks TLS with clients, compresses, keeps what may be kept, and tells the gateways who the
    /// client is. Build those with `--client-authorities`, `--client-name` and `--trusted-hops 1`, so
    /// that they believe the edge and nobody else.
    #[command(after_help = EXIT_CODES)]
    Edge(Box<edge::Arguments>),
    /// Say whether a document can be served, and what is wrong with it
    #[command(after_help = EXIT_CODES)]
    Check(Check),
    /// List the routes of a document
    #[command(after_help = EXIT_CODES)]
    Routes(Routes),
    /// Say what the gateway would do with a request, step by step, without any server
    ///
    /// `tollgate explain api.yaml /prod/orders -X POST -H 'x-api-key: ...' -d '{}'`. Nothing is fetched and
    /// nothing is counted: every limit is full, and what a token says has to be given with `--claim` where
    /// the keys to judge it by are elsewhere.
    #[command(after_help = EXIT_CODES)]
    Explain(Box<explain::Arguments>),
    /// Deploy a document to a stage
    ///
    /// The document is kept as a deployment, which never changes, and the stage points to it from now
    /// on. While the stage has a canary, the deployment goes to the canary. Prints the deployment's id.
    #[command(after_help = EXIT_CODES, mut_arg("stage", |arg| arg.required(true)))]
    Deploy(releases::deploy::Arguments),
    /// List what stages serve, or what one has served
    #[command(after_help = EXIT_CODES)]
    Stages(releases::stages::Arguments),
    /// Let a stage serve again what it served before
    #[command(after_help = EXIT_CODES)]
    Rollback(releases::rollback::Arguments),
    /// Let a deployment answer a part of a stage's requests first
    #[command(subcommand, after_help = EXIT_CODES)]
    Canary(releases::canary::Command),
    /// Make, import, list and disable API keys
    #[command(subcommand, after_help = EXIT_CODES)]
    Keys(keys::Command),
    /// Count for gateways what they may let pass
    ///
    /// A server of Envoy's Rate Limit Service protocol. It also answers `GET /healthz`,
    /// `GET /metrics` for Prometheus and `GET /usage`, which `tollgate usage` asks. It does not
    /// authenticate anybody, and whoever reaches it can use up a quota: keep it where only the
    /// gateways are.
    #[command(after_help = EXIT_CODES)]
    Counters(counters::Arguments),
    /// Show what keys have used of a usage plan
    ///
    /// Days are those of UTC. What remains is told of the limit that was last seen for a plan and a
    /// key: of that day for a daily quota, and otherwise of the period that the day is in. It is
    /// unknown where the key has never asked, or where the period does not begin on a day.
    #[command(after_help = EXIT_CODES)]
    Usage(usage::Arguments),
    /// An issuer, tokens and a backend to try things with
    #[command(subcommand, after_help = EXIT_CODES)]
    Dev(dev::Command),
    /// Say which version this is, and which gateway it carries
    Version,
}

/// The document, and what it does not say itself.
#[derive(Clone, Debug, Args)]
pub struct Source {
    /// The OpenAPI document
    #[arg(value_name = "API.YAML")]
    pub document: PathBuf,
    /// What the document cannot say: stages, throttles, usage plans, keys
    #[arg(long, value_name = "TOLLGATE.YAML")]
    pub overlay: Option<PathBuf>,
    /// A file with API keys, as `tollgate keys` keeps them; otherwise the overlay's `apiKeysFile`
    #[arg(long, value_name = "KEYS.CSV")]
    pub keys: Option<PathBuf>,
    /// A file with those who may sign requests, where routes want signatures; otherwise the overlay's
    /// `credentialsFile`
    #[arg(long, value_name = "CREDENTIALS.YAML")]
    pub credentials: Option<PathBuf>,
    /// The stage to serve it on; of an overlay with several, the only one
    #[arg(long, value_name = "NAME")]
    pub stage: Option<String>,
    /// A stage variable; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub stage_variable: Vec<(String, String)>,
    /// The id of the API
    #[arg(long, value_name = "ID")]
    pub api_id: Option<String>,
    /// Whose rules the API follows, where the document does not say
    #[arg(long)]
    pub protocol: Option<Protocol>,
    /// Who may reach the gateway at all
    #[arg(long, default_value = "regional", value_name = "TYPE")]
    pub endpoint_type: endpoint::Kind,
    /// What to do with the base path of the document's server
    #[arg(long)]
    pub base_path: Option<BasePath>,
    /// What `${AWS::Region}` stands for
    #[arg(long)]
    pub region: Option<String>,
    /// What `${AWS::AccountId}` stands for
    #[arg(long, value_name = "ID")]
    pub account_id: Option<String>,
    /// Where the Invoke API is that calls Lambda functions, of an emulator for instance; Lambda's own
    /// where the document names a region. Calls to it are not signed
    #[arg(long, env = "TOLLGATE_LAMBDA_ENDPOINT", value_name = "URL", value_parser = endpoint_url)]
    pub lambda_endpoint: Option<String>,
}

/// Whose rules an API follows.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Protocol {
    /// API Gateway's HTTP API
    Http,
    /// API Gateway's REST API
    Rest,
}

/// What to do with the base path of a document's server.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum BasePath {
    /// Leave it out
    Ignore,
    /// Put it before every path
    Prepend,
    /// Leave out its first segment and put the rest before every path
    Split,
}

/// Where the gateway is reached.
#[derive(Clone, Debug, Args)]
pub struct Listen {
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub address: IpAddr,
    /// The port to listen on; 0 for any that is free
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The port of Envoy's administration, on this machine only; 0 for any that is free
    #[arg(long, default_value_t = 9901, value_name = "PORT")]
    pub admin_port: u16,
    /// The file that the lines of stages' access logs are appended to, as Envoy sees it; standard output
    /// where not given
    #[arg(long, value_name = "FILE")]
    pub access_log: Option<PathBuf>,
    #[command(flatten)]
    pub endpoint: endpoint::Endpoint,
}

/// `tollgate run`
#[derive(Clone, Debug, Args)]
pub struct Run {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub runtime: Runtime,
    /// Take up changes of the document, the overlay and the keys while they are served
    #[arg(long)]
    pub watch: bool,
    /// The folder for Envoy's files; a temporary one where not given
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

/// `tollgate serve`
#[derive(Clone, Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub runtime: Runtime,
    /// Who may reach the gateway at all
    #[arg(long, default_value = "regional", value_name = "TYPE")]
    pub endpoint_type: endpoint::Kind,
    /// The folder that `tollgate deploy` keeps releases in
    #[arg(long, value_name = "DIR", default_value = ".tollgate")]
    pub state: PathBuf,
}

/// How Envoy is run.
#[derive(Clone, Debug, Args)]
pub struct Runtime {
    #[command(flatten)]
    pub listen: Listen,
    /// How many worker threads Envoy has; as many as processors where not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub workers: Option<u16>,
    /// Envoy's program; otherwise `TOLLGATE_ENVOY`, then the PATH, then `.tools/bin/envoy`
    #[arg(long, value_name = "PATH")]
    pub envoy: Option<PathBuf>,
    /// From which level on Envoy's log is shown
    #[arg(long, default_value = "warning", value_name = "LEVEL")]
    pub log_level: LogLevel,
}

/// How much Envoy says.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warning,
    Error,
    Critical,
    Off,
}

/// `tollgate build`
#[derive(Clone, Debug, Args)]
pub struct Build {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub listen: Listen,
    /// The folder to write to; made where it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Where Envoy will find that folder, if not in the same place
    #[arg(long, value_name = "DIR")]
    pub directory: Option<String>,
}

/// `tollgate check`
#[derive(Clone, Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub source: Source,
    /// How to answer
    #[arg(long, default_value = "text")]
    pub format: Format,
}

/// `tollgate routes`
#[derive(Clone, Debug, Args)]
pub struct Routes {
    #[command(flatten)]
    pub source: Source,
    /// How to answer
    #[arg(long, default_value = "text")]
    pub format: Format,
}

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For machines
    Json,
}

/// A `name=value` argument. The value may hold anything, and be empty.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("must be `name=value`".to_owned()),
    }
}

/// The URL of a service.
pub fn endpoint_url(text: &str) -> Result<String, String> {
    tollgate_policy::Endpoint::split(text).map_err(|invalid| invalid.to_string())?;
    Ok(text.trim_end_matches('/').to_owned())
}

/// A word as it is written on the command line.
pub fn word(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|word| word.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_make_sense() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_pair_is_split_at_its_first_equals_sign() {
        let pair = |text| super::pair(text).ok();
        assert_eq!(pair("a=b=c"), Some(("a".into(), "b=c".into())));
        assert_eq!(pair("a="), Some(("a".into(), String::new())));
        assert_eq!(pair("a"), None);
        assert_eq!(pair("=b"), None);
    }
}
