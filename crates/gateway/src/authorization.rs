//! Who may call a route: what its authorizers and its routes are compiled to.

mod judge;

use tollgate_iam_authorizer as iam;
use tollgate_jwt_authorizer::{self as jwt, JwtAuthorizer, check_scopes};
use tollgate_lambda_authorizer::{self as lambda, Format, Kind, LambdaAuthorizer};
use tollgate_policy::{Compile as _, Host, Invalid, Policy as _, Response, Work};

use crate::definition::{self, Protocol};

/// An authorizer of an API, compiled.
#[derive(Debug)]
pub(crate) enum Authorizer {
    /// It reads JSON Web Tokens.
    Jwt(Box<JwtAuthorizer>),
    /// It asks a function, or another service.
    Lambda(Box<LambdaAuthorizer>),
}

/// How a route tells who may call it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Authorization {
    /// Anyone may.
    None,
    /// Whoever has a token of these scopes.
    Jwt(Jwt),
    /// Whom the Lambda authorizer of this number lets in.
    Lambda(usize),
    /// Whoever has signed the request.
    Iam,
}

/// Which tokens may call a route.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Jwt {
    /// The number of the authorizer.
    pub(crate) authorizer: usize,
    pub(crate) scopes: Vec<String>,
}

/// What is remembered of one exchange.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    jwt: jwt::Notes,
    lambda: lambda::Notes,
    iam: iam::Notes,
    /// Whether the caller has been found to be one who may call.
    is_over: bool,
}

impl Authorizer {
    pub(crate) fn compile(
        config: &definition::Authorizer,
        protocol: Protocol,
    ) -> Result<Self, Invalid> {
        match config {
            definition::Authorizer::Jwt(config) => JwtAuthorizer::compile(config.clone())
                .map(|authorizer| Self::Jwt(Box::new(authorizer)))
                .map_err(|invalid| invalid.within("jwt")),
            definition::Authorizer::Lambda(config) => check_kind(&config.kind, protocol)
                .and_then(|()| LambdaAuthorizer::compile(config.clone()))
                .map(|authorizer| Self::Lambda(Box::new(authorizer)))
                .map_err(|invalid| invalid.within("lambda")),
        }
    }

    /// The header fields that only the authorizer may send on.
    pub(crate) fn own_headers(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::Jwt(jwt) => Some(jwt.own_headers()),
            Self::Lambda(_) => None,
        }
        .into_iter()
        .flatten()
    }

    /// Whether header fields of these names can be removed from requests and the caller still be told.
    pub(crate) fn check_own_headers<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Invalid> {
        match self {
            Self::Jwt(jwt) => jwt.check_own_headers(names).map_err(|invalid| invalid.within("jwt")),
            Self::Lambda(lambda) => {
                lambda.check_own_headers(names).map_err(|invalid| invalid.within("lambda"))
            }
        }
    }

    pub(crate) fn work(&self, host: &dyn Host) -> Work {
        match self {
            Self::Jwt(jwt) => jwt.work(host),
            Self::Lambda(lambda) => lambda.work(),
        }
    }

    pub(crate) fn on_fetched(&self, id: u32, reply: Option<Response>, host: &dyn Host) {
        match self {
            Self::Jwt(jwt) => jwt.on_fetched(id, reply, host),
            // It fetches nothing.
            Self::Lambda(_) => {}
        }
    }

    /// Takes over what the authorizer of the definition before has learned.
    pub(crate) fn inherit(&self, before: &Self) {
        match (self, before) {
            (Self::Jwt(jwt), Self::Jwt(before)) => jwt.inherit(before),
            (Self::Lambda(lambda), Self::Lambda(before)) => lambda.inherit(before),
            (Self::Jwt(_), Self::Lambda(_)) | (Self::Lambda(_), Self::Jwt(_)) => {}
        }
    }

    /// Whether those who wait for it should be told something.
    pub(crate) fn is_pressed(&self) -> bool {
        match self {
            Self::Jwt(jwt) => jwt.is_pressed(),
            Self::Lambda(lambda) => lambda.is_pressed(),
        }
    }

    /// Whether it is told the client's address.
    pub(crate) fn needs_source_address(&self) -> bool {
        match self {
            Self::Jwt(_) => false,
            Self::Lambda(lambda) => lambda.needs().source_address,
        }
    }
}

/// What a function is told is that of the API's kind.
fn check_kind(kind: &Kind, protocol: Protocol) -> Result<(), Invalid> {
    match (kind, protocol) {
        (Kind::Token(_), Protocol::Http) => {
            Err(Invalid::new("kind", "only a REST API has authorizers that read a token alone"))
        }
        (Kind::Request(request), _) => match (request.format, protocol) {
            (Format::Rest, Protocol::Rest) | (Format::V1 | Format::V2, Protocol::Http) => Ok(()),
            (Format::Rest, Protocol::Http) => {
                Err(Invalid::new("kind.request.format", "must be `1.0` or `2.0` in an HTTP API"))
            }
            (Format::V1 | Format::V2, Protocol::Rest) => {
                // A service that is no function gets what it can read in any API.
                if request.simple_responses && request.format == Format::V2 {
                    return Ok(());
                }
                Err(Invalid::new("kind.request.format", "must be `rest` in a REST API"))
            }
        },
        (Kind::Token(_), Protocol::Rest) => Ok(()),
    }
}

impl Authorization {
    /// How a route of these authorizers tells who may call it.
    pub(crate) fn compile(
        config: &definition::Authorization,
        authorizers: &[(String, Authorizer)],
    ) -> Result<Self, Invalid> {
        let find = |wanted: &str, is_right: fn(&Authorizer) -> bool, kind: &str| {
            let found = authorizers.iter().position(|(name, _)| name == wanted);
            let refuse = |reason| Err(Invalid::new("authorizer", reason));
            match found.and_then(|number| Some((number, authorizers.get(number)?))) {
                Some((number, (_, authorizer))) if is_right(authorizer) => Ok(number),
                Some(_) => refuse(format!("`{wanted}` is not a {kind} authorizer")),
                None => refuse(format!("there is no authorizer `{wanted}`")),
            }
        };
        match config {
            definition::Authorization::None => Ok(Self::None),
            definition::Authorization::Iam => Ok(Self::Iam),
            definition::Authorization::Jwt(jwt) => {
                let at = |invalid: Invalid| invalid.within("authorization.jwt");
                check_scopes(&jwt.scopes).map_err(at)?;
                let is_right = |authorizer: &Authorizer| matches!(authorizer, Authorizer::Jwt(_));
                let authorizer = find(&jwt.authorizer, is_right, "JWT").map_err(at)?;
                Ok(Self::Jwt(Jwt { authorizer, scopes: jwt.scopes.clone() }))
            }
            definition::Authorization::Lambda(wanted) => {
                let is_right = |known: &Authorizer| matches!(known, Authorizer::Lambda(_));
                let number = find(&wanted.authorizer, is_right, "Lambda");
                number.map(Self::Lambda).map_err(|invalid| invalid.within("authorization.lambda"))
            }
        }
    }

    /// Whether anyone may call.
    pub(crate) fn is_open(&self) -> bool {
        *self == Self::None
    }
}
