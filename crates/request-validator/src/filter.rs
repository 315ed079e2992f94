//! Validation as a filter of its own.

use std::rc::Rc;

use tollgate_policy::{
    Compile, Exchange, Fault, Headers, Host, Invalid, Policy, Response, Verdict, is_token,
};

use crate::config::{Config, Rule, Unmatched};
use crate::models::Models;
use crate::template::Template;
use crate::validator::Validator;

/// How many rules there may be: each is looked at in turn.
pub const MAX_RULES: usize = 1_000;

/// Refuses requests that are not what the rules say.
#[derive(Debug)]
pub struct RequestValidator {
    rules: Vec<Compiled>,
    unmatched: Unmatched,
}

#[derive(Debug)]
struct Compiled {
    methods: Option<Vec<String>>,
    template: Template,
    validator: Rc<Validator>,
}

/// What the policy remembers of one exchange.
#[derive(Debug, Default)]
pub struct Notes {
    /// What the body is still to be checked by.
    validator: Option<Rc<Validator>>,
}

impl Policy for RequestValidator {
    type Notes = Notes;

    fn on_request(&self, notes: &mut Notes, exchange: &mut Exchange, _: &dyn Host) -> Verdict {
        let Some(validator) = self.find(exchange) else {
            return match self.unmatched {
                Unmatched::Pass => Verdict::Continue,
                Unmatched::Refuse => {
                    exchange.context.error = Some(Fault::RouteNotFound);
                    let message = "Missing Authentication Token";
                    refuse(403, "MissingAuthenticationTokenException", message)
                }
            };
        };
        if let Err(message) = validator.check_parameters(exchange) {
            let verdict = refuse(400, BAD_REQUEST, &message);
            exchange.context.error = Some(Fault::BadRequestParameters);
            exchange.context.error_message = Some(message);
            return verdict;
        }
        if !validator.needs_body(exchange) {
            return Verdict::Continue;
        }
        notes.validator = Some(validator);
        Verdict::Body
    }

    fn on_request_body(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        body: &mut Vec<u8>,
        _: &dyn Host,
    ) -> Verdict {
        let checked = match &notes.validator {
            Some(validator) => validator.check_body(exchange, body),
            // A body nobody asked for has not been checked.
            None => Err(String::new()),
        };
        match checked {
            Ok(()) => Verdict::Continue,
            Err(reason) => {
                exchange.context.error = Some(Fault::BadRequestBody);
                exchange.context.validation_error = Some(reason);
                refuse(400, BAD_REQUEST, "Invalid request body")
            }
        }
    }
}

/// What API Gateway calls a request that is not what it should be.
const BAD_REQUEST: &str = "BadRequestException";

/// The answer in API Gateway's words: with a space after the colon.
fn refuse(status: u16, error_type: &str, message: &str) -> Verdict {
    let headers = Headers::from_iter([
        ("content-type", "application/json"),
        ("x-amzn-errortype", error_type),
    ]);
    let body = format!("{{\"message\": {}}}", serde_json::Value::from(message)).into_bytes();
    Verdict::Respond(Response { status, headers, body })
}

impl RequestValidator {
    /// What a request must be like, and the values of the variables in its path.
    fn find(&self, exchange: &mut Exchange) -> Option<Rc<Validator>> {
        let request = &exchange.request;
        let method = request.method();
        let (rule, values) = self.rules.iter().find_map(|rule| {
            let methods = rule.methods.as_ref();
            let takes = |methods: &Vec<String>| methods.iter().any(|one| one.as_bytes() == method);
            if !methods.is_none_or(takes) {
                return None;
            }
            Some((rule, rule.template.read(request.path())?))
        })?;
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        exchange.context.path_parameters =
            values.into_iter().map(|(name, value)| (name, text(value))).collect();
        Some(rule.validator.clone())
    }
}

impl Compile for RequestValidator {
    type Config = Config;

    fn compile(config: Config) -> Result<Self, Invalid> {
        if config.rules.len() > MAX_RULES {
            return Err(Invalid::new("rules", format!("are more than {MAX_RULES}")));
        }
        let models = Models::compile(&config.models).map_err(|invalid| invalid.within("models"))?;
        let rules = config.rules.into_iter().enumerate().map(|(index, rule)| {
            compile(rule, &models)
                .map_err(|invalid| invalid.within(format!("[{index}]")).within("rules"))
        });
        Ok(Self { rules: rules.collect::<Result<_, _>>()?, unmatched: config.unmatched })
    }
}

fn compile(rule: Rule, models: &Models) -> Result<Compiled, Invalid> {
    if let Some(methods) = &rule.methods {
        if methods.is_empty() {
            return Err(Invalid::new("methods", "must name at least one, or not be there"));
        }
        // Methods have a case, and `post` would never come.
        let wrong = |method: &&String| {
            !is_token(method.as_bytes()) || method.bytes().any(|byte| byte.is_ascii_lowercase())
        };
        if let Some(method) = methods.iter().find(wrong) {
            let reason = format!("`{method}` is not a method in capital letters");
            return Err(Invalid::new("methods", reason));
        }
    }
    let template = Template::compile(&rule.path).map_err(|invalid| invalid.within("path"))?;
    let validator = Validator::compile(&rule.validation, models)
        .map_err(|invalid| invalid.within("validation"))?;
    for name in validator.path_parameters() {
        if !template.names().any(|other| **other == *name) {
            let reason = format!("`{name}` is no variable of `{}`", rule.path);
            return Err(Invalid::new("validation.required_parameters", reason));
        }
    }
    Ok(Compiled { methods: rule.methods, template, validator: Rc::new(validator) })
}
