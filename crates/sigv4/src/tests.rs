//! Which signatures are good.

mod refusals;
mod suites;
mod texts;

#[cfg(not(target_arch = "wasm32"))]
mod properties;

use std::time::Duration;

use crate::{Outcome, Presented, Refusal, Request, Scope, Secret, SigningKey, Stamp, Verified};

const ACCESS_KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// The secret of the one row that was signed by somebody else.
const OTHER_SECRET: &str = "notrealrnrELgWzOk3IfjzDKtFBhDby";
const REGION: &str = "us-east-1";

/// A request as text on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wire {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Wire {
    /// Takes a request line apart; some in the suites have spaces in their targets.
    fn new(line: &str, headers: Vec<(String, String)>, body: &str) -> Self {
        let (method, rest) = line.split_once(' ').unwrap();
        let target = rest.strip_suffix(" HTTP/1.1").unwrap_or(rest);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let [method, path, query] = [method, path, query].map(str::to_owned);
        Self { method, path, query, headers, body: body.as_bytes().to_vec() }
    }

    fn with<T>(&self, look: impl FnOnce(&Request<'_>) -> T) -> T {
        let headers: Vec<_> = (self.headers.iter())
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
        let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"host"));
        look(&Request {
            method: self.method.as_bytes(),
            path: self.path.as_bytes(),
            query: self.query.as_bytes(),
            authority: host.map_or(b"", |(_, value)| value.trim_ascii()),
            headers: &headers,
        })
    }

    /// Sets, adds or, with an empty value, removes a field.
    fn set(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// Everything that is asked of a request, at this time and at this service.
fn judge(
    wire: &Wire,
    region: &str,
    service: &str,
    now: Duration,
) -> Result<Option<Verified>, Refusal> {
    wire.with(|request| {
        let Some(presented) = Presented::read(request)? else { return Ok(None) };
        presented.check(region, service, now)?;
        let secret = if presented.scope().access_key == ACCESS_KEY { SECRET } else { OTHER_SECRET };
        let key = SigningKey::derive(&Secret::new(secret), presented.scope());
        if let Outcome::Verified(_) = presented.verify(request, &key, None)? {
            panic!("verified without a body");
        }
        match presented.verify(request, &key, Some(&wire.body))? {
            Outcome::Verified(verified) => Ok(Some(verified)),
            Outcome::NeedsBody => panic!("there is no more body than this"),
        }
    })
}

const AT: &str = "20150830T123600Z";

fn at(text: &str) -> Duration {
    Stamp::parse(text.as_bytes()).unwrap().since_epoch()
}

fn scope() -> Scope {
    let [access_key, date, region, service] =
        [ACCESS_KEY, "20150830", REGION, "execute-api"].map(str::to_owned);
    Scope { access_key, date, region, service }
}

/// A small request, signed: `GET /orders?b=2&a=1`, with two fields.
fn signed() -> Wire {
    let headers = [("Host", "api.example.com"), ("X-Amz-Date", AT), ("My-Header", "a  b")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let wire = Wire::new("GET /orders?b=2&a=1 HTTP/1.1", headers.to_vec(), "");
    sign(wire, &["host", "my-header", "x-amz-date"])
}

/// Signs what may have been signed before.
fn sign(wire: Wire, names: &[&str]) -> Wire {
    let key = SigningKey::derive(&Secret::new(SECRET), &scope());
    let stamp = Stamp::parse(AT.as_bytes()).unwrap();
    let value = wire.with(|request| key.authorize(request, &scope(), stamp, names, &wire.body));
    wire.set("Authorization", &value)
}

/// The small request without its header field, presigned, with more parameters.
fn presigned(lifetime: u32, more: &str) -> Wire {
    let query = format!(
        "b=2&a=1&{more}X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fexecute-api%2Faws4_request\
         &X-Amz-Date={AT}&X-Amz-Expires={lifetime}&X-Amz-SignedHeaders=host&X-Amz-Signature="
    );
    let headers = vec![("Host".to_owned(), "api.example.com".to_owned())];
    let line = format!("GET /orders?{query}{} HTTP/1.1", "0".repeat(64));
    let mut wire = Wire::new(&line, headers, "");
    // What should have been signed is told by the refusal of what was not.
    let Err(Refusal::Mismatch { string_to_sign, .. }) = judge(&wire, REGION, "execute-api", at(AT))
    else {
        panic!("{wire:?}");
    };
    let key = SigningKey::derive(&Secret::new(SECRET), &scope());
    let signature = crate::encode::hex(&key.sign(string_to_sign.as_bytes()));
    wire.query = query + str::from_utf8(&signature).unwrap();
    wire
}
