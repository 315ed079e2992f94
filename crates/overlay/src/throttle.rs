//! Throttles and quotas, and what holds while they cannot be counted.

use tollgate_rate_limit::{OnUnavailable, Period, Quota, Throttle};
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings};

/// The most tokens of a throttle, and the most of them a second.
const MAX_TOKENS: u32 = 10_000_000;

/// API Gateway's `ThrottleSettings`.
pub(crate) fn throttle(at: &At<'_>, out: &mut Findings) -> Option<Throttle> {
    let mut fields = at.fields(out)?;
    let throttle = limits(&mut fields, out);
    fields.finish(out);
    throttle
}

/// The keys of `ThrottleSettings`, among others.
pub(crate) fn limits(fields: &mut Fields<'_>, out: &mut Findings) -> Option<Throttle> {
    let rate = fields.need("rateLimit", out);
    let burst = fields.need("burstLimit", out);
    both(rate, burst, fields, out)
}

/// The keys of a stage's settings that throttle, and whether any is there.
pub(crate) fn settings(fields: &mut Fields<'_>, out: &mut Findings) -> Option<Option<Throttle>> {
    const KEYS: [&str; 2] = ["throttlingRateLimit", "throttlingBurstLimit"];
    let [rate, burst] = KEYS.map(|key| fields.take(key));
    if rate.is_none() && burst.is_none() && fields.at.get("onUnavailable").is_none() {
        return Some(None);
    }
    let [rate_key, burst_key] = KEYS;
    let rate = rate.or_else(|| fields.need(rate_key, out));
    let burst = burst.or_else(|| fields.need(burst_key, out));
    both(rate, burst, fields, out).map(Some)
}

fn both(
    rate: Option<At<'_>>,
    burst: Option<At<'_>>,
    fields: &mut Fields<'_>,
    out: &mut Findings,
) -> Option<Throttle> {
    let on_unavailable = on_unavailable(fields, out);
    let rate_limit = rate.as_ref().and_then(|at| at.decimal(0, MAX_TOKENS, out));
    let burst_limit = burst.and_then(|at| at.number(0, MAX_TOKENS, out));
    let throttle = Throttle {
        rate_limit: rate_limit?,
        burst_limit: burst_limit?,
        on_unavailable: on_unavailable?,
    };
    match throttle.check() {
        Ok(()) => Some(throttle),
        Err(invalid) => {
            out.refuse(rate.as_ref().unwrap_or(&fields.at), invalid.reason);
            None
        }
    }
}

/// API Gateway's `QuotaSettings`.
pub(crate) fn quota(at: &At<'_>, out: &mut Findings) -> Option<Quota> {
    let mut fields = at.fields(out)?;
    let limit = fields.need("limit", out).and_then(|at| at.number(0, u32::MAX, out));
    let period = fields.need("period", out).and_then(|at| period(&at, out));
    let offset = fields.take("offset");
    let on_unavailable = on_unavailable(&mut fields, out);
    fields.finish(out);
    let period = period?;
    let most = match period {
        Period::Day => 0,
        Period::Week => 6,
        Period::Month => 27,
    };
    let offset = match offset {
        Some(at) => u8::try_from(at.number(0, most, out)?).ok()?,
        None => 0,
    };
    Some(Quota { limit: limit?, period, offset, on_unavailable: on_unavailable? })
}

fn period(at: &At<'_>, out: &mut Findings) -> Option<Period> {
    match at.string(out)? {
        "DAY" => Some(Period::Day),
        "WEEK" => Some(Period::Week),
        "MONTH" => Some(Period::Month),
        other => {
            let other = quoted(other);
            out.refuse(at, format!("{other} is not known: `DAY`, `WEEK` or `MONTH` belongs here"));
            None
        }
    }
}

fn on_unavailable(fields: &mut Fields<'_>, out: &mut Findings) -> Option<OnUnavailable> {
    let Some(at) = fields.take("onUnavailable") else {
        return Some(OnUnavailable::default());
    };
    match at.string(out)? {
        "local" => Some(OnUnavailable::Local),
        "deny" => Some(OnUnavailable::Deny),
        "allow" => Some(OnUnavailable::Allow),
        other => {
            let other = quoted(other);
            out.refuse(
                &at,
                format!("{other} is not known: `local`, `deny` or `allow` belongs here"),
            );
            None
        }
    }
}
