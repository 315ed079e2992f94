//! What the service is told of a request.

use std::borrow::Cow;

use tollgate_lambda::event::{Source, Token, V1, V1Authorization, V2};
use tollgate_mapping::Dialect;

use crate::config::Format;

/// What a service is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Token,
    Request(Format),
}

const REQUEST: &str = "REQUEST";

impl Told {
    /// The event of a request whose caller is known by these values.
    pub(crate) fn event(self, source: Source<'_>, arn: &str, values: &[Cow<'_, [u8]>]) -> Vec<u8> {
        let texts: Vec<_> = values.iter().map(|value| String::from_utf8_lossy(value)).collect();
        let event = match self {
            Self::Token => {
                let token = texts.first().map(|token| &**token).unwrap_or_default();
                serde_json::to_vec(&Token::of(token, arn))
            }
            Self::Request(Format::Rest) => {
                let mut event = V1::of(source, Dialect::Rest);
                event.authorization = Some(authorization(arn, None));
                serde_json::to_vec(&event)
            }
            Self::Request(Format::V1) => {
                let joined = texts.join(",");
                let mut event = V1::of(source, Dialect::Http).without_lists();
                let identity = (!texts.is_empty()).then_some(joined.as_str());
                event.authorization = Some(authorization(arn, identity));
                serde_json::to_vec(&event)
            }
            Self::Request(Format::V2) => {
                let mut event = V2::of(source);
                event.kind = Some(REQUEST);
                event.route_arn = Some(arn);
                event.identity_source = (!texts.is_empty()).then_some(texts);
                serde_json::to_vec(&event)
            }
        };
        // INVARIANT: what an event is made of can always be written. Were it not so, the function would
        // get no JSON, and its failure would refuse the request.
        event.unwrap_or_default()
    }
}

fn authorization<'a>(method_arn: &'a str, identity: Option<&'a str>) -> V1Authorization<'a> {
    V1Authorization {
        kind: REQUEST,
        method_arn,
        identity_source: identity,
        authorization_token: identity,
    }
}
