//! What follows from how a canary does.

use std::time::Duration;

use tollgate_canary::Percent;

use super::counts::{Look, Window};
use super::judge::{Base, Judged, Verdict, judge};
use super::plan::AnalysisPlan;
use crate::canary::{CanaryRelease, End};
use crate::{Error, Releases};

/// How many verdicts are kept: those of the steps of most plans, for people.
const MAX_VERDICTS: usize = 20;

/// How long a proxy may take until its histograms have what its counters have: they are merged every
/// second.
pub const FLUSH: Duration = Duration::from_millis(1500);

/// What is to be done with a canary.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nothing yet.
    Hold,
    /// It gets this much of the traffic from now on.
    Step(Percent),
    /// It becomes what the stage serves.
    Promote,
    /// It is removed, for a reason.
    RollBack(String),
}

/// A moment, by two clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time since something that does not change, by a clock that nobody sets. It decides.
    pub monotonic: Duration,
    /// Seconds since 1970, for people.
    pub unix: u64,
}

/// What is remembered between two looks at the same canary. It is not kept on disk: whoever starts
/// anew watches for a whole interval again, for the monotonic clock and the totals may have started anew
/// as well.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    window: Option<Open>,
}

/// A window that is not over.
#[derive(Clone, Debug)]
struct Open {
    key: Key,
    first: Look,
    /// When the interval began, which may be after the first look.
    since: Duration,
    /// The look at its end, and when that was, while there are latencies that it does not have yet.
    ended: Option<(Look, Duration)>,
}

/// What a window is about. Numbers of one are never compared with those of another.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    base: String,
    canary: Option<String>,
    overrides: Vec<(String, String)>,
    percent: Percent,
    began: u64,
    step: usize,
}

impl Key {
    /// What a window of a canary is about, on a stage that serves a deployment.
    #[must_use]
    pub fn of(base: &str, canary: &CanaryRelease) -> Self {
        let overrides = canary.settings.stage_variable_overrides.iter();
        Self {
            base: base.to_owned(),
            canary: canary.settings.deployment.clone(),
            overrides: overrides.map(|(name, value)| (name.clone(), value.clone())).collect(),
            percent: canary.settings.percent_traffic,
            began: canary.began,
            step: canary.progress.step,
        }
    }
}

impl Observation {
    /// Whether a look at the totals would be of use: nothing is watched yet, something else is, or the
    /// interval is over.
    #[must_use]
    pub fn is_due(&self, base: &str, canary: &CanaryRelease, now: Moment) -> bool {
        let Some(plan) = &canary.analysis else { return false };
        match &self.window {
            Some(open) if open.key == Key::of(base, canary) => open.is_over(plan, now),
            _ => true,
        }
    }
}

impl Open {
    fn begin(key: Key, look: &Look, now: Moment) -> Self {
        Self { key, first: look.clone(), since: now.monotonic, ended: None }
    }

    /// Whether there is something to be seen: the end of the interval, or the latencies that came late.
    fn is_over(&self, plan: &AnalysisPlan, now: Moment) -> bool {
        let (since, time) = match self.ended {
            Some((_, at)) => (at, FLUSH),
            None => (self.since, Duration::from_secs(plan.interval_secs)),
        };
        // A clock that has gone back is another clock.
        now.monotonic.checked_sub(since).is_none_or(|elapsed| elapsed >= time)
    }

    /// What became of the requests of both since the first look.
    fn windows(&self, look: &Look) -> Option<(Window, Window)> {
        let of_base = Window::between(&self.first.base, &look.base)?;
        Some((of_base, Window::between(&self.first.canary, &look.canary)?))
    }
}

