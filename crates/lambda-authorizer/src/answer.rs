//! What a function, or a service in its place, answers.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::{Map, Value};
use tollgate_iam::{Action, Decision, Kind, Policy, Principal};
use tollgate_iam_policies::Policies;
use tollgate_policy::{Claims, Exchange};

use crate::config::Format;

/// The longest answer that is read: a policy may have 64 KiB, and what else is said of a caller as much.
const MAX_ANSWER_BYTES: usize = 128 * 1024;

/// The longest name of a principal: that of an ARN, which is the longest that there is.
const MAX_PRINCIPAL_CHARS: usize = 2_048;

/// The longest API key: API Gateway's own bound is 128 characters.
const MAX_KEY_CHARS: usize = 256;

/// What is answered about a caller.
#[derive(Debug)]
pub(crate) struct Answer {
    grant: Grant,
    pub(crate) principal_id: Option<Rc<str>>,
    pub(crate) context: Rc<Claims>,
    pub(crate) usage_identifier_key: Option<Secret>,
    /// How long it was.
    pub(crate) bytes: usize,
}

/// What the caller may do.
#[derive(Debug)]
enum Grant {
    /// What a policy says.
    Policy(Policies),
    /// Everything.
    All,
    /// Nothing.
    Nothing,
}

/// What answers look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A policy, and a context of texts, numbers and truth values.
    Policy,
    /// A policy, and a context of any values.
    PolicyAndValues,
    /// A yes or a no, and a context of any values.
    Simple,
}

/// An API key.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) Rc<str>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Secret(..)")
    }
}

impl Shape {
    pub(crate) const fn of(format: Format, simple_responses: bool) -> Self {
        match (format, simple_responses) {
            (Format::V2, true) => Self::Simple,
            (Format::V2, false) => Self::PolicyAndValues,
            (Format::Rest | Format::V1, _) => Self::Policy,
        }
    }
}

impl Answer {
    /// Reads an answer, whole or not at all. What is wrong with it is for the operator.
    pub(crate) fn parse(text: &[u8], shape: Shape) -> Result<Self, Cow<'static, str>> {
        if text.len() > MAX_ANSWER_BYTES {
            return Err(format!("the answer has more than {MAX_ANSWER_BYTES} bytes").into());
        }
        let Ok(Value::Object(mut said)) = serde_json::from_slice(text) else {
            return Err("the answer is no JSON object".into());
        };
        let (grant, principal_id) = match shape {
            Shape::Simple => (simple(&said)?, None),
            Shape::Policy | Shape::PolicyAndValues => {
                (policy(&said)?, Some(principal(&said)?.into()))
            }
        };
        Ok(Self {
            grant,
            principal_id,
            usage_identifier_key: usage_key(&said)?,
            context: context(said.remove("context"), shape)?.into(),
            bytes: text.len(),
        })
    }

    /// Of a service that refuses by its status alone.
    pub(crate) fn refusal() -> Self {
        Self {
            grant: Grant::Nothing,
            principal_id: None,
            context: Rc::default(),
            usage_identifier_key: None,
            bytes: 0,
        }
    }

    /// What it says of a call of the method with this ARN.
    pub(crate) fn decide(&self, exchange: &Exchange, arn: &str) -> Decision {
        match &self.grant {
            Grant::Policy(policy) => {
                policy.decide(exchange, Principal::Anonymous, Action::Invoke, arn)
            }
            Grant::All => Decision::Allow,
            Grant::Nothing => Decision::ImplicitDeny,
        }
    }
}

fn simple(said: &Map<String, Value>) -> Result<Grant, Cow<'static, str>> {
    match said.get("isAuthorized") {
        Some(Value::Bool(true)) => Ok(Grant::All),
        Some(Value::Bool(false)) => Ok(Grant::Nothing),
        _ => Err("`isAuthorized` of the answer is neither true nor false".into()),
    }
}

fn policy(said: &Map<String, Value>) -> Result<Grant, Cow<'static, str>> {
    let Some(document) = said.get("policyDocument") else {
        return Err("the answer has no `policyDocument`".into());
    };
    Policy::compile(document, Kind::Identity)
        .map(|policy| Grant::Policy(Policies::new([Rc::new(policy)].into())))
        .map_err(|malformed| format!("`policyDocument` of the answer: {malformed}").into())
}

fn principal(said: &Map<String, Value>) -> Result<&str, Cow<'static, str>> {
    let Some(Value::String(principal)) = said.get("principalId") else {
        return Err("`principalId` of the answer is no text".into());
    };
    if is_line(principal, MAX_PRINCIPAL_CHARS) {
        return Ok(principal);
    }
    Err(format!(
        "`principalId` of the answer is not one line of up to {MAX_PRINCIPAL_CHARS} letters"
    )
    .into())
}

fn usage_key(said: &Map<String, Value>) -> Result<Option<Secret>, Cow<'static, str>> {
    match said.get("usageIdentifierKey") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(key)) if is_line(key, MAX_KEY_CHARS) => {
            Ok(Some(Secret(key.as_str().into())))
        }
        Some(_) => Err("`usageIdentifierKey` of the answer is no API key".into()),
    }
}

/// What is said of the caller. Of what is `null` nothing is said.
fn context(said: Option<Value>, shape: Shape) -> Result<Claims, Cow<'static, str>> {
    let mut context = match said {
        None | Some(Value::Null) => return Ok(Claims::new()),
        Some(Value::Object(context)) => context,
        Some(_) => return Err("`context` of the answer is no object".into()),
    };
    if context.contains_key("claims") {
        return Err("`context` of the answer has `claims`, a name that is taken".into());
    }
    if shape == Shape::Policy {
        context.retain(|_, value| !value.is_null());
        if context.values().any(|value| value.is_object() || value.is_array()) {
            return Err("`context` of the answer has more than texts, numbers and booleans".into());
        }
    }
    Ok(context)
}

fn is_line(text: &str, most: usize) -> bool {
    !text.chars().any(char::is_control) && text.chars().take(most.saturating_add(1)).count() <= most
}
