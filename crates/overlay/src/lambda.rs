//! `lambda`: where functions are called.

use tollgate_lambda::{Functions, Place};
use tollgate_policy::Endpoint;
use tollgate_source::{At, Fields, Findings};

/// The longest name of a region that is read; AWS's own have up to 14 characters.
const MAX_REGION_BYTES: usize = 32;

/// Where all functions are called, and single ones that are elsewhere.
pub(crate) fn read(at: &At<'_>, out: &mut Findings) -> Functions {
    let mut functions = Functions::default();
    let Some(mut fields) = at.fields(out) else {
        return functions;
    };
    let region = region(&mut fields, out);
    if let Some(endpoint) = endpoint(&mut fields, out) {
        functions.all =
            Some(Place { endpoint: Some(endpoint), name: None, signing_region: region });
    } else if region.is_some() {
        out.refuse_key(at, "`signingRegion` needs the `endpoint` that it is for");
    }
    if let Some(at) = fields.take("functions")
        && at.map(out).is_some()
    {
        for (name, at) in at.entries() {
            if name.contains(':') {
                out.refuse_key(
                    &at,
                    "a function's name belongs here, without an alias or a version",
                );
                continue;
            }
            if let Some(place) = function(&at, out) {
                functions.by_name.insert(name.to_owned(), place);
            }
        }
    }
    fields.finish(out);
    functions
}

/// A function that is called somewhere else, or by another name, than the others.
fn function(at: &At<'_>, out: &mut Findings) -> Option<Place> {
    let mut fields = at.fields(out)?;
    let endpoint = endpoint(&mut fields, out);
    let signing_region = region(&mut fields, out);
    let name = fields.take("name").and_then(|at| at.filled(out)).map(str::to_owned);
    fields.finish(out);
    Some(Place { endpoint, name, signing_region })
}

fn endpoint(fields: &mut Fields<'_>, out: &mut Findings) -> Option<String> {
    let at = fields.take("endpoint")?;
    let text = at.filled(out)?;
    match Endpoint::split(text) {
        Ok(_) => Some(text.trim_end_matches('/').to_owned()),
        Err(invalid) => {
            out.refuse(&at, invalid.reason);
            None
        }
    }
}

fn region(fields: &mut Fields<'_>, out: &mut Findings) -> Option<String> {
    let at = fields.take("signingRegion")?;
    let text = at.filled(out)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.len() > MAX_REGION_BYTES || !text.bytes().all(plain) {
        out.refuse(&at, "a region such as `us-east-1` belongs here");
        return None;
    }
    Some(text.to_owned())
}
