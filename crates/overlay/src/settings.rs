//! The settings of methods and routes, whose names differ between the kinds of API.

use tollgate_gateway::definition::Protocol;
use tollgate_rate_limit::Throttle;
use tollgate_source::{At, Findings};

use crate::throttle;

/// The settings of API Gateway's methods and routes that this version does not serve. Nothing is
/// opened without them.
const LEFT_OUT: [(&str, &str); 7] = [
    ("cacheDataEncrypted", "`cacheDataEncrypted` is not served by this version: nothing is cached"),
    ("cacheTtlInSeconds", "`cacheTtlInSeconds` is not served by this version: nothing is cached"),
    ("cachingEnabled", "`cachingEnabled` is not served by this version: nothing is cached"),
    ("dataTraceEnabled", "`dataTraceEnabled` is not served by this version: nothing is traced"),
    ("loggingLevel", "`loggingLevel` is not looked at: logs are the proxy's"),
    (
        "requireAuthorizationForCacheControl",
        "`requireAuthorizationForCacheControl` is not served by this version: nothing is cached",
    ),
    (
        "unauthorizedCacheControlHeaderStrategy",
        "`unauthorizedCacheControlHeaderStrategy` is not served by this version: nothing is cached",
    ),
];

/// What is said of a method or a route, or of all that have no settings of their own.
#[derive(Debug)]
pub(crate) struct Settings<'a> {
    /// Absent where nothing is said of throttling.
    pub(crate) throttle: Option<Throttle>,
    /// Where it is said that requests are counted for each of them.
    pub(crate) detailed_metrics: Option<At<'a>>,
}

/// Reads settings.
pub(crate) fn read<'a>(at: &At<'a>, of: Protocol, out: &mut Findings) -> Option<Settings<'a>> {
    let mut fields = at.fields(out)?;
    for (key, reason) in LEFT_OUT {
        fields.notice(key, reason, out);
    }
    let metrics = fields.take(match of {
        Protocol::Http => "detailedMetricsEnabled",
        Protocol::Rest => "metricsEnabled",
    });
    let detailed_metrics = metrics.filter(|at| at.flag(out) == Some(true));
    let throttle = throttle::settings(&mut fields, out);
    fields.finish(out);
    Some(Settings { throttle: throttle?, detailed_metrics })
}

/// Settings of one method or route alone.
pub(crate) fn read_one(at: &At<'_>, of: Protocol, out: &mut Findings) -> Option<Option<Throttle>> {
    let settings = read(at, of, out)?;
    if let Some(at) = settings.detailed_metrics {
        let all = match of {
            Protocol::Http => "`defaultRouteSettings`",
            Protocol::Rest => "`*/*`",
        };
        let reason = format!("every route is counted by itself, or none: {all} says which");
        out.notice(&at, reason);
    }
    Some(settings.throttle)
}
