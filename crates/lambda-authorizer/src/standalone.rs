//! An authorizer of every request, as a filter of its own.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tollgate_iam::{Api, Decision, Malformed, readings};
use tollgate_policy::{
    Compile, Exchange, Host, Invalid, Needs, Policy, Response, Verdict, Work, is_steering,
    is_token, text,
};

use crate::config::{Format, Kind};
use crate::notes::Notes;

/// Who decides, and what is told of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The authorizer.
    pub authorizer: crate::Config,
    /// The proxy's cluster for the service; named `https://host:port` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Header fields to send on, by name, and what of the answer's `context` each carries. What a client
    /// sends under these names is removed. Up to 20.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context_to_headers: BTreeMap<String, String>,
    /// The region that methods are in, in small letters; `us-east-1` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The account that methods belong to: twelve digits, `123456789012` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The API that methods are of; `tollgate` where absent. Up to 128 letters, digits, `-`, `_` and
    /// `$`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_id: Option<String>,
    /// The stage that methods are of; `$default` where absent. Paths have none of it. As long as an
    /// API's id, and of the same characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

/// An authorizer of every request, compiled.
#[derive(Debug)]
pub struct LambdaAuthorizer {
    authorizer: crate::LambdaAuthorizer,
    cluster: Option<String>,
    context_to_headers: BTreeMap<String, String>,
    format: Format,
    api: Api,
    account_id: Rc<str>,
    api_id: Rc<str>,
    stage: Rc<str>,
}

/// The most header fields that may carry what an answer says: each is written for a request.
const MAX_CONTEXT_HEADERS: usize = 20;

/// The route of everything, as REST APIs and as HTTP APIs have it.
const PROXY: &str = "/{proxy+}";
const DEFAULT: &str = "$default";

/// The longest trace that is handed on. What is longer is none.
const MAX_TRACE_BYTES: usize = 512;

impl Policy for LambdaAuthorizer {
    type Notes = Notes;

    fn needs(&self) -> Needs {
        self.authorizer.needs()
    }

    fn on_request(&self, notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        for name in self.context_to_headers.keys() {
            exchange.request.headers.remove_alike(name);
        }
        self.place(exchange);
        if readings(exchange.request.path()).is_none() {
            // Whatever is said of it, it may lead elsewhere.
            return self.authorizer.conclude(notes, exchange, Decision::ImplicitDeny);
        }
        self.on_wake(notes, exchange, host)
    }

    fn on_wake(&self, notes: &mut Notes, exchange: &mut Exchange, host: &dyn Host) -> Verdict {
        let (arn, path) = self.called(exchange);
        let verdict = self.authorizer.ask(notes, exchange, &arn, &path, host);
        self.go_on(verdict, notes, exchange)
    }

    fn on_reply(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        reply: Option<Response>,
        host: &dyn Host,
    ) -> Verdict {
        let (arn, _) = self.called(exchange);
        let verdict = self.authorizer.on_reply(notes, exchange, &arn, reply, host);
        self.go_on(verdict, notes, exchange)
    }

    fn work(&self, _: &dyn Host) -> Work {
        self.authorizer.work()
    }

    fn is_pressed(&self) -> bool {
        self.authorizer.is_pressed()
    }

    fn inherit(&self, previous: &Self) {
        self.authorizer.inherit(&previous.authorizer);
    }
}

impl LambdaAuthorizer {
    #[cfg(test)]
    pub(crate) const fn authorizer(&self) -> &crate::LambdaAuthorizer {
        &self.authorizer
    }

    /// Says where the request is: at the route that takes everything.
    fn place(&self, exchange: &mut Exchange) {
        // The function's own trace goes on from the client's.
        let trace = exchange.request.headers.get("x-amzn-trace-id");
        let trace = trace.filter(|trace| trace.len() <= MAX_TRACE_BYTES);
        let trace = trace.and_then(|trace| std::str::from_utf8(trace).ok()).map(str::to_owned);
        let rest = String::from_utf8_lossy(exchange.request.path());
        let rest = rest.trim_start_matches('/').to_owned();
        let context = &mut exchange.context;
        context.trace_id = trace;
        context.account_id = Some(self.account_id.clone());
        context.api_id = self.api_id.clone();
        context.stage = self.stage.clone();
        context.request_id = format!("{:032x}", exchange.nonce);
        context.extended_request_id = context.request_id.clone();
        match self.format {
            Format::Rest => {
                context.resource_path = PROXY.into();
                if !rest.is_empty() {
                    context.path_parameters.insert("proxy".into(), rest);
                }
            }
            Format::V1 | Format::V2 => context.route_key = DEFAULT.into(),
        }
    }

