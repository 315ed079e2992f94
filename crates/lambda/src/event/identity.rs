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
    /// Of a request that came through a VPC endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    vpc_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vpce_id: Option<&'a str>,
}

/// `requestContext.authorizer.iam`, of format 2.0.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Iam<'a> {
    access_key: &'a str,
    account_id: &'a str,
    caller_id: &'a str,
    cognito_identity: Option<()>,
    principal_org_id: Option<&'a str>,
    user_arn: &'a str,
    user_id: &'a str,
}

impl<'a> From<&'a tollgate_policy::Identity> for Iam<'a> {
    fn from(known: &'a tollgate_policy::Identity) -> Self {
        Self {
            access_key: &known.access_key,
            account_id: &known.account_id,
            caller_id: &known.user_id,
            cognito_identity: None,
            principal_org_id: known.principal_org_id.as_deref(),
            user_arn: &known.user_arn,
            user_id: &known.user_id,
        }
    }
}

impl<'a> Identity<'a> {
    pub(crate) fn of(source: Source<'a>, dialect: Dialect) -> Self {
        let context = &source.exchange.context;
        let api_key_id = context.api_key_id.as_deref();
        let signer = context.identity.as_ref();
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
            vpc_id: context.vpc_id.as_deref(),
            vpce_id: context.vpce_id.as_deref(),
            access_key: signer.map(|it| &*it.access_key),
            account_id: signer.map(|it| &*it.account_id),
            caller: signer.map(|it| &*it.user_id),
            principal_org_id: signer.and_then(|it| it.principal_org_id.as_deref()),
            user: signer.map(|it| &*it.user_id),
            user_arn: signer.map(|it| &*it.user_arn),
            ..Self::default()
        }
    }
}

pub(crate) fn source_ip(source: Source<'_>) -> Option<String> {
    source.exchange.source_address.map(|address| address.to_string())
}
