//! Bodies that are made of templates, by media type.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tollgate_policy::{Exchange, Invalid, is_token};

use crate::Template;

/// API Gateway has no limit of its own on how many; this keeps a choice short.
const MAX_BODIES: usize = 10;

/// API Gateway takes templates of 300 KB, which are programs. These are answers.
const MAX_BYTES: usize = 8_192;

const JSON: &str = "application/json";

/// Templates by media type, of which the client's `accept` chooses one.
#[derive(Clone, Debug, Default)]
pub struct Bodies(Vec<(String, Template)>);

impl Bodies {
    /// Compiles templates; `read` is what reads one.
    ///
    /// # Errors
    /// [`Invalid`] for too many of them, what is no media type, and templates that cannot be read.
    pub fn compile(
        templates: &BTreeMap<String, String>,
        read: impl Fn(&str) -> Result<Template, Invalid>,
    ) -> Result<Self, Invalid> {
        if templates.len() > MAX_BODIES {
            return Err(Invalid::new("", format!("must not be more than {MAX_BODIES}")));
        }
        let compile = |(media_type, text): (&String, &String)| {
            let at = |invalid: Invalid| invalid.within(media_type.as_str());
            let is_type = (media_type.split_once('/'))
                .is_some_and(|(kind, sub)| is_token(kind.as_bytes()) && is_token(sub.as_bytes()));
            if !is_type {
                let reason = "is not a media type such as `application/json`";
                return Err(at(Invalid::new("", reason)));
            }
            if text.len() > MAX_BYTES {
                let reason = format!("must not be longer than {MAX_BYTES} bytes");
                return Err(at(Invalid::new("", reason)));
            }
            Ok((media_type.to_ascii_lowercase(), read(text).map_err(at)?))
        };
        Ok(Self(templates.iter().map(compile).collect::<Result<_, _>>()?))
    }

    /// The media type and the text of the body that the client accepts first, or else of JSON, or else
    /// of whatever there is.
    #[must_use]
    pub fn render(&self, exchange: &Exchange) -> Option<(&str, String)> {
        let accept = exchange.request.headers.arrived("accept").unwrap_or_default();
        let accept = String::from_utf8_lossy(accept).to_ascii_lowercase();
        let wanted = accept.split(',').filter_map(|item| item.split(';').next()).map(str::trim);
        let of = |wanted: &str| self.0.iter().find(|(known, _)| known == wanted);
        let found = { wanted }.find_map(of).or_else(|| of(JSON)).or(self.0.first());
        let (media_type, template) = found?;
        let put = |value: Option<Cow<'_, str>>, _, text: &mut String| {
            text.push_str(&value.unwrap_or_default());
        };
        Some((media_type, template.render(exchange, put)))
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one says where the client is.
    #[must_use]
    pub fn need_source_address(&self) -> bool {
        self.0.iter().any(|(_, template)| template.needs().source_address)
    }
}
