//! A usage plan, as limits.

use tollgate_policy::Invalid;
use tollgate_rate_limit::{Limiter, Per, Throttle};

use crate::config::Plan;

/// API Gateway's limits on the plans of an account, and on the methods of a plan.
pub const MAX_PLANS: usize = 300;
pub(crate) const MAX_METHODS: usize = 20;
const MAX_NAME_CHARS: usize = 128;

/// Which limits of the proxy a plan has, by their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How fast requests may come.
    pub throttle: Option<usize>,
    /// How many there may be.
    pub quota: Option<usize>,
}

impl Limits {
    /// Adds the limits of a plan to those of the proxy.
    ///
    /// # Errors
    /// [`Invalid`] for the first that cannot be honoured.
    pub fn compile(name: &str, plan: &Plan, limiters: &mut Vec<Limiter>) -> Result<Self, Invalid> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if !(1..=MAX_NAME_CHARS).contains(&name.len()) || !name.bytes().all(plain) {
            let reason = format!("a name must be 1 to {MAX_NAME_CHARS} letters, digits and `-_.`");
            return Err(Invalid::new("", reason));
        }
        let mut limits = Self::default();
        if let Some(throttle) = &plan.throttle {
            let at = |invalid: Invalid| invalid.within("throttle");
            let limiter = Limiter::throttle(&format!("plan/{name}"), throttle, Per::Subject);
            limits.throttle = Some(add(limiter.map_err(at)?, limiters));
        }
        if let Some(quota) = &plan.quota {
            let at = |invalid: Invalid| invalid.within("quota");
            limits.quota = Some(add(Limiter::quota(name, quota).map_err(at)?, limiters));
        }
        Ok(limits)
    }

    /// Adds the limit of a plan for one method to those of the proxy, and returns its number.
    ///
    /// # Errors
    /// [`Invalid`] for what cannot be honoured.
    pub fn compile_method(
        plan: &str,
        method: &str,
        throttle: &Throttle,
        limiters: &mut Vec<Limiter>,
    ) -> Result<usize, Invalid> {
        let limiter = Limiter::throttle(&format!("plan/{plan}{method}"), throttle, Per::Subject)?;
        Ok(add(limiter, limiters))
    }
}

fn add(limiter: Limiter, limiters: &mut Vec<Limiter>) -> usize {
    limiters.push(limiter);
    limiters.len().saturating_sub(1)
}
