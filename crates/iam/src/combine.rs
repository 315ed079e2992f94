//! What the policies of a caller and of an API come to together.

use crate::Decision::{self, Allow, ExplicitDeny, ImplicitDeny};

/// Within one account either policy may allow what the other is silent about: API Gateway's table A.
pub const fn same_account(identity: Decision, resource: Decision) -> Decision {
    match (identity, resource) {
        (ExplicitDeny, _) | (_, ExplicitDeny) => ExplicitDeny,
        (Allow, _) | (_, Allow) => Allow,
        (ImplicitDeny, ImplicitDeny) => ImplicitDeny,
    }
}

/// Across accounts both must allow it: API Gateway's table B.
pub const fn cross_account(identity: Decision, resource: Decision) -> Decision {
    match (identity, resource) {
        (ExplicitDeny, _) | (_, ExplicitDeny) => ExplicitDeny,
        (Allow, Allow) => Allow,
        (ImplicitDeny, _) | (_, ImplicitDeny) => ImplicitDeny,
    }
}
