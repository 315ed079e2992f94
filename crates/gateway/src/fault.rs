//! Faults that are not the gateway's own.

use tollgate_policy::Fault;

/// The fault behind a response that the proxy made up, by the proxy's own account of it.
pub(crate) fn of_proxy(status: u16, details: &str) -> Fault {
    match status {
        413 => Fault::RequestTooLarge,
        431 => Fault::HeadersTooLarge,
        // 408 as well: the client has not sent all of the request.
        400..=499 => Fault::BadRequest,
        _ if details.contains("timeout") || details.contains("max_duration") => {
            Fault::IntegrationTimeout
        }
        _ => Fault::IntegrationFailure,
    }
}
