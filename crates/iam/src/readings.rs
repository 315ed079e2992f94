//! What a path may mean to whoever reads it, and what is decided where it may mean two things.

use crate::{Api, Decision};

impl Api {
    /// Decides of a call by the ARN of the method that it calls, which comes back with the decision.
    ///
    /// Where a careless backend reads the path otherwise, both readings must be allowed; where it leads
    /// elsewhere than it says, nobody is asked and it is not.
    pub fn decide_call(
        &self,
        stage: &str,
        method: &str,
        path: &[u8],
        decide: impl Fn(&str) -> Decision,
    ) -> (Decision, String) {
        let arn = |path: &str| self.method_arn(stage, method, path);
        let Some((sent, other)) = readings(path) else {
            return (Decision::ImplicitDeny, arn(&String::from_utf8_lossy(path)));
        };
        let sent = arn(&sent);
        let decision = match other.map(|other| decide(&arn(&other))) {
            None | Some(Decision::Allow) => decide(&sent),
            Some(Decision::ExplicitDeny) => Decision::ExplicitDeny,
            Some(Decision::ImplicitDeny) => match decide(&sent) {
                Decision::ExplicitDeny => Decision::ExplicitDeny,
                Decision::Allow | Decision::ImplicitDeny => Decision::ImplicitDeny,
            },
        };
        (decision, sent)
    }
}

/// A path as it was sent, and as a careless backend reads it where that is another one: decoded, and
/// with doubled slashes merged. `None` of a path that leads elsewhere than it says: it has a segment
/// that is `.` or `..` once it is decoded, a `\`, or a control character.
///
/// A policy that is about paths is asked about both.
#[must_use]
pub fn readings(sent: &[u8]) -> Option<(String, Option<String>)> {
    let decoded = decode(sent);
    let is_dots = |segment: &[u8]| {
        let name = segment.split(|&byte| byte == b';').next().unwrap_or_default();
        name == b"." || name == b".."
    };
    if decoded.iter().any(|&byte| byte < b' ' || byte == b'\\' || byte == 0x7f)
        || decoded.split(|&byte| byte == b'/').any(is_dots)
    {
        return None;
    }
    let mut merged = Vec::with_capacity(decoded.len());
    for byte in decoded {
        if byte != b'/' || merged.last() != Some(&b'/') {
            merged.push(byte);
        }
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let other = (merged != sent).then(|| text(&merged));
    Some((text(sent), other))
}

/// The bytes that a path stands for. A `%` without two hexadecimal digits stands for itself.
fn decode(mut rest: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(rest.len());
    while let [byte, after @ ..] = rest {
        rest = after;
        match after {
            [high, low, after @ ..] if *byte == b'%' => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high << 4 | low);
                    rest = after;
                }
                _ => decoded.push(*byte),
            },
            _ => decoded.push(*byte),
        }
    }
    decoded
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
