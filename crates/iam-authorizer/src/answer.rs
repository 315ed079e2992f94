//! What whoever is refused is told.

use serde::{Deserialize, Serialize};
use tollgate_policy::{Exchange, Fault, Headers, Response, Verdict};
use tollgate_sigv4::{Class, Refusal};

/// In whose words whoever is refused is told so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Those of an HTTP API, which says `Forbidden` and no more.
    #[default]
    Http,
    /// Those of a REST API, which says what is wrong.
    Rest,
}

/// Nothing says who has made the request.
pub(crate) fn missing(exchange: &mut Exchange, style: Style) -> Verdict {
    let told = Told {
        fault: Fault::MissingAuthenticationToken,
        key: "message",
        message: "Missing Authentication Token".to_owned(),
        error_type: "MissingAuthenticationTokenException",
    };
    refuse(exchange, style, told, "the request is not signed")
}

/// The signature is not good.
pub(crate) fn refused(exchange: &mut Exchange, style: Style, refusal: &Refusal) -> Verdict {
    let fault = match refusal.class() {
        Class::Incomplete => Fault::IncompleteSignature,
        Class::Invalid => Fault::InvalidSignature,
        Class::Unrecognized => Fault::UnrecognizedClient,
        Class::Expired => Fault::ExpiredToken,
    };
    let (message, error_type) = (refusal.to_string(), refusal.error_type());
    let told = Told { fault, key: "message", message, error_type };
    refuse(exchange, style, told, refusal.reason())
}

/// The caller is known and may not do this.
pub(crate) fn denied(exchange: &mut Exchange, style: Style, message: String) -> Verdict {
    let told = Told {
        fault: Fault::AccessDenied,
        key: "Message",
        message,
        error_type: "AccessDeniedException",
    };
    refuse(exchange, style, told, "the policies of the caller do not allow it")
}

/// What a REST API says.
struct Told {
    fault: Fault,
    /// What the message is called in the body.
    key: &'static str,
    message: String,
    error_type: &'static str,
}

fn refuse(exchange: &mut Exchange, style: Style, told: Told, why: &'static str) -> Verdict {
    let context = &mut exchange.context;
    context.error = Some(told.fault);
    context.authorizer_error = Some(why.into());
    let mut headers = Headers::from_iter([("content-type", "application/json")]);
    let (key, message) = match style {
        Style::Http => ("message", "Forbidden"),
        Style::Rest => {
            headers.append("x-amzn-errortype", told.error_type);
            (told.key, &*told.message)
        }
    };
    let body = serde_json::json!({ key: message }).to_string().into_bytes();
    // What is wrong with a signature is not for the clients of an HTTP API.
    context.error_message = (style == Style::Rest).then_some(told.message);
    Verdict::Respond(Response { status: 403, headers, body })
}
