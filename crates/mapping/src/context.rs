//! The variables of `$context`, and what each is worth.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use tollgate_policy::{ClientCert, Exchange, Fault, Identity, Invalid, Needs, text};

use crate::time::clf;

/// One variable of `$context`.
#[derive(Clone, Debug)]
pub struct Variable(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// One that has a name of its own.
    Named(&'static str, Read),
    /// `authorizer.claims.NAME`
    Claim(String),
    /// `authorizer.NAME`: what a Lambda authorizer says.
    Authorizer(String),
    /// One that API Gateway knows and that is never worth anything here.
    Absent,
}

type Read = for<'e> fn(&'e Exchange) -> Option<Cow<'e, str>>;

/// The variables that have a name of their own, in the order of the alphabet.
const NAMED: [(&str, Read); 62] = [
    ("accountId", |exchange| exchange.context.account_id.as_deref().map(Cow::from)),
    ("apiId", |exchange| filled(&exchange.context.api_id)),
    ("authorizer.error", |exchange| exchange.context.authorizer_error.as_deref().map(Cow::from)),
    ("authorizer.integrationLatency", |exchange| {
        millis(exchange.context.authorizer.as_ref()?.latency)
    }),
    ("authorizer.latency", |exchange| millis(exchange.context.authorizer.as_ref()?.latency)),
    ("authorizer.principalId", |exchange| {
        exchange.context.authorizer.as_ref()?.principal_id.as_deref().map(Cow::from)
    }),
    ("customDomain.basePathMatched", |exchange| {
        exchange.context.base_path.as_deref().map(Cow::from)
    }),
    ("deploymentId", |exchange| exchange.context.deployment_id.as_deref().map(Cow::from)),
    ("domainName", |exchange| Some(domain(exchange)?.into())),
    ("domainPrefix", |exchange| Some(domain(exchange)?.split('.').next()?.to_owned().into())),
    ("error.message", |exchange| exchange.context.error_message.as_deref().map(Cow::from)),
    ("error.messageString", |exchange| {
        exchange.context.error?;
        Some(exchange.context.error_message.as_deref().map_or("null".into(), json).into())
    }),
    ("error.responseType", |exchange| {
        exchange.context.error.map(Fault::response_type).map(Cow::from)
    }),
    ("error.validationErrorString", |exchange| {
        exchange.context.validation_error.as_deref().map(Cow::from)
    }),
    ("extendedRequestId", |exchange| filled(&exchange.context.extended_request_id)),
    ("httpMethod", |exchange| field(exchange, ":method")),
    ("identity.accessKey", |exchange| signer(exchange, |it| &it.access_key)),
    ("identity.accountId", |exchange| signer(exchange, |it| &it.account_id)),
    ("identity.apiKey", |_| None),
    ("identity.apiKeyId", |exchange| exchange.context.api_key_id.as_deref().map(Cow::from)),
    ("identity.caller", |exchange| signer(exchange, |it| &it.user_id)),
    ("identity.clientCert.clientCertPem", |exchange| certified(exchange, |it| &it.client_cert_pem)),
    ("identity.clientCert.issuerDN", |exchange| certified(exchange, |it| &it.issuer_dn)),
    ("identity.clientCert.serialNumber", |exchange| certified(exchange, |it| &it.serial_number)),
    ("identity.clientCert.subjectDN", |exchange| certified(exchange, |it| &it.subject_dn)),
    ("identity.clientCert.validity.notAfter", |exchange| certified(exchange, |it| &it.not_after)),
    ("identity.clientCert.validity.notBefore", |exchange| certified(exchange, |it| &it.not_before)),
    ("identity.principalOrgId", |exchange| {
        exchange.context.identity.as_ref()?.principal_org_id.as_deref().map(Cow::from)
    }),
    ("identity.sourceIp", |exchange| Some(address(exchange.source_address?).into())),
    ("identity.user", |exchange| signer(exchange, |it| &it.user_id)),
    ("identity.userAgent", |exchange| field(exchange, "user-agent")),
    ("identity.userArn", |exchange| signer(exchange, |it| &it.user_arn)),
    ("identity.vpcId", |exchange| exchange.context.vpc_id.as_deref().map(Cow::from)),
    ("identity.vpceId", |exchange| exchange.context.vpce_id.as_deref().map(Cow::from)),
    ("integration.error", |exchange| exchange.context.integration_error.as_deref().map(Cow::from)),
    ("integration.integrationStatus", |exchange| number(exchange.context.integration_status)),
    ("integration.latency", |exchange| millis(exchange.context.integration_latency)),
    ("integration.status", |exchange| number(exchange.context.integration_status)),
    ("integrationErrorMessage", |exchange| {
        exchange.context.integration_error.as_deref().map(Cow::from)
    }),
    ("integrationLatency", |exchange| millis(exchange.context.integration_latency)),
    ("integrationStatus", |exchange| number(exchange.context.integration_status)),
    ("isCanaryRequest", |exchange| number(exchange.context.is_canary_request)),
    ("path", |exchange| {
        let target = exchange.request.headers.arrived(":path")?;
        let path = target.split(|&byte| byte == b'?').next()?;
        Some(String::from_utf8_lossy(path))
    }),
    // API Gateway says so of HTTP/2 too.
    ("protocol", |_| Some("HTTP/1.1".into())),
    ("requestId", |exchange| filled(&exchange.context.request_id)),
    ("requestTime", |exchange| Some(clf(exchange.arrived).into())),
    ("requestTimeEpoch", |exchange| number(Some(exchange.arrived.0.as_millis()))),
    ("resourceId", |exchange| exchange.context.resource_id.as_deref().map(Cow::from)),
    ("resourcePath", |exchange| filled(&exchange.context.resource_path)),
    ("responseLatency", |exchange| millis(exchange.context.response_latency)),
    ("responseLength", |exchange| number(exchange.context.response_length)),
    ("routeKey", |exchange| filled(&exchange.context.route_key)),
    ("stage", |exchange| filled(&exchange.context.stage)),
    ("status", |exchange| number(exchange.context.status)),
    ("xrayTraceId", |exchange| exchange.context.trace_id.as_deref().map(Cow::from)),
    // What API Gateway has, and what nothing here makes: there is no AWS service behind, no user of
    // Cognito, and no firewall.
    ("awsEndpointRequestId", |_| None),
    ("awsEndpointRequestId2", |_| None),
    ("dataProcessed", |exchange| number(exchange.context.response_length)),
    ("endpointType", |_| None),
    ("integration.requestId", |_| None),
    ("wafResponseCode", |_| None),
    ("webaclArn", |_| None),
];

