//! Which origins are allowed.

use std::collections::BTreeSet;

use tollgate_policy::Invalid;

use crate::pattern::{MAX_ORIGIN_BYTES, Parts, Pattern};

/// Who needs more writes them with a program, and can have a pattern instead.
const MAX_ORIGINS: usize = 1_000;

/// The origins that are allowed.
#[derive(Debug)]
pub(crate) enum Origins {
    /// Every one, even one that says nothing of where it is.
    Any,
    /// These, and those that fit a pattern.
    Listed { exact: BTreeSet<String>, patterns: Vec<Pattern> },
}

impl Origins {
    /// # Errors
    /// [`Invalid`] for the first that is no origin, and no pattern for origins.
    pub(crate) fn compile(configured: &[String]) -> Result<Self, Invalid> {
        if configured.len() > MAX_ORIGINS {
            return Err(Invalid::new("", format!("must not be more than {MAX_ORIGINS}")));
        }
        let (mut is_any, mut exact, mut patterns) = (false, BTreeSet::new(), Vec::new());
        for (index, written) in configured.iter().enumerate() {
            let origin = written.to_ascii_lowercase();
            if origin == "*" {
                is_any = true;
                continue;
            }
            let refuse = |reason| Invalid::new(format!("[{index}]"), reason);
            if origin.contains('@') {
                // Not in the words of whoever wrote it: there may be a password.
                return Err(refuse("has user information, which no origin has".to_owned()));
            }
            let pattern = Pattern::parse(&origin)
                .map_err(|reason| refuse(format!("`{}` {reason}", written.escape_default())))?;
            match pattern.only() {
                Some(origin) => _ = exact.insert(origin),
                None => patterns.push(pattern),
            }
        }
        Ok(if is_any { Self::Any } else { Self::Listed { exact, patterns } })
    }

    /// What to say to this origin: `*`, what it calls itself, or nothing.
    ///
    /// It is compared byte by byte: a browser writes an origin in one way only (Fetch, "`Origin`
    /// header"), and what is written in another comes from none.
    pub(crate) fn grant<'o>(&self, origin: &'o [u8]) -> Option<&'o str> {
        // A list of origins, or what a proxy has made of two fields, is nobody's origin.
        let plain = |byte: &u8| byte.is_ascii_graphic() && *byte != b',';
        if !(1..=MAX_ORIGIN_BYTES).contains(&origin.len()) || !origin.iter().all(plain) {
            return None;
        }
        let origin = std::str::from_utf8(origin).ok()?;
        match self {
            Self::Any => Some("*"),
            Self::Listed { exact, patterns } => {
                let fits = || {
                    let parts = Parts::of(origin);
                    parts.is_some_and(|parts| patterns.iter().any(|pattern| pattern.takes(parts)))
                };
                (exact.contains(origin) || fits()).then_some(origin)
            }
        }
    }

    /// Whether what is said differs between origins.
    pub(crate) fn are_told_apart(&self) -> bool {
        match self {
            Self::Any => false,
            Self::Listed { exact, patterns } => !exact.is_empty() || !patterns.is_empty(),
        }
    }
}
