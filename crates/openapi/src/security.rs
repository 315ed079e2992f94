//! `security`: who may call an operation.

use std::collections::{BTreeMap, BTreeSet};

use tollgate_gateway::definition::{
    Authorization, Authorizer, JwtAuthorization, LambdaAuthorization, Protocol,
};
use tollgate_policy::is_token;
use tollgate_source::text::{cut, nearest, quoted};
use tollgate_source::{At, Fields, Findings, Node, Value};

use crate::Context;
use crate::authorizer;
use crate::extensions::Extended as _;
use crate::reference;

/// The most authorizers of an API, as API Gateway has it.
const MAX_AUTHORIZERS: usize = 10;

/// The most scopes of a route, as API Gateway has it.
const MAX_SCOPES: usize = 10;

/// The security schemes of a document.
#[derive(Debug)]
pub(crate) struct Schemes<'a> {
    at: Option<At<'a>>,
    /// Those that an operation names, and what they are where that is served.
    used: BTreeMap<&'a str, Option<Scheme>>,
    /// Those of them that are API keys.
    keys: BTreeSet<&'a str>,
}

/// What a security scheme asks for.
#[derive(Debug)]
enum Scheme {
    /// What an authorizer asks for.
    Authorizer(Authorizer),
    /// A signature.
    Iam,
}

/// Who may call an operation.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) authorization: Authorization,
    pub(crate) api_key_required: bool,
}

impl Access {
    const OPEN: Self = Self { authorization: Authorization::None, api_key_required: false };
}

impl<'a> Schemes<'a> {
    pub(crate) const fn new(at: Option<At<'a>>) -> Self {
        Self { at, used: BTreeMap::new(), keys: BTreeSet::new() }
    }

    /// Who may call an operation.
    pub(crate) fn access(
        &mut self,
        operation: &mut Fields<'a>,
        context: &Context<'a>,
        out: &mut Findings,
    ) -> Option<Access> {
        let security = operation.take("security");
        let auth = match operation.take("x-amazon-apigateway-auth") {
            Some(at) => Some(auth(&at, out)?),
            None => None,
        };
        let is_open_by_auth = auth == Some(Auth::None);
        let Some(security) = security else {
            if auth == Some(Auth::Iam) {
                return Some(Access { authorization: Authorization::Iam, api_key_required: false });
            }
            if !is_open_by_auth && has_requirements(&context.root) {
                let reason = "API Gateway ignores `security` at the document's root, so anyone could \
                              call this operation: give it `security` of its own, or `security: []` \
                              if anyone may";
                out.refuse_key(&operation.at, reason);
                return None;
            }
            return Some(Access::OPEN);
        };
        let mut api_key_required = false;
        let mut others = Vec::new();
        for requirement in security.list(out)? {
            requirement.map(out)?;
            let named: Vec<_> = requirement.entries().collect();
            if named.is_empty() {
                let reason =
                    "an empty requirement lets anyone in: write `security: []` if that is meant";
                out.refuse(&requirement, reason);
                return None;
            }
            let count = named.len();
            let mut rest = Vec::with_capacity(count);
            for (name, scopes) in named {
                if self.is_api_key(name, context, out) {
                    // API Gateway takes a key for needed wherever one is named, even where OpenAPI
                    // has it as one of several ways in.
                    api_key_required = true;
                    no_scopes(&scopes, "an API key", out)?;
                } else {
                    rest.push((name, scopes));
                }
            }
            if rest.len() > 1 {
                out.refuse(
                    &requirement,
                    "a security requirement names one scheme besides an API key: API Gateway takes \
                     no combinations",
                );
                return None;
            }
            others.extend(rest);
        }
        let auth_alone = match auth {
            Some(Auth::Iam) => Authorization::Iam,
            Some(Auth::None) | None => Authorization::None,
        };
        let (name, scopes) = match others.as_slice() {
            [] => return Some(Access { authorization: auth_alone, api_key_required }),
            [only] => only,
            [..] => {
                out.refuse_key(
                    &security,
                    "an operation has at most one security requirement besides an API key: API \
                     Gateway takes no alternatives",
                );
                return None;
            }
        };
        // What the Serverless Application Model writes where it is told that anyone may.
        if *name == "NONE" && self.at.as_ref().is_none_or(|at| at.get(name).is_none()) {
            return Some(Access { authorization: auth_alone, api_key_required });
        }
        if is_open_by_auth {
            out.refuse_key(&security, "`x-amazon-apigateway-auth` says that anyone may call this operation, and `security` that not: remove one of the two");
            return None;
        }
        let scheme = self.scheme(name, scopes, context, out);
        let is_of_iam = matches!(scheme, Some(Scheme::Iam));
        let is_lambda = matches!(scheme, Some(Scheme::Authorizer(Authorizer::Lambda(_))));
        scheme?;
        if auth == Some(Auth::Iam) && !is_of_iam {
            out.refuse_key(&security, "`x-amazon-apigateway-auth` says that this operation wants a signature, and `security` something else: remove one of the two");
            return None;
        }
        let authorizer = (*name).to_owned();
        let authorization = if is_of_iam {
            no_scopes(scopes, "a signature", out)?;
            Authorization::Iam
        } else if is_lambda {
            no_scopes(scopes, "a Lambda authorizer", out)?;
            Authorization::Lambda(LambdaAuthorization { authorizer })
        } else {
            let scopes = read_scopes(scopes, out)?;
            Authorization::Jwt(JwtAuthorization { authorizer, scopes })
        };
        Some(Access { authorization, api_key_required })
    }

