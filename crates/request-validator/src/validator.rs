//! What one method asks of its requests.

use std::collections::BTreeMap;

use serde_json::Value;
use tollgate_json_schema::{Rejected, Schema};
use tollgate_policy::{Exchange, Invalid, is_token};

use crate::config::Validation;
use crate::models::Models;
use crate::parameter::{Parameter, Place};
use crate::{body, listing};

/// The name for all media types that have no model of their own.
const DEFAULT: &str = "$default";

/// What a body is when nobody says.
const JSON: &str = "application/json";

/// What one method asks of its requests.
#[derive(Clone, Debug)]
pub struct Validator {
    /// By what they are called in full, which is the order in which they are told.
    parameters: BTreeMap<String, Parameter>,
    /// By media type, in lower case.
    models: BTreeMap<String, Schema>,
    default: Option<Schema>,
}

impl Validator {
    /// Compiles what is asked, with the models that bodies must satisfy.
    ///
    /// # Errors
    /// [`Invalid`] for the first parameter, media type or model that there cannot be.
    pub fn compile(validation: &Validation, models: &Models) -> Result<Self, Invalid> {
        let mut parameters = BTreeMap::new();
        for (index, key) in validation.required_parameters.iter().enumerate() {
            let parameter = key.parse::<Parameter>();
            let field = || format!("required_parameters[{index}]");
            let parameter = parameter.map_err(|reason| Invalid::new(field(), reason))?;
            parameters.insert(key.clone(), parameter);
        }
        let mut validator = Self { parameters, models: BTreeMap::new(), default: None };
        for (media_type, name) in &validation.models {
            let refuse = |reason| Invalid::new(format!("models.{media_type}"), reason);
            let schema = models.get(name);
            let schema = schema.ok_or_else(|| refuse(format!("there is no model `{name}`")))?;
            if media_type == DEFAULT {
                validator.default = Some(schema);
                continue;
            }
            let halves = media_type.split_once('/');
            if !halves.is_some_and(|(one, other)| {
                [one, other].map(str::as_bytes).iter().all(|half| is_token(half))
            }) {
                return Err(refuse(format!(
                    "`{media_type}` is neither a media type nor `{DEFAULT}`"
                )));
            }
            if validator.models.insert(media_type.to_ascii_lowercase(), schema).is_some() {
                return Err(refuse("is there in another case, too".to_owned()));
            }
        }
        Ok(validator)
    }

    /// The names of the path parameters that must be there.
    pub(crate) fn path_parameters(&self) -> impl Iterator<Item = &str> {
        let all = self.parameters.values();
        let in_path = all.filter(|parameter| parameter.place() == Place::Path);
        in_path.map(Parameter::name)
    }

    /// Checks the parameters. Those of the path are taken from the exchange's context.
    ///
    /// # Errors
    /// With `$context.error.message`: which parameters are missing.
    pub fn check_parameters(&self, exchange: &Exchange) -> Result<(), String> {
        let missing: Vec<_> = self
            .parameters
            .values()
            .filter(|parameter| !parameter.is_in(exchange))
            .map(Parameter::name)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!("Missing required request parameters: [{}]", missing.join(", ")))
    }

    /// Whether there is a model for the body, so that [`check_body`](Self::check_body) must see it.
    /// A request without a body has an empty one.
    #[must_use]
    pub fn needs_body(&self, exchange: &Exchange) -> bool {
        self.model(exchange).is_some()
    }

    /// Checks the body. An empty one counts as `{}`.
    ///
    /// # Errors
    /// With `$context.error.validationErrorString`: what is wrong with the body.
    pub fn check_body(&self, exchange: &Exchange, body: &[u8]) -> Result<(), String> {
        let Some(model) = self.model(exchange) else { return Ok(()) };
        let value = match body {
            [] => Value::Object(serde_json::Map::new()),
            body => body::read(body).map_err(|reason| listing::list([reason.to_owned()]))?,
        };
        model.check(&value).map_err(|rejected| match rejected {
            Rejected::Invalid(violations) => {
                listing::list(violations.into_iter().map(|violation| violation.message))
            }
            Rejected::TooMuchWork => {
                listing::list(["request body takes too much work to be validated".to_owned()])
            }
        })
    }

    /// The model for the media type of a request.
    ///
    /// Where there are several, in several fields or in one, whoever reads the request next may take
    /// either: the first that has a model of its own counts.
    fn model(&self, exchange: &Exchange) -> Option<&Schema> {
        if self.models.is_empty() {
            return self.default.as_ref();
        }
        let mut said = false;
        for field in exchange.request.headers.get_all("content-type") {
            for value in field.split(|byte| *byte == b',') {
                let media_type = value.split(|byte| *byte == b';').next().unwrap_or_default();
                let media_type = media_type.trim_ascii().to_ascii_lowercase();
                said |= !media_type.is_empty();
                let media_type = std::str::from_utf8(&media_type).unwrap_or_default();
                if let Some(model) = self.models.get(media_type) {
                    return Some(model);
                }
            }
        }
        let unsaid = if said { None } else { self.models.get(JSON) };
        unsaid.or(self.default.as_ref())
    }
}
