//! From what a function returned to a response.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use tollgate_payload::BinaryMediaTypes;
use tollgate_policy::{Headers, Response, is_token};

use crate::Format;

/// API Gateway's limit on the header fields of a response, names and values together.
const MAX_HEAD_BYTES: usize = 10_240;

/// API Gateway's limit is on bytes alone. More fields than this no client reads.
const MAX_FIELDS: usize = 500;

/// What API Gateway says itself, and so keeps of a function's under another name.
const REMAPPED: [&str; 4] = ["connection", "content-length", "date", "server"];

/// What belongs to a connection. It goes nowhere.
const DROPPED: [&str; 6] =
    ["keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

const JSON: &str = "application/json";
const TEXT: &str = "text/plain;charset=UTF-8";

/// What is wrong with what a function returned. For the operator.
pub(crate) type Wrong = &'static str;

/// The response that a function returned.
pub(crate) fn response(
    returned: Vec<u8>,
    format: Format,
    accept: &[u8],
    binary: &BinaryMediaTypes,
) -> Result<Response, Wrong> {
    let parsed: Result<Value, _> = serde_json::from_slice(&returned);
    let value = parsed.map_err(|_| "the function returned what is not JSON")?;
    match (value, format) {
        (Value::Object(said), Format::V2) if said.contains_key("statusCode") => v2(said),
        // What API Gateway reads as the words of a function that has failed, whoever returned them.
        (Value::Object(said), Format::V2) if said.contains_key("errorMessage") => {
            Err("the function returned what a failed one says")
        }
        (Value::String(text), Format::V2) => Ok(inferred(text.into_bytes())),
        (_, Format::V2) => Ok(inferred(returned)),
        (Value::Object(said), Format::V1) => v1(said),
        (Value::Object(said), Format::Rest) => rest(said, accept, binary),
        (_, Format::V1 | Format::Rest) => Err("the function returned no object"),
    }
}

/// The status and the header fields that a stream begins with.
pub(crate) fn streamed(head: &[u8]) -> Result<Response, Wrong> {
    let parsed: Result<Map<String, Value>, _> = serde_json::from_slice(head);
    let mut said = parsed.map_err(|_| "the stream does not begin with JSON")?;
    let status = status(said.remove("statusCode"))?.unwrap_or(200);
    let mut fields = Fields::of(&mut said, Value::is_boolean)?;
    fields.cookies(said.remove("cookies"))?;
    fields.rename("www-authenticate");
    Ok(fields.response(status, Vec::new(), JSON))
}

/// What a function of format 2.0 may return instead of a response: the body alone. A string is the text
/// that it says.
fn inferred(body: Vec<u8>) -> Response {
    Response { status: 200, headers: Headers::from_iter([("content-type", JSON)]), body }
}

fn v2(mut said: Map<String, Value>) -> Result<Response, Wrong> {
    let status = status(said.remove("statusCode"))?.ok_or("the status is `null`")?;
    said.remove("multiValueHeaders");
    let mut fields = Fields::of(&mut said, is_plain)?;
    fields.cookies(said.remove("cookies"))?;
    let is_base64 = is_base64(said.remove("isBase64Encoded"))?;
    let body = match said.remove("body") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        // Unlike API Gateway, of which nothing is known here.
        Some(other) => other.to_string(),
    };
    Ok(fields.response(status, decoded(body, is_base64)?, TEXT))
}

fn v1(mut said: Map<String, Value>) -> Result<Response, Wrong> {
    let status = status(said.remove("statusCode"))?.ok_or("there is no `statusCode`")?;
    let fields = Fields::of(&mut said, is_plain)?;
    let is_base64 = is_base64(said.remove("isBase64Encoded"))?;
    let body = text(said.remove("body"))?;
    Ok(fields.response(status, decoded(body, is_base64)?, TEXT))
}

/// A REST API takes nothing that it does not know, and of values in header fields only text and truth.
fn rest(
    mut said: Map<String, Value>,
    accept: &[u8],
    binary: &BinaryMediaTypes,
) -> Result<Response, Wrong> {
    if said.is_empty() {
        return Err("the function returned an empty object");
    }
    let status = status(said.remove("statusCode"))?.unwrap_or(200);
    let mut fields = Fields::of(&mut said, Value::is_boolean)?;
    fields.rename("www-authenticate");
    let is_base64 = is_base64(said.remove("isBase64Encoded"))?;
    let body = text(said.remove("body"))?;
    if !said.is_empty() {
        return Err("there is a member that a REST API does not know");
    }
    // Base64 goes out as it is to who does not say that it takes bytes.
    let body = decoded(body, is_base64 && binary.contain(accept))?;
    Ok(fields.response(status, body, JSON))
}

fn is_plain(value: &Value) -> bool {
    value.is_boolean() || value.is_number()
}

