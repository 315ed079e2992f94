//! The canary of one stage, compiled.

use std::time::Duration;

use tollgate_canary::{Meters, Release, Shadow, Split, Sticky, Variant};
use tollgate_policy::{Exchange, Host, Invalid};

use crate::api::Place;
use crate::definition;

/// What answers a part of a stage's requests in its place.
#[derive(Debug)]
pub(crate) struct Canary {
    split: Split,
    shadow: Option<Shadow>,
    meters: Meters,
    /// Where its content is.
    pub(crate) place: Place,
    /// The header fields that choose between the two.
    pub(crate) looks_at: Vec<String>,
    /// Whether chance does, where they do not.
    pub(crate) is_drawn: bool,
}

impl Canary {
    /// `stage` is what metrics know the stage by.
    pub(crate) fn compile(
        stage: &str,
        canary: &definition::Canary,
        place: Place,
    ) -> Result<Self, Invalid> {
        // Another release gets other callers first.
        let salt = match &canary.deployment {
            Some(deployment) => format!("{stage}/{deployment}"),
            None => stage.to_owned(),
        };
        let (sticky, chosen_by) = (canary.sticky.clone(), canary.chosen_by.as_ref());
        let split = Split::compile(canary.percent_traffic, sticky, chosen_by, &salt)?;
        let shadow = Shadow::compile(canary.percent_shadow)
            .map_err(|invalid| invalid.within("percent_shadow"))?;
        let is_shadowed = canary.percent_shadow.0 > 0.0;
        let release = Release::of(canary.deployment.as_deref(), &canary.stage_variable_overrides);
        let meters = Meters::of(stage, Some(release));
        Ok(Self {
            split,
            shadow: is_shadowed.then_some(shadow),
            meters,
            place,
            looks_at: looks_at(canary),
            is_drawn: is_drawn(canary),
        })
    }

    pub(crate) fn needs_source_address(&self) -> bool {
        self.split.needs_source_address()
    }

    /// Which of the two answers a request.
    pub(crate) fn choose(&self, exchange: &mut Exchange) -> Variant {
        self.split.choose(exchange)
    }

    /// Whether the canary gets a copy of a request that it does not answer.
    pub(crate) fn shadows(&self, exchange: &Exchange) -> bool {
        self.shadow.is_some_and(|shadow| shadow.copies(exchange))
    }

    /// Notes that the client gave up after this time.
    pub(crate) fn abandon(&self, variant: Variant, after: Duration, host: &dyn Host) {
        self.meters.abandon(variant, after, host);
    }

    /// Notes an answer that came after this time.
    pub(crate) fn count(&self, variant: Variant, status: u16, after: Duration, host: &dyn Host) {
        self.meters.count(variant, status, after, host);
    }
}

fn looks_at(canary: &definition::Canary) -> Vec<String> {
    let sticky = canary.sticky.as_ref().and_then(|sticky| match sticky {
        Sticky::SourceIp => None,
        Sticky::Header(name) => Some(name.as_str()),
        Sticky::Cookie(_) => Some("cookie"),
        Sticky::Claim(_) => Some("authorization"),
        Sticky::ApiKey => Some("x-api-key"),
    });
    let chosen_by = canary.chosen_by.as_ref().map(|chosen_by| chosen_by.header.as_str());
    [sticky, chosen_by].into_iter().flatten().map(str::to_ascii_lowercase).collect()
}

fn is_drawn(canary: &definition::Canary) -> bool {
    let shares = canary.percent_traffic.0 > 0.0 && canary.percent_traffic.0 < 100.0;
    shares && matches!(canary.sticky, None | Some(Sticky::SourceIp))
}
