//! Whose requests are counted together.

use tollgate_policy::{Exchange, Invalid, is_token};
use tollgate_rate_limit::{Per, Subject};

use crate::config::Key;

impl Key {
    /// Whether clients can be told apart by it.
    ///
    /// # Errors
    /// [`Invalid`] for what cannot be the name of a header field or a claim.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::SourceIp => Ok(()),
            Self::Header(name) => {
                if !is_token(name.as_bytes()) {
                    let reason = format!("`{}` is not a header field", name.escape_default());
                    return Err(Invalid::new("header", reason));
                }
                Ok(())
            }
            Self::Claim(name) if name.is_empty() => Err(Invalid::new("claim", "must have a name")),
            Self::Claim(_) => Ok(()),
        }
    }

    /// Whether the proxy has to say where a request comes from.
    #[must_use]
    pub const fn needs_source_address(&self) -> bool {
        matches!(self, Self::SourceIp)
    }

    /// How the limiter of such a key spreads its tokens.
    #[must_use]
    pub const fn per(key: Option<&Self>) -> Per {
        match key {
            None => Per::Everybody,
            Some(_) => Per::Subject,
        }
    }

    /// Whose request it is. Those of whom nothing is known are one.
    #[must_use]
    pub fn subject(&self, exchange: &Exchange) -> Subject<'static> {
        match self {
            Self::SourceIp => exchange.source_address.map_or(Subject::EVERYBODY, Subject::address),
            Self::Header(name) => {
                exchange.request.headers.get(name).map_or(Subject::EVERYBODY, Subject::of)
            }
            Self::Claim(name) => {
                let claims = exchange.context.authorizer.as_ref().map(|known| &known.claims);
                let claim = claims.and_then(|claims| claims.get(name));
                claim.map_or(Subject::EVERYBODY, |claim| match claim.as_str() {
                    Some(text) => Subject::of(text.as_bytes()),
                    None => Subject::of(claim.to_string().as_bytes()),
                })
            }
        }
    }
}
