//! A policy, and what it says of a request.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::MAX_DOCUMENT_BYTES;
use crate::action::Action;
use crate::api::Api;
use crate::document;
use crate::json;
use crate::keys::Keys;
use crate::malformed::Malformed;
use crate::principal::Principal;
use crate::statement::{Effect, Statement};
use crate::work::Work;

/// A policy.
#[derive(Debug)]
pub struct Policy {
    statements: Box<[Statement]>,
    /// In lower case and in order.
    keys: Box<[Box<str>]>,
}

/// Whose policy it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// That of a caller, or what an authorizer answers: it names no principals.
    Identity,
    /// That of an API: it names principals, and may leave out which API its resources are of.
    Resource(&'a Api),
}

/// What a policy is asked about.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    /// Who asks.
    pub principal: Principal<'r>,
    /// What is to be done.
    pub action: Action,
    /// The ARN of what it is to be done to, such as [`Api::method_arn`] makes it.
    pub resource: &'r str,
    /// What else is known of the request.
    pub keys: &'r dyn Keys,
}

/// What a policy says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// It is allowed, and nothing denies it.
    Allow,
    /// It is denied, whatever else allows it.
    ExplicitDeny,
    /// Nothing is said of it.
    ImplicitDeny,
}

impl Decision {
    /// Whether it is allowed.
    #[must_use]
    pub const fn is_allow(self) -> bool {
        matches!(self, Self::Allow)
    }
}

impl Policy {
    /// Reads the text of a document.
    ///
    /// # Errors
    /// [`Malformed`] if it is no policy of this kind, or one that is not understood whole.
    pub fn parse(text: &str, kind: Kind<'_>) -> Result<Self, Malformed> {
        if text.len() > MAX_DOCUMENT_BYTES {
            return Err(Malformed::new(format!("has more than {MAX_DOCUMENT_BYTES} bytes")));
        }
        Self::compile(&json::parse(text)?, kind)
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`Malformed`] if it is no policy of this kind, or one that is not understood whole.
    pub fn compile(document: &Json, kind: Kind<'_>) -> Result<Self, Malformed> {
        let statements = document::parse(document, kind)?;
        let keys: BTreeSet<_> = statements.iter().flat_map(Statement::keys).collect();
        let keys = keys.into_iter().map(Box::from).collect();
        Ok(Self { statements, keys })
    }

    /// What it says of a request.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        self.decide_within(request, &Work::default())
    }

    pub(crate) fn decide_within(&self, request: &Request<'_>, work: &Work) -> Decision {
        let mut decision = Decision::ImplicitDeny;
        for statement in &self.statements {
            match (statement.effect, statement.applies(request, work)) {
                // What cannot be told is denied.
                (Effect::Deny, Some(true) | None) => return Decision::ExplicitDeny,
                (Effect::Allow, Some(true)) => decision = Decision::Allow,
                (Effect::Deny, Some(false)) | (Effect::Allow, Some(false) | None) => {}
            }
        }
        decision
    }

    /// The condition keys that it asks for, in lower case and in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| &**key)
    }
}