    /// Whether a scheme is API Gateway's API key. It always comes in the header field `x-api-key`, or
    /// from the authorizer.
    fn is_api_key(&mut self, name: &'a str, context: &Context<'a>, out: &mut Findings) -> bool {
        if self.keys.contains(name) {
            return true;
        }
        let found = self.at.as_ref().and_then(|schemes| schemes.get(name));
        // A reference that leads nowhere is reported where the scheme is read.
        let silent = &mut Findings::default();
        let found = found.and_then(|at| reference::follow(at, &context.root, silent));
        let Some(at) = found else { return false };
        let has = |key: &str, value: &str| {
            at.get(key)
                .and_then(|at| at.string(&mut Findings::default()))
                .is_some_and(|text| text.eq_ignore_ascii_case(value))
        };
        let is_key = has("type", "apiKey")
            && has("name", "x-api-key")
            && has("in", "header")
            && at.get("x-amazon-apigateway-authorizer").is_none()
            && at.get("x-amazon-apigateway-authtype").is_none();
        if is_key
            && self.keys.insert(name)
            && let Some(mut fields) = at.fields(out)
        {
            fields.describe(&["type", "name", "in", "description"], out);
            fields.done(out);
            if context.protocol == Protocol::Http {
                let reason = "API Gateway has API keys in REST APIs only: this HTTP API requires them \
                              all the same";
                out.notice(&at, reason);
            }
        }
        is_key
    }

    /// What a scheme asks for, read where it is named for the first time. Nothing where it is not served.
    fn scheme(
        &mut self,
        name: &'a str,
        named_at: &At<'a>,
        context: &Context<'a>,
        out: &mut Findings,
    ) -> Option<&Scheme> {
        if self.used.contains_key(name) {
            return self.used.get(name)?.as_ref();
        }
        let found = self.at.as_ref().and_then(|schemes| schemes.get(name));
        let Some(found) = found else {
            let known = self.at.iter().flat_map(|at| at.entries().map(|(known, _)| known));
            let meant = if out.is_full() { None } else { nearest(name, known.take(100)) };
            let meant = meant.map(|meant| format!(", perhaps `{}` is meant", cut(meant)));
            let reason = format!(
                "there is no security scheme {}{}",
                quoted(name),
                meant.unwrap_or_default()
            );
            out.refuse_key(named_at, reason);
            return None;
        };
        let scheme = reference::follow(found, &context.root, out)
            .and_then(|at| read_scheme(&at, context, out));
        self.used.insert(name, scheme);
        let is_authorizer = |scheme: &&Option<Scheme>| !matches!(scheme, Some(Scheme::Iam));
        if self.used.values().filter(is_authorizer).count() == MAX_AUTHORIZERS + 1 {
            let reason = format!("an API has at most {MAX_AUTHORIZERS} authorizers");
            out.refuse_key(named_at, reason);
        }
        self.used.get(name)?.as_ref()
    }