    /// The ARN of the method that is called, and the path.
    fn called(&self, exchange: &Exchange) -> (String, String) {
        let method = String::from_utf8_lossy(exchange.request.method());
        let path = String::from_utf8_lossy(exchange.request.path()).into_owned();
        (self.api.method_arn(&self.stage, &method, &path), path)
    }

    /// Once there is an answer, decides by it.
    fn go_on(&self, verdict: Verdict, notes: &Notes, exchange: &mut Exchange) -> Verdict {
        match verdict {
            Verdict::Continue => {}
            Verdict::Call(mut call) => {
                if let Some(cluster) = &self.cluster {
                    call.cluster.clone_from(cluster);
                }
                return Verdict::Call(call);
            }
            other @ (Verdict::Respond(_) | Verdict::Body | Verdict::Wait(_)) => return other,
        }
        let method = String::from_utf8_lossy(exchange.request.method());
        let decide = |arn: &str| self.authorizer.decide(notes, exchange, arn);
        let path = exchange.request.path();
        let (decision, _) = self.api.decide_call(&self.stage, &method, path, decide);
        let verdict = self.authorizer.conclude(notes, exchange, decision);
        if matches!(verdict, Verdict::Continue) {
            self.forward(exchange);
        }
        verdict
    }

    fn forward(&self, exchange: &mut Exchange) {
        let Some(caller) = &exchange.context.authorizer else { return };
        for (header, key) in &self.context_to_headers {
            if let Some(value) = caller.context.get(key) {
                exchange.request.headers.set(header, text(value));
            }
        }
    }
}

impl Compile for LambdaAuthorizer {
    type Config = Config;

    fn compile(config: Config) -> Result<Self, Invalid> {
        let refuse = |malformed: Malformed| Invalid::new(malformed.path, malformed.reason);
        let Config { region, account_id, api_id, .. } = &config;
        let api = Api::named(region.as_deref(), account_id.as_deref(), api_id.as_deref())
            .map_err(refuse)?;
        let stage = config.stage.unwrap_or_else(|| DEFAULT.to_owned());
        Api::check_name(&stage).map_err(|malformed| refuse(malformed).within("stage"))?;
        let format = match &config.authorizer.kind {
            Kind::Token(_) => Format::Rest,
            Kind::Request(request) => request.format,
        };
        let authorizer = crate::LambdaAuthorizer::compile(config.authorizer)
            .map_err(|invalid| invalid.within("authorizer"))?;
        let at = |invalid: Invalid| invalid.within("context_to_headers");
        check_context_to_headers(&config.context_to_headers).map_err(at)?;
        let names = config.context_to_headers.keys().map(String::as_str);
        authorizer.check_own_headers(names).map_err(at)?;
        Ok(Self {
            authorizer,
            cluster: config.cluster,
            context_to_headers: config.context_to_headers,
            format,
            account_id: api.account_id.as_str().into(),
            api_id: api.api_id.as_str().into(),
            api,
            stage: stage.into(),
        })
    }
}

/// Whether these header fields can carry what an answer says.
fn check_context_to_headers(headers: &BTreeMap<String, String>) -> Result<(), Invalid> {
    let refuse = |reason: String| Err(Invalid::new("", reason));
    if headers.len() > MAX_CONTEXT_HEADERS {
        return refuse(format!("must not be more than {MAX_CONTEXT_HEADERS}"));
    }
    for (name, key) in headers {
        if !is_token(name.as_bytes()) {
            return refuse(format!("`{}` is not a header field", name.escape_default()));
        }
        if is_steering(name) {
            return refuse(format!("`{name}` cannot carry what an answer says"));
        }
        if key.is_empty() {
            return refuse(format!("`{name}` names nothing of the answer"));
        }
    }
    Ok(())
}
