//! The answer to a preflight, and what is said beside every other.

use std::ops::RangeInclusive;

use tollgate_policy::{
    Compile, Exchange, Headers, Host, Invalid, Needs, Origin, Policy, Request, Response, Verdict,
    is_token, vary_on,
};

use crate::config::Config;
use crate::origins::Origins;

/// How long a browser may remember a preflight: API Gateway's own bounds.
const MAX_AGE_SECS: RangeInclusive<i32> = -1..=86_400;

/// Each list goes out as one header field, which has to fit among those that a client takes.
const MAX_NAMES: usize = 100;

/// Twice what API Gateway takes for the name of a method.
const MAX_NAME_BYTES: usize = 128;

/// What every field of a response that is about CORS begins with.
const PREFIX: &[u8] = b"access-control-";

/// Says which origins may send what, and read what.
#[derive(Debug)]
pub struct Cors {
    origins: Origins,
    /// The fields that an allowed origin gets with every response.
    always: Vec<(&'static str, String)>,
    /// And those that it gets with the answer to a preflight besides.
    preflight: Vec<(&'static str, String)>,
}

impl Cors {
    /// The answer to a preflight: to `OPTIONS` with `Origin` and `Access-Control-Request-Method`,
    /// whatever they say. Any other request is none, and is for the integration to answer.
    ///
    /// What is allowed goes out as it is configured, and the browser compares it with what it asked
    /// for. An origin that is not allowed is told nothing.
    #[must_use]
    pub fn preflight(&self, request: &Request) -> Option<Response> {
        let has = |name| request.headers.get(name).is_some();
        let asks = has("origin") && has("access-control-request-method");
        if request.method() != b"OPTIONS" || !asks {
            return None;
        }
        let mut response = Response { status: 204, ..Response::default() };
        self.mark(request, &mut response.headers);
        if self.grant(request).is_some() {
            for (name, value) in &self.preflight {
                response.headers.set(name, value);
            }
        }
        Some(response)
    }

    /// Makes a response say what the configuration says of the request's origin. What it said about
    /// CORS before is gone, even where nothing is said now.
    ///
    /// The origin is the one that arrived, whatever became of the request's fields since.
    pub fn mark(&self, request: &Request, response: &mut Headers) {
        let names: Vec<_> = (response.iter())
            .filter(|(name, _)| {
                name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
            })
            .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
            .collect();
        for name in names {
            response.remove(&name);
        }
        if self.origins.are_told_apart() {
            // Whether or not this one is allowed: a cache must not give its response to another.
            vary_on(response, "Origin");
        }
        if let Some(origin) = self.grant(request) {
            response.set("access-control-allow-origin", origin);
            for (name, value) in &self.always {
                response.set(name, value);
            }
        }
    }

    /// What to say to the request's origin. A request with several has none.
    fn grant<'r>(&self, request: &'r Request) -> Option<&'r str> {
        let headers = &request.headers;
        let arrived = headers.arrived("origin")?;
        if headers.get_all("origin").nth(1).is_some() {
            return None;
        }
        self.origins.grant(arrived)
    }
}

impl Policy for Cors {
    type Notes = ();

    fn needs(&self) -> Needs {
        Needs { responses: true, ..Needs::default() }
    }

    fn on_request(&self, (): &mut (), exchange: &mut Exchange, _: &dyn Host) -> Verdict {
        match self.preflight(&exchange.request) {
            Some(response) => Verdict::Respond(response),
            None => Verdict::Continue,
        }
    }

    fn on_response(
        &self,
        (): &mut (),
        exchange: &mut Exchange,
        response: &mut Response,
        _: &Origin,
        _: &dyn Host,
    ) -> Verdict {
        self.mark(&exchange.request, &mut response.headers);
        Verdict::Continue
    }
}

impl Compile for Cors {
    type Config = Config;

    fn compile(config: Config) -> Result<Self, Invalid> {
        let origins = Origins::compile(&config.allow_origins)
            .map_err(|invalid| invalid.within("allow_origins"))?;
        if let Some(max_age) = config.max_age_secs
            && !MAX_AGE_SECS.contains(&max_age)
        {
            let (least, most) = (MAX_AGE_SECS.start(), MAX_AGE_SECS.end());
            let reason = format!("`{max_age}` is not from {least} to {most}");
            return Err(Invalid::new("max_age_secs", reason));
        }
        let lists = [
            ("allow_methods", "access-control-allow-methods", &config.allow_methods),
            ("allow_headers", "access-control-allow-headers", &config.allow_headers),
            ("expose_headers", "access-control-expose-headers", &config.expose_headers),
        ];
        for (field, _, names) in lists {
            check_names(names).map_err(|invalid| invalid.within(field))?;
        }
        if config.allow_credentials {
            // Of methods and header fields a `*` is a name to browsers then, and grants nothing.
            check_no_wildcard(&config.allow_origins)
                .map_err(|invalid| invalid.within("allow_origins"))?;
        }
        let [methods, headers, exposed] = lists.map(|(_, name, names)| {
            Some((name, names.join(","))).filter(|(_, names)| !names.is_empty())
        });
        let max_age = config.max_age_secs.map(|secs| ("access-control-max-age", secs.to_string()));
        let credentials = (config.allow_credentials)
            .then(|| ("access-control-allow-credentials", "true".to_owned()));
        Ok(Self {
            origins,
            always: [exposed, credentials].into_iter().flatten().collect(),
            preflight: [methods, headers, max_age].into_iter().flatten().collect(),
        })
    }
}

/// Names of methods or header fields, or `*`, which could be one.
fn check_names(names: &[String]) -> Result<(), Invalid> {
    if names.len() > MAX_NAMES {
        return Err(Invalid::new("", format!("must not be more than {MAX_NAMES}")));
    }
    let wrong = |name: &String| name.len() > MAX_NAME_BYTES || !is_token(name.as_bytes());
    match names.iter().enumerate().find(|(_, name)| wrong(name)) {
        None => Ok(()),
        Some((index, name)) => {
            let shown = name.escape_default();
            let reason = format!(
                "`{shown}` is not `*`, nor a name of RFC 9110 of at most {MAX_NAME_BYTES} bytes"
            );
            Err(Invalid::new(format!("[{index}]"), reason))
        }
    }
}

/// To browsers `*` is all only as long as there are no credentials (Fetch, "CORS protocol and credentials").
fn check_no_wildcard(names: &[String]) -> Result<(), Invalid> {
    match names.iter().position(|name| name == "*") {
        None => Ok(()),
        Some(index) => {
            let reason = "`*` cannot be allowed together with `allow_credentials`";
            Err(Invalid::new(format!("[{index}]"), reason))
        }
    }
}
