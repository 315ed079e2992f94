//! `x-amazon-apigateway-cors`: which pages of other origins may call an HTTP API.

use tollgate_cors::{Config, Cors};
use tollgate_policy::Compile;
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings, Value};

use crate::extensions::Extended as _;
use crate::text::reason;

/// Reads the CORS configuration of an API.
pub(crate) fn read(at: &At<'_>, out: &mut Findings) -> Option<Config> {
    let mut fields = at.fields(out)?;
    let config = Config {
        allow_origins: names(&mut fields, "allowOrigins", |config| &mut config.allow_origins, out),
        allow_methods: names(&mut fields, "allowMethods", |config| &mut config.allow_methods, out),
        allow_headers: names(&mut fields, "allowHeaders", |config| &mut config.allow_headers, out),
        expose_headers: names(
            &mut fields,
            "exposeHeaders",
            |config| &mut config.expose_headers,
            out,
        ),
        max_age_secs: fields.take("maxAge").and_then(|at| max_age(&at, out)),
        allow_credentials: (fields.take("allowCredentials"))
            .and_then(|at| at.flag(out))
            .unwrap_or_default(),
    };
    if config.allow_credentials {
        let origins = at.get("allowOrigins");
        for origin in origins.iter().flat_map(At::items) {
            if origin.node.text() == Some("*") {
                out.refuse(&origin, "`*` cannot be allowed together with `allowCredentials`");
            }
        }
    }
    fields.done(out);
    Some(config)
}

/// Reads one of the lists: `of` says which.
fn names(
    fields: &mut Fields<'_>,
    key: &'static str,
    of: impl Fn(&mut Config) -> &mut Vec<String>,
    out: &mut Findings,
) -> Vec<String> {
    let check = |names: &[String]| {
        let mut config = Config::default();
        *of(&mut config) = names.to_vec();
        Cors::compile(config).map(drop)
    };
    let Some(at) = fields.take(key) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for item in at.list(out).unwrap_or_default() {
        let Some(name) = item.filled(out).map(str::to_owned) else { continue };
        match check(std::slice::from_ref(&name)) {
            Ok(()) => names.push(name),
            Err(invalid) => out.refuse(&item, reason(&invalid)),
        }
    }
    // Each is right by itself, and there may still be too many.
    if let Err(invalid) = check(&names) {
        out.refuse_key(&at, reason(&invalid));
    }
    names
}

fn max_age(at: &At<'_>, out: &mut Findings) -> Option<i32> {
    let number = match &at.node.value {
        Value::Number(text) => text.parse().ok(),
        _ => None,
    };
    let is_right = |secs: &i32| {
        Cors::compile(Config { max_age_secs: Some(*secs), ..Config::default() }).is_ok()
    };
    let secs = number.filter(is_right);
    if secs.is_none() {
        let found = at.node.text().map(|text| format!(", not {}", quoted(text)));
        let found = found.unwrap_or_default();
        let reason = format!("a whole number of seconds from -1 to 86400 belongs here{found}");
        out.refuse(at, reason);
    }
    secs
}
