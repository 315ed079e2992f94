//! Which requests the canary answers.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tollgate_policy::{Exchange, Invalid};

use crate::config::{Override, Sticky};
use crate::sticky;

/// Which of the two answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Variant {
    /// The release itself.
    Base,
    /// The canary.
    Canary,
}

impl fmt::Display for Variant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Base => "base",
            Self::Canary => "canary",
        })
    }
}

/// A part of the traffic, from 0.0 to 100.0 of a hundred. API Gateway's `percentTraffic`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percent(pub f64);

impl Percent {
    /// # Errors
    /// [`Invalid`] for what is not from 0 to 100.
    pub fn check(self) -> Result<(), Invalid> {
        if (0.0..=100.0).contains(&self.0) {
            return Ok(());
        }
        Err(Invalid::new("", format!("`{}` is not from 0.0 to 100.0", self.0)))
    }

    /// Whether a point on a line of 2^64 lies in the first part of it.
    fn reaches(self, point: u64) -> bool {
        /// 2^64 / 100.
        const POINTS_OF_ONE: f64 = 184_467_440_737_095_516.16;
        if self.0 >= 100.0 {
            return true;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to below 2^64, as checked; the cast saturates besides"
        )]
        let end = (self.0 * POINTS_OF_ONE) as u64;
        point < end
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} %", self.0)
    }
}

/// Divides requests between the base and the canary.
#[derive(Debug)]
pub struct Split {
    percent: Percent,
    sticky: Option<Sticky>,
    chosen_by: Option<Chosen>,
    /// What hashes start with.
    salt: Box<[u8]>,
}

#[derive(Debug)]
struct Chosen {
    header: String,
    canary: Option<[u8; 32]>,
    base: Option<[u8; 32]>,
}

impl Split {
    /// Compiles what the operator says. Sticky assignments under different salts are independent.
    ///
    /// # Errors
    /// [`Invalid`] for the first field that cannot be honoured.
    pub fn compile(
        percent_traffic: Percent,
        sticky: Option<Sticky>,
        chosen_by: Option<&Override>,
        salt: &str,
    ) -> Result<Self, Invalid> {
        percent_traffic.check().map_err(|invalid| invalid.within("percent_traffic"))?;
        if let Some(sticky) = &sticky {
            sticky.check().map_err(|invalid| invalid.within("sticky"))?;
        }
        let chosen_by = chosen_by
            .map(Chosen::compile)
            .transpose()
            .map_err(|invalid| invalid.within("override"))?;
        Ok(Self { percent: percent_traffic, sticky, chosen_by, salt: salt.as_bytes().into() })
    }

    /// Whether the proxy has to say where a request comes from.
    #[must_use]
    pub fn needs_source_address(&self) -> bool {
        self.sticky == Some(Sticky::SourceIp)
    }

    /// Which of the two answers this request. The field by which testers choose is removed from it.
    pub fn choose(&self, exchange: &mut Exchange) -> Variant {
        if let Some(chosen) = &self.chosen_by
            && let Some(variant) = chosen.choose(exchange)
        {
            return variant;
        }
        let value = self.sticky.as_ref().and_then(|sticky| sticky.value(exchange));
        let point = value.map_or_else(|| draw(exchange), |value| sticky::point(&self.salt, &value));
        if self.percent.reaches(point) { Variant::Canary } else { Variant::Base }
    }
}

/// A share of requests that the canary gets a copy of. Its answers are thrown away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shadow(Percent);

impl Shadow {
    /// # Errors
    /// [`Invalid`] for what is not from 0 to 100.
    pub fn compile(percent: Percent) -> Result<Self, Invalid> {
        percent.check()?;
        Ok(Self(percent))
    }

    /// Whether this request is copied.
    #[must_use]
    pub fn copies(&self, exchange: &Exchange) -> bool {
        // Other bits than those a canary is drawn by.
        self.0.reaches(draw(exchange).rotate_left(32))
    }
}

/// The low half of the exchange's random bits.
fn draw(exchange: &Exchange) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
    let low = exchange.nonce as u64;
    low
}

impl Chosen {
    fn compile(written: &Override) -> Result<Self, Invalid> {
        sticky::check_header(&written.header).map_err(|invalid| invalid.within("header"))?;
        let digest = |field: &str, text: &Option<String>| {
            text.as_deref()
                .map(|text| {
                    sha256(text).ok_or_else(|| {
                        Invalid::new(field, "must be a SHA-256: 64 hexadecimal digits")
                    })
                })
                .transpose()
        };
        let chosen = Self {
            header: written.header.clone(),
            canary: digest("canary_sha256", &written.canary_sha256)?,
            base: digest("base_sha256", &written.base_sha256)?,
        };
        if chosen.canary.is_none() && chosen.base.is_none() {
            let reason = "`canary_sha256`, `base_sha256` or both belong here";
            return Err(Invalid::new("", reason));
        }
        Ok(chosen)
    }

    fn choose(&self, exchange: &mut Exchange) -> Option<Variant> {
        let digest: [u8; 32] = Sha256::digest(exchange.request.headers.get(&self.header)?).into();
        // What is compared are digests: how long it takes says nothing of the secret.
        exchange.request.headers.remove(&self.header);
        if self.canary == Some(digest) {
            return Some(Variant::Canary);
        }
        (self.base == Some(digest)).then_some(Variant::Base)
    }
}

fn sha256(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut digest = [0; 32];
    for (byte, pair) in digest.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(digest)
}