/// Judges a canary, on a stage that serves the deployment `base`, if its interval is over, and says what
/// follows. What follows is put into the canary where it stays one; promoting and removing it are for
/// the caller, as [`Releases::advance`] does.
///
/// The proxy serves both as they are said to be here, since [`FLUSH`] at least: that is for the caller to
/// know. After a step the next look begins a window, whenever that is.
///
/// A window in which the totals went down is thrown away, for then the proxy has started anew. Where
/// there were too few requests, the window goes on for another interval.
#[must_use]
pub fn advance(
    base: &str,
    canary: &mut CanaryRelease,
    observation: &mut Observation,
    look: &Look,
    now: Moment,
) -> Action {
    let Some(plan) = canary.analysis.clone() else { return Action::Hold };
    let key = Key::of(base, canary);
    let open = match &mut observation.window {
        Some(open) if open.key == key && now.monotonic >= open.since => open,
        _ => {
            observation.window = Some(Open::begin(key, look, now));
            return Action::Hold;
        }
    };
    if open.windows(look).is_none() {
        *open = Open::begin(key, look, now);
        return Action::Hold;
    }
    if !open.is_over(&plan, now) {
        return Action::Hold;
    }
    let compares_latencies = plan.conditions.p99_ratio.is_some();
    let end = match open.ended.take() {
        Some((end, _)) => end.with_latencies_of(look),
        None if !compares_latencies || look.is_complete_since(&open.first) => look.clone(),
        None => {
            open.ended = Some((look.clone(), now.monotonic));
            return Action::Hold;
        }
    };
    let Some((of_base, of_canary)) = open.windows(&end) else {
        *open = Open::begin(key, look, now);
        return Action::Hold;
    };
    let percent = canary.settings.percent_traffic;
    let next = canary.progress.step.saturating_add(1);
    let compared = match &canary.progress.reference {
        // At 100 % the base gets nothing, but for testers who ask for it.
        Some(reference) if percent.0 >= 100.0 => Base::Past(reference),
        _ if plan.steps.get(next).is_some_and(|next| next.0 >= 100.0) => Base::Last(&of_base),
        _ => Base::Present(&of_base),
    };
    let verdict = judge(compared, &of_canary, &plan, canary.progress.stays);
    let is_compared = of_canary.0.requests.min(compared.window().0.requests) >= plan.min_requests;
    let reference = compared.window().clone();
    canary.progress.note(Judged {
        at: now.unix,
        percent_traffic: percent,
        verdict: verdict.clone(),
    });
    match verdict {
        Verdict::Wait { .. } => {
            canary.progress.stays = canary.progress.stays.saturating_add(u64::from(is_compared));
            open.since = now.monotonic;
            Action::Hold
        }
        Verdict::Failing { reason, .. } => {
            observation.window = None;
            Action::RollBack(reason)
        }
        Verdict::Healthy { .. } => {
            canary.progress.reference = Some(reference);
            if let Some(step) = plan.steps.get(next) {
                canary.progress.step = next;
                canary.progress.step_began = now.unix;
                canary.progress.stays = 0;
                canary.settings.percent_traffic = *step;
                observation.window = None;
                return Action::Step(*step);
            }
            if plan.promote {
                observation.window = None;
                return Action::Promote;
            }
            canary.progress.stays = canary.progress.stays.saturating_add(1);
            *open = Open::begin(key, look, now);
            Action::Hold
        }
    }
}

impl crate::Progress {
    /// Keeps a verdict. Of several in a row that there were too few requests, the last says it all.
    fn note(&mut self, judged: Judged) {
        let waits = |judged: &Judged| matches!(judged.verdict, Verdict::Wait { .. });
        if waits(&judged) && self.verdicts.last().is_some_and(waits) {
            self.verdicts.pop();
        }
        self.verdicts.push(judged);
        let over = self.verdicts.len().saturating_sub(MAX_VERDICTS);
        self.verdicts.drain(..over);
    }
}

impl Releases {
    /// Judges the canary of a stage and does what follows: it gets more traffic, is promoted, or is
    /// removed. A stage without a canary holds, and so does one that has changed since the look: `key`
    /// is what the look was at.
    ///
    /// Whoever cannot keep the result must not keep the observation either: it is advanced too.
    ///
    /// # Errors
    /// [`Error::Refused`] for a stage that is not there.
    pub fn advance(
        &mut self,
        (api, stage): (&str, &str),
        key: &Key,
        observation: &mut Observation,
        look: &Look,
        now: Moment,
    ) -> Result<Action, Error> {
        let present = self.stage_mut(api, stage)?;
        let Some(canary) = present.canary.as_mut() else { return Ok(Action::Hold) };
        if Key::of(&present.deployment, canary) != *key {
            return Ok(Action::Hold);
        }
        let action = advance(&present.deployment, canary, observation, look, now);
        match &action {
            Action::Hold | Action::Step(_) => {}
            Action::Promote => {
                self.promote(api, stage, "healthy at every step", now.unix)?;
            }
            Action::RollBack(reason) => {
                self.abort(api, stage, End::RolledBack, reason, now.unix)?
            }
        }
        Ok(action)
    }
}
