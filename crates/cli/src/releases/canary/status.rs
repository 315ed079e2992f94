//! `tollgate canary status`: how a canary does, with the numbers.

use serde::Serialize;
use tollgate_releases::analysis::{AnalysisPlan, Judged, Numbers, Side, Verdict};
use tollgate_releases::{CanaryRelease, Outcome, ServedStage, Serving, StageRelease};

use crate::arguments::Format;
use crate::failure::Failure;
use crate::releases::table::{head, table};
use crate::releases::{Stage, json, time};
use crate::terminal;

/// The answer for machines.
#[derive(Debug, Serialize)]
struct Status<'a> {
    api: &'a str,
    stage: &'a str,
    deployment: &'a str,
    canary: Option<&'a CanaryRelease>,
    last_canary: Option<&'a Outcome>,
    /// Whether that is what `tollgate serve` serves; nothing where it has never said.
    is_served: Option<bool>,
    /// Why it does not serve what is kept.
    problem: Option<&'a str>,
}

/// Says how the canary of a stage does, or what became of the last one.
pub fn status(stage: &Stage) -> Result<(), Failure> {
    let store = stage.state.store();
    let state = store.read()?;
    let serving = store.serving()?;
    let api = state.releases.api_of(stage.api_id.as_deref(), &stage.stage)?;
    let release = state.releases.stage(&api, &stage.stage)?;
    terminal::result(&match stage.format {
        Format::Text => {
            let lag = serving.and_then(|serving| lag(&serving, &api, &stage.stage, release));
            let said = text(&api, &stage.stage, release);
            std::iter::once(said).chain(lag).collect::<Vec<_>>().join("\n")
        }
        Format::Json => json(&Status {
            api: &api,
            stage: &stage.stage,
            deployment: &release.deployment,
            canary: release.canary.as_ref(),
            last_canary: release.last_canary.as_ref(),
            is_served: serving.as_ref().map(|serving| {
                serving.stage(&api, &stage.stage).is_some_and(|served| served.is(release))
            }),
            problem: serving.as_ref().and_then(|serving| serving.problem.as_deref()),
        })?,
    })
}

/// What is served instead of what is kept, and why.
fn lag(serving: &Serving, api: &str, stage: &str, release: &StageRelease) -> Option<String> {
    let problem = serving.problem.as_ref().map(|problem| format!(": {problem}"));
    let served = serving.stage(api, stage);
    if served.is_some_and(|served| served.is(release)) {
        let problem = problem?;
        return Some(format!(
            "`tollgate serve` serves that, and not all else that is kept{problem}"
        ));
    }
    let what = match served {
        None => "nothing".to_owned(),
        Some(ServedStage { deployment, canary }) => {
            let deployment = deployment.as_deref().unwrap_or("a document");
            match canary {
                None => format!("{deployment} and no canary"),
                Some(canary) => {
                    let of = canary.deployment.as_deref().unwrap_or("of the same deployment");
                    format!("{deployment}, and its canary {of} gets {}", canary.percent_traffic)
                }
            }
        }
    };
    let problem = problem.unwrap_or_default();
    Some(format!(
        "`tollgate serve` has not taken that up: it serves {what}, and judges no canary until it \
         has{problem}"
    ))
}

/// The answer for people.
fn text(api: &str, stage: &str, release: &StageRelease) -> String {
    let of = format!("stage `{stage}` of `{api}`");
    let (mut lines, canary) = match (&release.canary, &release.last_canary) {
        (Some(canary), _) => {
            let percent = canary.settings.percent_traffic;
            let head = format!("{of} serves {}, its canary {}", release.deployment, what(canary));
            (vec![format!("{head} gets {percent}")], canary)
        }
        (None, Some(last)) => {
            let head = format!("{of} serves {} and has no canary", release.deployment);
            let at = time::text(last.at);
            let what = what(&last.canary);
            (
                vec![
                    head,
                    format!("its last canary {what} was {} at {at}: {}", last.end, last.reason),
                ],
                &last.canary,
            )
        }
        (None, None) => return format!("{of} serves {} and has no canary", release.deployment),
    };
    lines.extend(
        canary
            .settings
            .stage_variable_overrides
            .iter()
            .map(|(name, value)| format!("with the stage variable {name} = {value}")),
    );
    if let Some(plan) = &canary.analysis {
        lines.push(steps(plan, canary));
    }
    if !canary.progress.verdicts.is_empty() {
        lines.push(verdicts(&canary.progress.verdicts));
    }
    lines.join("\n")
}

fn what(canary: &CanaryRelease) -> &str {
    canary.settings.deployment.as_deref().unwrap_or("of the same deployment")
}

fn steps(plan: &AnalysisPlan, canary: &CanaryRelease) -> String {
    let steps: Vec<_> = plan.steps.iter().map(|step| step.0.to_string()).collect();
    let then = if plan.promote { "then promoted" } else { "then left for somebody to promote" };
    format!(
        "step {} of {} ({}) since {}, each at least {} s and {} requests, {then}",
        canary.progress.step + 1,
        plan.steps.len(),
        steps.join(", "),
        time::text(canary.progress.step_began),
        plan.interval_secs,
        plan.min_requests,
    )
}

fn verdicts(verdicts: &[Judged]) -> String {
    let names = [
        "AT",
        "TRAFFIC",
        "VERDICT",
        "REQUESTS",
        "4XX",
        "5XX",
        "P",
        "GIVEN UP",
        "P",
        "P99",
        "CANARY P99 AT LEAST",
    ];
    let mut lines = vec![head(names)];
    for judged in verdicts {
        let mut line = vec![time::text(judged.at), judged.percent_traffic.to_string()];
        match &judged.verdict {
            Verdict::Wait { have, need } => {
                line.extend(["waiting".to_owned(), format!("{have} of {need}")]);
            }
            Verdict::Healthy { numbers } => line.extend(compared("healthy", numbers)),
            Verdict::Failing { numbers, .. } => line.extend(compared("failing", numbers)),
        }
        lines.push(line);
    }
    format!("{}\nwhere two numbers stand, the stage's is the first", table(&lines))
}

fn compared(verdict: &str, numbers: &Numbers) -> [String; 9] {
    let both = |of: fn(&Side) -> String| format!("{} | {}", of(&numbers.base), of(&numbers.canary));
    let at_least = match (numbers.canary_p99_at_least_micros, numbers.p99_limit_micros) {
        (Some(at_least), Some(limit)) => format!("{} of {}", millis(at_least), millis(limit)),
        _ => "?".to_owned(),
    };
    [
        verdict.to_owned(),
        both(|side| side.requests.to_string()),
        both(|side| side.errors_4xx.to_string()),
        both(|side| format!("{} ({:.2} %)", side.errors_5xx, 100.0 * side.rate_5xx())),
        format!("{:.4}", numbers.errors_5xx.p_value),
        both(|side| side.abandoned.to_string()),
        format!("{:.4}", numbers.abandoned.p_value),
        both(|side| side.p99_micros.map_or_else(|| "?".to_owned(), millis)),
        at_least,
    ]
}

fn millis(micros: f64) -> String {
    format!("{:.1} ms", micros / 1000.0)
}

#[cfg(test)]
mod tests;
