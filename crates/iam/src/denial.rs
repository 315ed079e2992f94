//! What whoever is refused is told.

use crate::{Action, Decision, Principal};

/// Characters of an account that are told: API Gateway's own number.
const SHOWN: usize = 4;

/// What API Gateway tells whoever may not call a method with this ARN.
#[must_use]
pub fn denied_message(who: Principal<'_>, arn: &str, decision: Decision) -> String {
    let who = match who {
        Principal::Anonymous => "anonymous",
        Principal::Caller(caller) => &caller.arn,
    };
    let how = match decision {
        Decision::ExplicitDeny => " with an explicit deny",
        Decision::ImplicitDeny | Decision::Allow => "",
    };
    let (action, resource) = (Action::Invoke.name(), masked(arn));
    format!("User: {who} is not authorized to perform: {action} on resource: {resource}{how}")
}

/// The ARN, with no more of the account than its end.
fn masked(arn: &str) -> String {
    let mut parts: Vec<_> = arn.splitn(6, ':').map(str::to_owned).collect();
    if let [_, _, _, _, account, _] = parts.as_mut_slice() {
        let hidden = account.chars().count().saturating_sub(SHOWN);
        let stars = account.chars().take(hidden).map(|_| '*');
        *account = stars.chain(account.chars().skip(hidden)).collect();
    }
    parts.join(":")
}
