//! From a fault to what the caller sees.

use tollgate_policy::{Exchange, Fault, Headers, Invalid, Response};

use crate::custom::Custom;
use crate::{Config, Style, TYPES};

/// What an API answers where the gateway refuses or fails.
#[derive(Debug, Default)]
pub struct GatewayResponses {
    style: Style,
    /// By type, in the order of [`TYPES`].
    custom: Vec<Option<Custom>>,
}

impl GatewayResponses {
    /// What API Gateway itself answers.
    #[must_use]
    pub const fn standard(style: Style) -> Self {
        Self { style, custom: Vec::new() }
    }

    /// The same, with what the operator says instead.
    ///
    /// # Errors
    /// [`Invalid`] for a type that there is not, or a response that cannot be made.
    pub fn compile(style: Style, config: &Config) -> Result<Self, Invalid> {
        if config.is_empty() {
            return Ok(Self::standard(style));
        }
        if let Some(unknown) = config.keys().find(|name| !TYPES.contains(&name.as_str())) {
            let reason = format!("`{unknown}` is not a type of gateway response");
            return Err(Invalid::new(unknown, reason));
        }
        let compile = |name: &str| {
            let response = config.get(name).filter(|_| name != "REQUEST_TOO_LARGE")?;
            Some(Custom::compile(response).map_err(|invalid| invalid.within(name)))
        };
        let custom =
            TYPES.iter().map(|name| compile(name).transpose()).collect::<Result<_, _>>()?;
        Ok(Self { style, custom })
    }

    /// The answer to a fault, which becomes the exchange's `$context.error`. `challenge` is what an
    /// authorizer asks for in `www-authenticate`.
    pub fn respond(
        &self,
        fault: Fault,
        exchange: &mut Exchange,
        challenge: Option<&[u8]>,
    ) -> Response {
        let standard = self.style.standard(fault);
        let context = &mut exchange.context;
        context.error = Some(fault);
        if context.error_message.is_none() {
            context.error_message = standard.message.map(str::to_owned);
        }
        let mut headers = Headers::new();
        let (own, default) = (self.of(fault.response_type()), self.default_of(standard.status));
        let custom = own.or(default);
        let body = match custom {
            Some(custom) => {
                let (media_type, body) = custom.body(exchange);
                headers.set("content-type", media_type);
                body
            }
            None => {
                headers.set("content-type", "application/json");
                let message = exchange.context.error_message.as_deref();
                let message = message.map_or("null".to_owned(), json);
                format!("{}{message}}}", standard.opening)
            }
        };
        if let Some(challenge) = challenge {
            headers.set("www-authenticate", challenge);
        }
        if self.style == Style::Rest {
            headers.set("x-amzn-errortype", standard.error_type);
        }
        if let Some(custom) = custom {
            custom.mark(exchange, &mut headers);
        }
        let status = own.and_then(|own| own.status).or(default.and_then(|default| default.status));
        Response { status: status.unwrap_or(standard.status), headers, body: body.into_bytes() }
    }

    /// Whether a response says where the client is.
    #[must_use]
    pub fn need_source_address(&self) -> bool {
        self.custom.iter().flatten().any(Custom::needs_source_address)
    }

    fn of(&self, name: &str) -> Option<&Custom> {
        let index = TYPES.iter().position(|known| *known == name)?;
        self.custom.get(index)?.as_ref()
    }

    /// What stands for every type that has no response of its own. API Gateway lets nobody change what
    /// it says of a request that is too large.
    fn default_of(&self, status: u16) -> Option<&Custom> {
        match status {
            413 => None,
            ..500 => self.of("DEFAULT_4XX"),
            _ => self.of("DEFAULT_5XX"),
        }
    }
}

/// Text as JSON has it, in quotation marks.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
