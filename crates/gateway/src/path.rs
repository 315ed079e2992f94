//! Paths that mean one thing to everyone who reads them.

/// Whether a path is one that the gateway and the integration cannot read differently.
///
/// Refused are spaces, control characters, `\`, `#` and what is not ASCII, invalid
/// percent-encoding, `%00`, and segments that are `.` or `..` to whoever decodes them first or takes
/// what follows a `;` for a parameter: behind a route for `/public/{proxy+}` these could lead to
/// `/admin`. Unlike API Gateway, which passes some of them on.
pub(crate) fn is_plain(path: &[u8]) -> bool {
    let mut rest = path;
    let mut segment = Segment::default();
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'%' => {
                let [high, low, after @ ..] = rest else { return false };
                let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { return false };
                rest = after;
                match high << 4 | low {
                    0 => return false,
                    b'/' | b'\\' if segment.is_dots() => return false,
                    b'/' | b'\\' => segment = Segment::default(),
                    b';' if segment.is_dots() => return false,
                    decoded => segment.push(decoded),
                }
            }
            b'/' | b';' if segment.is_dots() => return false,
            b'/' => segment = Segment::default(),
            0..=0x20 | 0x7f.. | b'\\' | b'#' => return false,
            plain => segment.push(*plain),
        }
    }
    !segment.is_dots()
}

/// The path as a careless backend reads it, with encoded slashes decoded and doubled ones merged,
/// if that is another path.
pub(crate) fn read_loosely(path: &str) -> Option<String> {
    let is_doubled = |two: &[u8]| two == b"//";
    if !path.as_bytes().windows(2).any(is_doubled) && !path.contains('%') {
        return None;
    }
    let mut loose = path.to_owned();
    for slash in ["%2f", "%2F", "%5c", "%5C"] {
        if loose.contains(slash) {
            loose = loose.replace(slash, "/");
        }
    }
    while loose.contains("//") {
        loose = loose.replace("//", "/");
    }
    (loose != path).then_some(loose)
}

/// As much of a segment as tells whether it is `.` or `..`.
#[derive(Default)]
struct Segment {
    dots: u8,
    other: bool,
}

impl Segment {
    fn push(&mut self, byte: u8) {
        match byte {
            b'.' => self.dots = self.dots.saturating_add(1),
            _ => self.other = true,
        }
    }

    fn is_dots(&self) -> bool {
        !self.other && matches!(self.dots, 1 | 2)
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
