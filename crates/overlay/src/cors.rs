//! `cors`: which pages of other origins may call the API, whatever kind it is of.

use tollgate_cors::{Config, Cors};
use tollgate_policy::Compile;
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings, Value};

/// What the parts of a configuration are called here.
const NAMES: [(&str, &str); 6] = [
    ("allow_credentials", "allowCredentials"),
    ("allow_headers", "allowHeaders"),
    ("allow_methods", "allowMethods"),
    ("allow_origins", "allowOrigins"),
    ("expose_headers", "exposeHeaders"),
    ("max_age_secs", "maxAge"),
];

/// Reads a CORS configuration.
pub(crate) fn read(at: &At<'_>, out: &mut Findings) -> Option<Config> {
    let mut fields = at.fields(out)?;
    let config = Config {
        allow_origins: names(&mut fields, "allowOrigins", out),
        allow_methods: names(&mut fields, "allowMethods", out),
        allow_headers: names(&mut fields, "allowHeaders", out),
        expose_headers: names(&mut fields, "exposeHeaders", out),
        max_age_secs: fields.take("maxAge").and_then(|at| max_age(&at, out)),
        allow_credentials: (fields.take("allowCredentials"))
            .and_then(|at| at.flag(out))
            .unwrap_or_default(),
    };
    fields.finish(out);
    let Err(invalid) = Cors::compile(config.clone()) else {
        return Some(config);
    };
    let (field, index) = invalid.field.split_once('[').unwrap_or((&invalid.field, ""));
    let named = NAMES.iter().find(|(name, _)| *name == field).and_then(|(_, key)| at.get(key));
    let listed = index.trim_end_matches(']').parse::<usize>().ok();
    let item = named.as_ref().zip(listed).and_then(|(at, index)| at.items().nth(index));
    let mut reason = invalid.reason;
    for (name, key) in NAMES {
        reason = reason.replace(&quoted(name), &quoted(key));
    }
    out.refuse(&item.or(named).unwrap_or_else(|| at.clone()), reason);
    None
}

fn names(fields: &mut Fields<'_>, key: &'static str, out: &mut Findings) -> Vec<String> {
    let items = fields.take(key).and_then(|at| at.list(out)).unwrap_or_default();
    items.iter().filter_map(|at| at.filled(out).map(str::to_owned)).collect()
}

fn max_age(at: &At<'_>, out: &mut Findings) -> Option<i32> {
    let secs = match &at.node.value {
        Value::Number(text) => text.parse().ok(),
        _ => None,
    };
    if secs.is_none() {
        out.refuse(at, "a whole number of seconds from -1 to 86400 belongs here");
    }
    secs
}