/// Variables that API Gateway has under these names, of which none is worth anything here.
const ABSENT: [&str; 7] = [
    "authenticate.",
    "authorize.",
    "identity.cognito",
    "waf.",
    "authorizer.integrationStatus",
    "authorizer.requestId",
    "authorizer.status",
];

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Text.
    Text,
    /// A string of JSON, in its quotation marks.
    Json,
}

impl Variable {
    /// What its value is.
    #[must_use]
    pub fn form(&self) -> Form {
        match self.0 {
            Kind::Named("error.messageString", _) => Form::Json,
            _ => Form::Text,
        }
    }

    /// The variable of this name, which stands after `$context.`.
    ///
    /// # Errors
    /// [`Invalid`] where API Gateway has none of that name.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        if let Some((name, read)) = NAMED.iter().find(|(known, _)| *known == name) {
            return Ok(Self(Kind::Named(name, *read)));
        }
        if ABSENT.iter().any(|known| name.starts_with(known)) {
            return Ok(Self(Kind::Absent));
        }
        let claim = (name.strip_prefix("authorizer.claims."))
            .or_else(|| name.strip_prefix("authorizer.jwt.claims."));
        match (claim, name.strip_prefix("authorizer.")) {
            (Some(claim), _) if !claim.is_empty() => Ok(Self(Kind::Claim(claim.to_owned()))),
            (None, Some(name)) if !name.is_empty() => Ok(Self(Kind::Authorizer(name.to_owned()))),
            _ => Err(Invalid::new("", format!("there is no `$context.{name}`"))),
        }
    }

    /// What the variable is worth to this exchange, as far as it has come.
    #[must_use]
    pub fn value<'e>(&self, exchange: &'e Exchange) -> Option<Cow<'e, str>> {
        let authorizer = exchange.context.authorizer.as_ref();
        match &self.0 {
            Kind::Named(_, read) => read(exchange),
            Kind::Claim(name) => Some(text(authorizer?.claims.get(name)?).into()),
            Kind::Authorizer(name) => Some(text(authorizer?.context.get(name)?).into()),
            Kind::Absent => None,
        }
    }

    /// What has to be known of an exchange for the variable to be worth something.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let source_address = matches!(self.0, Kind::Named("identity.sourceIp", _));
        Needs { source_address, ..Needs::default() }
    }
}

/// An address as text. Most lines of a log have one, and that of four numbers is soon written.
fn address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets().map(|octet| octet.to_string());
            [&*a, ".", &b, ".", &c, ".", &d].concat()
        }
        IpAddr::V6(address) => address.to_string(),
    }
}

fn filled(value: &str) -> Option<Cow<'_, str>> {
    (!value.is_empty()).then(|| value.into())
}

fn number<'e>(value: Option<impl ToString>) -> Option<Cow<'e, str>> {
    Some(value?.to_string().into())
}

fn millis<'e>(value: Option<Duration>) -> Option<Cow<'e, str>> {
    number(value.map(|value| value.as_millis()))
}

fn certified(exchange: &Exchange, part: fn(&ClientCert) -> &str) -> Option<Cow<'_, str>> {
    exchange.context.client_cert.as_deref().map(part).map(Cow::from)
}

fn signer(exchange: &Exchange, part: fn(&Identity) -> &str) -> Option<Cow<'_, str>> {
    exchange.context.identity.as_ref().map(part).map(Cow::from)
}

fn field<'e>(exchange: &'e Exchange, name: &str) -> Option<Cow<'e, str>> {
    exchange.request.headers.arrived(name).map(String::from_utf8_lossy)
}

/// `$context.domainName`: the host the client asked for, without its port.
#[must_use]
pub fn domain(exchange: &Exchange) -> Option<String> {
    let authority = exchange.request.headers.arrived(":authority")?;
    let authority = String::from_utf8_lossy(authority);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        Some(_) | None => &authority,
    };
    Some(host.to_owned())
}

/// Text as JSON has it, in quotation marks.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
