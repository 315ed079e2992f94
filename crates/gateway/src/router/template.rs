//! The path of a route, with its variables.

use std::fmt;
use std::rc::Rc;
use std::str::FromStr;

use tollgate_policy::Invalid;

use super::MAX_SEGMENTS;
use super::path::decoded;

/// The path of a route, with its variables: `/pets/{id}/toys/{rest+}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Template {
    segments: Vec<Segment>,
}

/// What stands between two slashes of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// These bytes, percent-decoded. Empty for what follows a trailing slash.
    Literal(Box<[u8]>),
    /// `{name}`: one segment that is not empty.
    Variable(Rc<str>),
    /// `{name+}`: all that is left, if any of it is more than slashes. Always the last.
    Greedy(Rc<str>),
}

impl Template {
    /// The segments, left to right. `/` has none.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The name of the greedy variable at the end, if there is one.
    #[must_use]
    pub fn greedy(&self) -> Option<&str> {
        match self.segments.last() {
            Some(Segment::Greedy(name)) => Some(name),
            Some(Segment::Literal(_) | Segment::Variable(_)) | None => None,
        }
    }
}

impl Segment {
    /// The name of the variable, if this is one.
    #[must_use]
    pub const fn name(&self) -> Option<&Rc<str>> {
        match self {
            Self::Literal(_) => None,
            Self::Variable(name) | Self::Greedy(name) => Some(name),
        }
    }
}

impl FromStr for Template {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refuse = |reason: &str| Err(Invalid::new("", format!("{reason}: `{text}`")));
        let Some(rest) = text.strip_prefix('/') else {
            return refuse("a path begins with a slash");
        };
        if rest.is_empty() {
            return Ok(Self { segments: Vec::new() });
        }
        if rest.split('/').count() > MAX_SEGMENTS {
            return Err(Invalid::new("", format!("a path has at most {MAX_SEGMENTS} segments")));
        }
        let segments =
            rest.split('/').map(str::parse).collect::<Result<Vec<Segment>, Invalid>>()?;
        let mut names = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            let last = index + 1 == segments.len();
            match segment {
                Segment::Greedy(_) if !last => return refuse("`{name+}` ends a path"),
                Segment::Literal(bytes) if bytes.is_empty() && !last => {
                    return refuse("only the last segment may be empty");
                }
                Segment::Literal(_) | Segment::Variable(_) | Segment::Greedy(_) => {}
            }
            if let Some(name) = segment.name() {
                names.push(name);
            }
        }
        names.sort_unstable();
        match names.array_windows().find(|[one, other]| one == other) {
            Some([name, _]) => refuse(&format!("two variables are called `{name}`")),
            None => Ok(Self { segments }),
        }
    }
}

impl FromStr for Segment {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refuse = |reason: &str| Err(Invalid::new("", format!("{reason}: `{text}`")));
        if let Some(inner) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            let (name, greedy) = match inner.strip_suffix('+') {
                Some(name) => (name, true),
                None => (inner, false),
            };
            return match (is_name(name), greedy) {
                (false, _) => refuse("a variable is named with letters, digits and `._$-`"),
                (true, true) => Ok(Self::Greedy(name.into())),
                (true, false) => Ok(Self::Variable(name.into())),
            };
        }
        if text.contains(['{', '}']) {
            return refuse("a variable is a whole segment, such as `{name}` or `{name+}`");
        }
        if !text.bytes().all(|byte| is_literal(byte) || byte == b'%') {
            return refuse("a character that a path does not have is written as `%XX`");
        }
        let bytes: Box<[u8]> = decoded(text.as_bytes()).collect();
        let escapes = text.bytes().filter(|byte| *byte == b'%').count();
        // An escape that could not be decoded still has its three bytes.
        if bytes.len() + 2 * escapes != text.len() {
            return refuse("`%` is followed by two hexadecimal digits");
        }
        match &*bytes {
            b"." | b".." => refuse("a request path never has a segment that is only dots"),
            bytes if bytes.contains(&0) => refuse("a request path never has `%00`"),
            _ => Ok(Self::Literal(bytes)),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.segments.is_empty() {
            return out.write_str("/");
        }
        self.segments.iter().try_for_each(|segment| write!(out, "/{segment}"))
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(bytes) => bytes.iter().try_for_each(|byte| match *byte {
                byte if is_literal(byte) => write!(out, "{}", char::from(byte)),
                byte => write!(out, "%{byte:02X}"),
            }),
            Self::Variable(name) => write!(out, "{{{name}}}"),
            Self::Greedy(name) => write!(out, "{{{name}+}}"),
        }
    }
}

/// What RFC 3986 section 3.3 lets stand in a segment as itself. Unlike API Gateway, which takes
/// fewer for REST APIs, we take them all for both.
const fn is_literal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'@')
        || matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        )
}

/// What API Gateway lets a parameter be called.
fn is_name(name: &str) -> bool {
    let takes =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$' | b'-');
    !name.is_empty() && name.bytes().all(takes)
}
