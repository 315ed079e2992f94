//! Who calls, as events have it.

use std::borrow::Cow;

use serde::Serialize;
use tollgate_mapping::Dialect;

use super::Source;
use super::certificate::ClientCert;
use super::v1::is_left_out;

/// `requestContext.identity`. What is not known is `null`; of an API key and of a certificate
/// nothing is said where there is none.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity<'a> {
    access_key: Option<&'a str>,
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_id: Option<&'a str>,
    caller: Option<&'a str>,
    /// Of HTTP APIs only.
    #[serde(skip_serializing_if = "is_left_out")]
    cognito_amr: Option<Option<&'a str>>,
    cognito_authentication_provider: Option<&'a str>,
    cognito_authentication_type: Option<&'a str>,
    cognito_identity_id: Option<&'a str>,
    cognito_identity_pool_id: Option<&'a str>,
    principal_org_id: Option<&'a str>,
    source_ip: Option<String>,
    user: Option<&'a str>,
    user_agent: Option<Cow<'a, str>>,
    user_arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_cert: Option<ClientCert<'a>>,
}

impl<'a> Identity<'a> {
    pub(crate) fn of(source: Source<'a>, dialect: Dialect) -> Self {
        let context = &source.exchange.context;
        let api_key_id = context.api_key_id.as_deref();
        let of_authorizer = context.authorizer.as_ref();
        let of_authorizer = of_authorizer.and_then(|it| it.usage_identifier_key.as_deref());
        // The gateway keeps no key; the request has it.
        let api_key = match of_authorizer {
            Some(key) => Some(key.into()),
            None => source.field("x-api-key"),
        };
        Self {
            api_key: api_key.filter(|_| api_key_id.is_some()),
            api_key_id,
            cognito_amr: (dialect == Dialect::Http).then_some(None),
            source_ip: source_ip(source),
            user_agent: source.field("user-agent"),
            client_cert: ClientCert::of(source),
            ..Self::default()
        }
    }
}

pub(crate) fn source_ip(source: Source<'_>) -> Option<String> {
    source.exchange.source_address.map(|address| address.to_string())
}
