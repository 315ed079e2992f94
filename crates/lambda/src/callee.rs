//! A function, as it is called.

use std::time::Duration;

use tollgate_mapping::encode;
use tollgate_policy::{Call, Endpoint, Headers, Invalid, Scheme};

use crate::Function;

/// The longest name with ARN and qualifier that Lambda takes is 170 characters; this leaves room.
const MAX_NAME_CHARS: usize = 256;

const MAX_REGION_CHARS: usize = 32;

/// The version of the Invoke API that every client speaks, and that of the one that streams.
const FUNCTIONS: &str = "/2015-03-31/functions/";
const STREAMING: &str = "/2021-11-15/functions/";

/// A function that can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callee {
    cluster: String,
    authority: String,
    path: String,
}

/// The proxy's name for an Invoke API: one that is signed is another than the same unsigned.
#[must_use]
pub fn cluster(endpoint: &Endpoint, signing_region: Option<&str>) -> String {
    match signing_region {
        None => endpoint.cluster(),
        Some(region) => format!("{endpoint}#lambda.{region}"),
    }
}

/// The same of functions that write what they return as a stream: the proxy calls them itself, and makes
/// the body of a request that has none. A `!` is in no name, so none can lead there.
#[must_use]
pub fn streaming_cluster(endpoint: &Endpoint, signing_region: Option<&str>) -> String {
    format!("{}!stream", cluster(endpoint, signing_region))
}

impl Callee {
    /// The function that a configuration names.
    ///
    /// # Errors
    /// [`Invalid`] for a name that no function has, or an endpoint that is none.
    pub fn compile(function: &Function) -> Result<Self, Invalid> {
        Self::at(function, cluster, FUNCTIONS, "/invocations")
    }

    /// The same, of a function that writes what it returns as a stream.
    ///
    /// # Errors
    /// [`Invalid`] for a name that no function has, or an endpoint that is none.
    pub fn streaming(function: &Function) -> Result<Self, Invalid> {
        Self::at(function, streaming_cluster, STREAMING, "/response-streaming-invocations")
    }

    fn at(
        function: &Function,
        cluster: fn(&Endpoint, Option<&str>) -> String,
        before: &str,
        after: &str,
    ) -> Result<Self, Invalid> {
        check_name(&function.name)?;
        let (endpoint, path) = function.place()?;
        let mut name = Vec::new();
        encode(function.name.as_bytes(), &mut name);
        let name = String::from_utf8_lossy(&name);
        Ok(Self {
            cluster: cluster(&endpoint, function.signing_region.as_deref()),
            authority: endpoint.authority(),
            path: format!("{path}{before}{name}{after}"),
        })
    }

    /// The call that hands the function an event and waits for what it returns. `trace` is what
    /// `X-Amzn-Trace-Id` says, so that the function's own trace goes on from it.
    #[must_use]
    pub fn call(&self, event: Vec<u8>, trace: Option<&str>, timeout: Duration) -> Call {
        let mut headers = Headers::from_iter([
            (":method", "POST"),
            (":path", &self.path),
            (":authority", &self.authority),
            ("content-type", "application/json"),
            ("content-length", &event.len().to_string()),
            ("user-agent", "AmazonAPIGateway"),
        ]);
        if let Some(trace) = trace {
            headers.append("x-amzn-trace-id", trace);
        }
        Call { cluster: self.cluster.clone(), headers, body: event, timeout }
    }
}

impl Function {
    /// Where the Invoke API is, and the path before its own.
    ///
    /// # Errors
    /// [`Invalid`] where that is no URL, or cannot be signed for.
    pub fn place(&self) -> Result<(Endpoint, &str), Invalid> {
        let at = |invalid: Invalid| invalid.within("endpoint");
        let (endpoint, path) = Endpoint::split(&self.endpoint).map_err(at)?;
        let path = path.strip_suffix('/').unwrap_or(path);
        if path.contains('?') || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            let reason = "is a URL without a query, in ASCII";
            return Err(at(Invalid::new("", reason)));
        }
        if let Some(region) = &self.signing_region {
            let plain =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if !(1..=MAX_REGION_CHARS).contains(&region.len()) || !region.bytes().all(plain) {
                let reason = format!("`{region}` is not a region such as `us-east-1`");
                return Err(Invalid::new("signing_region", reason));
            }
            if endpoint.scheme == Scheme::Http && !endpoint.is_loopback() {
                let reason = "what is signed is sent over `https`, or on this machine";
                return Err(at(Invalid::new("", reason)));
            }
        }
        Ok((endpoint, path))
    }
}

fn check_name(name: &str) -> Result<(), Invalid> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:$./".contains(&byte);
    let is_named = name.bytes().any(|byte| byte.is_ascii_alphanumeric());
    if name.len() <= MAX_NAME_CHARS && is_named && name.bytes().all(plain) {
        return Ok(());
    }
    let reason = format!("`{name}` is neither the name of a function nor its ARN");
    Err(Invalid::new("name", reason))
}
