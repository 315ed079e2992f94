//! One statement of a policy.

use serde_json::Value as Json;

use crate::action::Actions;
use crate::answer::all;
use crate::condition::Condition;
use crate::elements::{Elements, each, text};
use crate::malformed::{Malformed, shown};
use crate::policy::{Kind, Request};
use crate::principals::Principals;
use crate::resources::Resources;
use crate::segments::Reach;
use crate::work::Work;

const NAMES: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// What is allowed or denied to whom, of what, and when.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) effect: Effect,
    /// `None` in a policy that belongs to somebody.
    principals: Option<Principals>,
    actions: Actions,
    resources: Resources,
    conditions: Box<[Condition]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

impl Statement {
    pub(crate) fn parse(
        written: &Json,
        has_variables: bool,
        kind: Kind<'_>,
    ) -> Result<Self, Malformed> {
        let elements = Elements::of(written, &NAMES)?;
        if let Some(sid) = elements.get("Sid") {
            text(sid).map_err(|malformed| malformed.within("Sid"))?;
        }
        let effect = effect(elements).map_err(|malformed| malformed.within("Effect"))?;
        let principals = principals(elements, effect, kind)?;
        let (name, written, is_negated) = required(elements, ["Action", "NotAction"])?;
        let actions = actions(written).map_err(|malformed| malformed.within(name))?;
        let actions = if is_negated { actions.others() } else { actions };
        let (name, written, is_negated) = required(elements, ["Resource", "NotResource"])?;
        let reach = match effect {
            Effect::Allow => Reach::Part,
            Effect::Deny => Reach::Whole,
        };
        let resources = Resources::parse(written, is_negated, reach, has_variables, kind)
            .map_err(|malformed| malformed.within(name))?;
        let conditions = match elements.get("Condition") {
            None => Box::default(),
            Some(written) => Condition::parse_all(written, has_variables)
                .map_err(|malformed| malformed.within("Condition"))?,
        };
        Ok(Self { effect, principals, actions, resources, conditions })
    }

    /// Whether it applies to a request. `None` if it cannot be told.
    pub(crate) fn applies(&self, request: &Request<'_>, work: &Work) -> Option<bool> {
        let is_about = self.actions.has(request.action)
            && (self.principals.as_ref()).is_none_or(|principals| match self.effect {
                Effect::Allow => principals.admit(request.principal, owner(request.resource)),
                Effect::Deny => principals.covers(request.principal),
            });
        if !is_about {
            return Some(false);
        }
        let covers = self.resources.cover(request.resource, request.keys, work);
        if covers == Some(false) {
            return covers;
        }
        let holds = self.conditions.iter().map(|condition| condition.holds(request.keys, work));
        all(std::iter::once(covers).chain(holds))
    }

    /// The keys that it asks for.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.resources.keys().chain(self.conditions.iter().flat_map(Condition::keys))
    }
}

/// The account that a resource belongs to.
fn owner(resource: &str) -> &str {
    resource.split(':').nth(4).unwrap_or_default()
}

fn effect(elements: Elements<'_>) -> Result<Effect, Malformed> {
    let written = elements.get("Effect").ok_or_else(|| Malformed::new("is missing"))?;
    match text(written)? {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(Malformed::new(format!("`{}` is neither `Allow` nor `Deny`", shown(other)))),
    }
}

fn principals(
    elements: Elements<'_>,
    effect: Effect,
    kind: Kind<'_>,
) -> Result<Option<Principals>, Malformed> {
    let written = elements.either(["Principal", "NotPrincipal"])?;
    match (written, kind) {
        (None, Kind::Identity) => Ok(None),
        (Some((name, ..)), Kind::Identity) => {
            let reason = "belongs in a resource policy only: this one is about its caller";
            Err(Malformed::new(reason).within(name))
        }
        (None, Kind::Resource(_)) => {
            Err(Malformed::new("is missing: say whom this is about, if everyone then `*`")
                .within("Principal"))
        }
        (Some((name, _, true)), Kind::Resource(_)) if effect == Effect::Allow => {
            Err(Malformed::new("can only be denied to").within(name))
        }
        (Some((name, written, is_negated)), Kind::Resource(_)) => {
            let parsed = Principals::parse(written, is_negated);
            parsed.map(Some).map_err(|malformed| malformed.within(name))
        }
    }
}

fn actions(written: &Json) -> Result<Actions, Malformed> {
    let mut actions = Actions::default();
    each(written, |written| actions.add(text(written)?))?;
    Ok(actions)
}

fn required<'d, 'n>(
    elements: Elements<'d>,
    names: [&'n str; 2],
) -> Result<(&'n str, &'d Json, bool), Malformed> {
    let [plain, _] = names;
    elements.either(names)?.ok_or_else(|| Malformed::new("is missing").within(plain))
}