    /// The authorizers that operations name.
    pub(crate) fn authorizers(self, out: &mut Findings) -> BTreeMap<String, Authorizer> {
        for (name, at) in self.at.iter().flat_map(At::entries) {
            if !self.used.contains_key(name) && !self.keys.contains(name) {
                out.notice(&at, "no operation names this security scheme");
            }
        }
        self.used
            .into_iter()
            .filter_map(|(name, scheme)| match scheme? {
                Scheme::Authorizer(authorizer) => Some((name.to_owned(), authorizer)),
                Scheme::Iam => None,
            })
            .collect()
    }
}

/// Whether the document asks for security where API Gateway does not look.
fn has_requirements(root: &At<'_>) -> bool {
    let asks_for_nothing =
        |node: &Node| matches!(&node.value, Value::Map(map) if map.entries().is_empty());
    // What is written wrong is meant to ask for something.
    root.get("security").is_some_and(|at| match &at.node.value {
        Value::List(items) => !items.iter().all(asks_for_nothing),
        _ => true,
    })
}

/// What `x-amazon-apigateway-auth` may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Auth {
    /// Anyone may call.
    None,
    /// Whoever signs may.
    Iam,
}

/// Reads `x-amazon-apigateway-auth`.
fn auth(at: &At<'_>, out: &mut Findings) -> Option<Auth> {
    let mut fields = at.fields(out)?;
    let kind = fields.need("type", out)?;
    let text = kind.string(out)?;
    fields.done(out);
    match text.to_ascii_uppercase().as_str() {
        "NONE" => Some(Auth::None),
        "AWS_IAM" => Some(Auth::Iam),
        _ => {
            out.refuse(
                &kind,
                format!("{} is not known: `NONE` or `AWS_IAM` belongs here", quoted(text)),
            );
            None
        }
    }
}

fn no_scopes(at: &At<'_>, what: &str, out: &mut Findings) -> Option<()> {
    if at.list(out)?.is_empty() {
        return Some(());
    }
    out.refuse(at, format!("{what} has no scopes"));
    None
}

fn read_scopes(at: &At<'_>, out: &mut Findings) -> Option<Vec<String>> {
    let scopes = at.strings(out)?;
    if scopes.len() > MAX_SCOPES {
        out.refuse_key(at, format!("a route has at most {MAX_SCOPES} scopes"));
        return None;
    }
    for (at, scope) in &scopes {
        if !scope.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) {
            out.refuse(
                at,
                format!(
                    "a scope has no space, quotation mark or backslash, and is ASCII: {}",
                    quoted(scope)
                ),
            );
            return None;
        }
    }
    Some(scopes.into_iter().map(|(_, scope)| scope.to_owned()).collect())
}

/// Reads a security scheme. Nothing is returned where this version does not serve it.
fn read_scheme(at: &At<'_>, context: &Context<'_>, out: &mut Findings) -> Option<Scheme> {
    let mut fields = at.fields(out)?;
    fields.describe(
        &[
            "description",
            "bearerFormat",
            "scheme",
            "flow",
            "flows",
            "scopes",
            "authorizationUrl",
            "tokenUrl",
            "openIdConnectUrl",
            "in",
        ],
        out,
    );
    let kind = fields.take("type").and_then(|at| at.string(out)).unwrap_or_default();
    let header = fields.take("name").and_then(|at| at.string(out)).unwrap_or_default();
    let auth_type = fields.take("x-amazon-apigateway-authtype");
    let authorizer = fields.take("x-amazon-apigateway-authorizer");
    fields.done(out);
    if let Some(authorizer) = authorizer {
        let header = Some(header).filter(|header| kind == "apiKey" && is_token(header.as_bytes()));
        let authorizer = authorizer::translate(&authorizer, header, context, out);
        return authorizer.map(Scheme::Authorizer);
    }
    let auth_type = auth_type.and_then(|at| at.string(out)).unwrap_or_default();
    if auth_type.eq_ignore_ascii_case("awsSigv4") {
        return Some(Scheme::Iam);
    }
    let reason = match (kind, header, auth_type) {
        ("apiKey", header, "") if header.eq_ignore_ascii_case("x-api-key") => {
            "an API key comes in a header field: `in: header` belongs here".to_owned()
        }
        ("apiKey", _, "") => {
            "this security scheme has no `x-amazon-apigateway-authorizer`, so nothing would check \
             who calls: API Gateway's own API keys come in the header field `x-api-key`"
                .to_owned()
        }
        _ => {
            "this security scheme has no `x-amazon-apigateway-authorizer`, so nothing would check \
              who calls"
                .to_owned()
        }
    };
    out.refuse_key(at, reason);
    None
}