/// A status is a number or says one. Only those count that can end an exchange.
fn status(said: Option<Value>) -> Result<Option<u16>, Wrong> {
    const WRONG: Wrong = "`statusCode` is not a status from 200 to 599";
    let text = match said {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text,
        Some(_) => return Err(WRONG),
    };
    // To some languages `200.0` is a whole number.
    let digits = text.strip_suffix(".0").unwrap_or(&text);
    let status = if digits.len() == 3 { digits.parse().ok() } else { None };
    status.filter(|status| (200..=599).contains(status)).map(Some).ok_or(WRONG)
}

fn text(said: Option<Value>) -> Result<String, Wrong> {
    match said {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err("`body` is not a string"),
    }
}

fn is_base64(said: Option<Value>) -> Result<bool, Wrong> {
    match said {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(is_base64)) => Ok(is_base64),
        Some(_) => Err("`isBase64Encoded` is neither true nor false"),
    }
}

fn decoded(body: String, is_base64: bool) -> Result<Vec<u8>, Wrong> {
    if !is_base64 {
        return Ok(body.into_bytes());
    }
    STANDARD.decode(body.trim_ascii()).map_err(|_| "`body` is not Base64")
}

/// The header fields of a response, as far as they are known.
#[derive(Debug, Default)]
struct Fields {
    headers: Headers,
    count: usize,
    bytes: usize,
}

/// Which values that are not text a function may give a header field.
type Takes = fn(&Value) -> bool;

impl Fields {
    /// What is said in both ways is said once.
    fn of(said: &mut Map<String, Value>, takes: Takes) -> Result<Self, Wrong> {
        let mut fields = Self::default();
        fields.lists(said.remove("multiValueHeaders"), takes)?;
        let has_lists = fields.count > 0;
        for (name, value) in object(said.remove("headers"), "`headers` is not an object")? {
            let (name, value) = read(&name, value, takes)?;
            let is_said =
                has_lists && fields.headers.get_all(&name).any(|known| known == value.as_bytes());
            if !is_said {
                fields.push(&name, &value)?;
            }
        }
        Ok(fields)
    }

    fn lists(&mut self, said: Option<Value>, takes: Takes) -> Result<(), Wrong> {
        for (name, values) in object(said, "`multiValueHeaders` is not an object")? {
            let Value::Array(values) = values else {
                return Err("a member of `multiValueHeaders` is not a list");
            };
            for value in values {
                let (name, value) = read(&name, value, takes)?;
                self.push(&name, &value)?;
            }
        }
        Ok(())
    }

    fn cookies(&mut self, said: Option<Value>) -> Result<(), Wrong> {
        let cookies = match said {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::Array(cookies)) => cookies,
            Some(_) => return Err("`cookies` is not a list"),
        };
        for cookie in cookies {
            let (name, cookie) = read("set-cookie", cookie, |_| false)?;
            self.push(&name, &cookie)?;
        }
        Ok(())
    }

    fn push(&mut self, name: &str, value: &str) -> Result<(), Wrong> {
        self.count = self.count.saturating_add(1);
        self.bytes = self.bytes.saturating_add(name.len()).saturating_add(value.len());
        if self.count > MAX_FIELDS || self.bytes > MAX_HEAD_BYTES {
            return Err("the header fields are more than 500, or longer than 10,240 bytes");
        }
        if REMAPPED.contains(&name) {
            self.headers.append(&format!("x-amzn-remapped-{name}"), value);
        } else if !DROPPED.contains(&name) {
            self.headers.append(name, value);
        }
        Ok(())
    }

    /// Keeps a field under the name that says whose it was.
    fn rename(&mut self, name: &str) {
        let values: Vec<_> = self.headers.get_all(name).map(<[u8]>::to_vec).collect();
        self.headers.remove(name);
        for value in values {
            self.headers.append(&format!("x-amzn-remapped-{name}"), value);
        }
    }

    fn response(mut self, status: u16, mut body: Vec<u8>, media_type: &str) -> Response {
        if has_no_body(status) {
            body.clear();
        } else if self.headers.get("content-type").is_none() {
            self.headers.set("content-type", media_type);
        }
        Response { status, headers: self.headers, body }
    }
}

/// RFC 9110 sections 15.3.5 and 15.4.5: what would follow the head is the head of the next response.
pub(crate) const fn has_no_body(status: u16) -> bool {
    matches!(status, 204 | 304)
}

/// A header field as it goes out: what could end the head of a response and begin another never does.
fn read(name: &str, value: Value, takes: Takes) -> Result<(String, String), Wrong> {
    let value = match value {
        Value::String(text) => text,
        plain if takes(&plain) => plain.to_string(),
        _ => return Err("the value of a header field is not text"),
    };
    let is_clean = value.bytes().all(|byte| byte == b'\t' || !byte.is_ascii_control());
    if !is_token(name.as_bytes()) || !is_clean {
        return Err("there is a header field that HTTP does not have");
    }
    Ok((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned()))
}

fn object(said: Option<Value>, wrong: Wrong) -> Result<Map<String, Value>, Wrong> {
    match said {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members),
        Some(_) => Err(wrong),
    }
}
