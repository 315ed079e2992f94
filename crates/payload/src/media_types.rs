//! Which media types are bytes rather than text.

use tollgate_policy::{Invalid, is_token};

/// API Gateway's lists are short; each is compared with every body's.
const MAX_TYPES: usize = 100;

/// The media types of an API whose bodies are bytes. API Gateway's `binaryMediaTypes`.
#[derive(Clone, Debug, Default)]
pub struct BinaryMediaTypes(Vec<(String, String)>);

impl BinaryMediaTypes {
    /// Compiles `image/png`, `image/*` and `*/*`.
    ///
    /// # Errors
    /// [`Invalid`] for the first that is none.
    pub fn compile(types: &[String]) -> Result<Self, Invalid> {
        if types.len() > MAX_TYPES {
            return Err(Invalid::new("", format!("must not be more than {MAX_TYPES}")));
        }
        let compile = |(index, text): (usize, &String)| {
            // In JSON pointers and patches a slash is `~1`, and so it is found in documents.
            let text = text.replace("~1", "/").to_ascii_lowercase();
            let halves = text.split_once('/').filter(|(kind, sub)| {
                is_token(kind.as_bytes())
                    && is_token(sub.as_bytes())
                    && (*kind != "*" || *sub == "*")
            });
            match halves {
                Some((kind, sub)) => Ok((kind.to_owned(), sub.to_owned())),
                None => {
                    let reason = format!("`{text}` is not a media type such as `image/*`");
                    Err(Invalid::new(format!("[{index}]"), reason))
                }
            }
        };
        Ok(Self(types.iter().enumerate().map(compile).collect::<Result<_, _>>()?))
    }

    /// Whether a body of this type, as `content-type` or `accept` says it, is bytes. Of several the first
    /// counts, as it does for API Gateway.
    #[must_use]
    pub fn contain(&self, media_type: &[u8]) -> bool {
        let first = media_type.split(|byte| matches!(byte, b',' | b';')).next().unwrap_or_default();
        let first = first.trim_ascii().to_ascii_lowercase();
        let mut halves = first.splitn(2, |byte| *byte == b'/');
        let (Some(kind), Some(sub)) = (halves.next(), halves.next()) else { return false };
        self.0.iter().any(|(wanted_kind, wanted_sub)| {
            let fits = |wanted: &str, found: &[u8]| wanted == "*" || wanted.as_bytes() == found;
            fits(wanted_kind, kind) && fits(wanted_sub, sub)
        })
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
