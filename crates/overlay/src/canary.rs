//! `canarySettings`: what answers a part of a stage's requests in its place.

use std::collections::BTreeMap;

use tollgate_canary::{Override, Percent, Sticky};
use tollgate_gateway::definition::Canary;
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings, Value};

use crate::stage::variables;

/// API Gateway's `CanarySettings`, and what is ours besides.
pub(crate) fn read(at: &At<'_>, out: &mut Findings) -> Option<Canary> {
    let mut fields = at.fields(out)?;
    if let Some(at) = fields.take("deploymentId") {
        let reason = "there are no deployments in an overlay: `tollgate canary start` makes one, and \
                      the canary here differs by its stage variables";
        out.refuse_key(&at, reason);
    }
    let percent_traffic = fields.need("percentTraffic", out).and_then(|at| percent(&at, out));
    let overrides = fields.take("stageVariableOverrides");
    let overrides = overrides.map(|at| variables(&at, out)).unwrap_or_default();
    let use_stage_cache = fields.take("useStageCache").and_then(|at| at.flag(out));
    let sticky = fields.take("sticky").map(|at| sticky(&at, out));
    let chosen_by = fields.take("override").map(|at| chosen_by(&at, out));
    let percent_shadow = fields.take("percentShadow").map(|at| percent(&at, out));
    fields.finish(out);
    // What was wrong has been said, and is left out.
    Some(Canary {
        deployment: None,
        percent_traffic: percent_traffic?,
        stage_variable_overrides: overrides,
        use_stage_cache: use_stage_cache.unwrap_or_default(),
        sticky: sticky.flatten(),
        chosen_by: chosen_by.flatten(),
        percent_shadow: percent_shadow.flatten().unwrap_or_default(),
    })
}

fn percent(at: &At<'_>, out: &mut Findings) -> Option<Percent> {
    at.decimal(0, 100, out).map(Percent)
}

/// What keeps a caller with the stage or with the canary.
fn sticky(at: &At<'_>, out: &mut Findings) -> Option<Sticky> {
    const WHAT: &str = "`sourceIp`, `apiKey`, `{header: NAME}`, `{cookie: NAME}` or `{claim: NAME}` \
                        belongs here";
    if let Value::Map(_) = &at.node.value {
        let mut fields = at.fields(out)?;
        let mut name = |key| fields.take(key).map(|at| at.filled(out).map(str::to_owned));
        let named = (name("header"), name("cookie"), name("claim"));
        fields.finish(out);
        return match named {
            (Some(name), None, None) => Some(Sticky::Header(name?)),
            (None, Some(name), None) => Some(Sticky::Cookie(name?)),
            (None, None, Some(name)) => Some(Sticky::Claim(name?)),
            _ => {
                out.refuse_key(at, WHAT);
                None
            }
        };
    }
    match at.string(out)? {
        "sourceIp" => Some(Sticky::SourceIp),
        "apiKey" => Some(Sticky::ApiKey),
        other => {
            out.refuse(at, format!("{} is not known: {WHAT}", quoted(other)));
            None
        }
    }
}

/// How testers choose for themselves.
fn chosen_by(at: &At<'_>, out: &mut Findings) -> Option<Override> {
    let mut fields = at.fields(out)?;
    let header = fields.need("header", out).and_then(|at| at.filled(out));
    let digests = ["canarySha256", "baseSha256"].map(|key| fields.take(key));
    fields.finish(out);
    if digests.iter().all(Option::is_none) {
        out.refuse_key(at, "`canarySha256`, `baseSha256` or both belong here");
        return None;
    }
    let [canary_sha256, base_sha256] = digests.map(|at| at.map(|at| digest(&at, out)));
    let is_wrong = |digest: &Option<Option<String>>| digest.as_ref().is_some_and(Option::is_none);
    if is_wrong(&canary_sha256) || is_wrong(&base_sha256) {
        return None;
    }
    Some(Override {
        header: header?.to_owned(),
        canary_sha256: canary_sha256.flatten(),
        base_sha256: base_sha256.flatten(),
    })
}

fn digest(at: &At<'_>, out: &mut Findings) -> Option<String> {
    let text = at.filled(out)?;
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        out.refuse(at, "a SHA-256 belongs here: 64 hexadecimal digits");
        return None;
    }
    Some(text.to_owned())
}

/// Whether a canary differs from its stage in anything.
pub(crate) fn check(
    canary: &Canary,
    stage: &BTreeMap<String, String>,
    at: &At<'_>,
    out: &mut Findings,
) {
    let differs = |(name, value): (&String, &String)| stage.get(name) != Some(value);
    if !canary.stage_variable_overrides.iter().any(differs) {
        let reason = "the canary is what the stage is, until another deployment is its own: \
                      `stageVariableOverrides` has no other value than the stage";
        out.notice(at, reason);
    }
    let split = tollgate_canary::Split::compile(
        canary.percent_traffic,
        canary.sticky.clone(),
        canary.chosen_by.as_ref(),
        "",
    );
    if let Err(invalid) = split {
        out.refuse_key(at, invalid.to_string());
    }
}
