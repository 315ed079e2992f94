//! Which requests a limit is for.

use tollgate_policy::Invalid;

/// A method and the path it is for, such as `GET /orders/{id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// `None` for any.
    method: Option<String>,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(Vec<u8>),
    /// `{name}`: one segment, whatever it is.
    Any,
    /// `{name+}`: all that is left, one segment at least.
    Rest,
}

impl Pattern {
    /// Reads `GET /orders/{id}`; `ANY` stands for every method.
    ///
    /// # Errors
    /// [`Invalid`] for what is not of that form.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text.split_once(' ') {
            Some((method, path)) => Self::new(text, method, path),
            None => {
                let reason =
                    format!("`{text}` is not a method and a path, such as `GET /orders/{{id}}`");
                Err(Invalid::new("", reason))
            }
        }
    }

    /// Reads `/orders/{id}/GET`, as usage plans have it.
    ///
    /// # Errors
    /// [`Invalid`] for what is not of that form.
    pub fn parse_method_key(text: &str) -> Result<Self, Invalid> {
        match text.rsplit_once('/') {
            // The root is `//GET`.
            Some((path, method)) => {
                Self::new(text, method, if path.is_empty() { "/" } else { path })
            }
            None => {
                let reason =
                    format!("`{text}` is not a path and a method, such as `/orders/{{id}}/GET`");
                Err(Invalid::new("", reason))
            }
        }
    }

    fn new(text: &str, method: &str, path: &str) -> Result<Self, Invalid> {
        let refuse = |reason: &str| Err(Invalid::new("", format!("`{text}` {reason}")));
        if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return refuse("has no method in capitals, such as `GET` or `ANY`");
        }
        let Some(path) = path.strip_prefix('/') else {
            return refuse("has a path that does not begin with `/`");
        };
        let mut segments = Vec::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if segments.last() == Some(&Segment::Rest) {
                return refuse("has something after a variable that takes all the rest");
            }
            segments.push(match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some("" | "+") => return refuse("has a variable without a name"),
                Some(name) if name.ends_with('+') => Segment::Rest,
                Some(_) => Segment::Any,
                None if part.contains(['{', '}']) => {
                    return refuse("has a brace that is not around a whole segment");
                }
                None => Segment::Literal(decoded(part.as_bytes())),
            });
        }
        Ok(Self { method: (method != "ANY").then(|| method.to_owned()), segments })
    }

    /// Whether a request is one of these. However a path is spelt, with characters encoded or slashes
    /// doubled, it falls under the same limit.
    #[must_use]
    pub fn matches(&self, method: &[u8], path: &[u8]) -> bool {
        if self.method.as_ref().is_some_and(|wanted| wanted.as_bytes() != method) {
            return false;
        }
        let mut parts = path.split(|&byte| byte == b'/').filter(|part| !part.is_empty());
        for segment in &self.segments {
            let Some(part) = parts.next() else { return false };
            match segment {
                Segment::Literal(literal) if decoded(part) != *literal => return false,
                Segment::Literal(_) | Segment::Any => {}
                Segment::Rest => return true,
            }
        }
        parts.next().is_none()
    }
}

fn decoded(part: &[u8]) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let mut decoded = Vec::with_capacity(part.len());
    let mut rest = part;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%'
            && let [high, low, after @ ..] = after
            && let (Some(high), Some(low)) = (digit(high), digit(low))
        {
            // INVARIANT: two hexadecimal digits are a byte.
            decoded.push((high * 16 + low) as u8);
            rest = after;
        } else {
            decoded.push(byte);
        }
    }
    decoded
}
