//! `counters`: the server that counts for several proxies, and for quotas.

use tollgate_policy::Endpoint;
use tollgate_rate_limit::Counters;
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings};

use crate::COUNTERS;

/// Which server counts, and for how many proxies.
pub(crate) fn read(at: &At<'_>, out: &mut Findings) -> Option<(Counters, Endpoint)> {
    let mut fields = at.fields(out)?;
    let mut counters = Counters::behind(COUNTERS);
    let endpoint = fields.need("address", out).and_then(|at| address(&at, out));
    if let Some(at) = fields.take("domain") {
        let text = at.filled(out).unwrap_or_default();
        if text.len() > 255 {
            out.refuse(&at, "a domain has at most 255 characters");
        }
        counters.domain = text.to_owned();
    }
    for (key, value, least, most) in [
        ("fleetSize", &mut counters.fleet_size, 1, 10_000),
        ("waitMillis", &mut counters.wait_millis, 0, 1_000),
        ("timeoutMillis", &mut counters.timeout_millis, 10, 10_000),
    ] {
        if let Some(number) = fields.take(key).and_then(|at| at.number(least, most, out)) {
            *value = number;
        }
    }
    fields.finish(out);
    Some((counters, endpoint?))
}

/// `host:port`, with `http://` or `https://` before it or without.
fn address(at: &At<'_>, out: &mut Findings) -> Option<Endpoint> {
    let text = at.filled(out)?;
    let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    match Endpoint::split(&url) {
        Ok((endpoint, "" | "/")) => Some(endpoint),
        Ok(_) => {
            out.refuse(at, format!("{} is more than `host:port`", quoted(text)));
            None
        }
        Err(invalid) => {
            out.refuse(at, invalid.reason);
            None
        }
    }
}
