//! What Envoy has counted of canaries.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use tollgate_releases::analysis::{Bucket, Counts, Look};

/// What Envoy has counted of canaries, by stage and release.
pub type Looks = BTreeMap<(String, String), Look>;

/// Reads the metrics of canaries, as Envoy tells Prometheus of them.
pub fn read(text: &[u8]) -> Result<Looks> {
    let text = std::str::from_utf8(text).context("Envoy's metrics are not text")?;
    let mut looks = Looks::new();
    for line in text.lines().filter(|line| line.starts_with("tollgate_canary_")) {
        let sample = Sample::read(line)
            .with_context(|| format!("Envoy's metric is not understood: {line}"))?;
        let place = (sample.stage.to_owned(), sample.release.to_owned());
        let look = looks.entry(place).or_default();
        let counts = match sample.variant {
            "base" => &mut look.base,
            "canary" => &mut look.canary,
            _ => continue,
        };
        sample.put(counts);
    }
    Ok(looks)
}

/// One line.
struct Sample<'a> {
    name: &'a str,
    stage: &'a str,
    release: &'a str,
    variant: &'a str,
    /// The bound of a bucket.
    upper: Option<&'a str>,
    value: u64,
}

impl<'a> Sample<'a> {
    /// `tollgate_canary_requests{release="7",stage="orders/prod",variant="base"} 12`. No name has a
    /// quotation mark.
    fn read(line: &'a str) -> Option<Self> {
        let (name, rest) = line.split_once('{')?;
        let (labels, value) = rest.rsplit_once("} ")?;
        let label = |wanted: &str| {
            labels.split(',').find_map(|label| {
                let value = label.strip_prefix(wanted)?.strip_prefix("=\"")?;
                value.strip_suffix('"')
            })
        };
        // A sum of microseconds may be written with a fraction; it is not looked at.
        let value = value.trim();
        let value = value.parse().ok().or_else(|| name.ends_with("_sum").then_some(0))?;
        let (stage, variant) = (label("stage")?, label("variant")?);
        Some(Self { name, stage, release: label("release")?, variant, upper: label("le"), value })
    }

    fn put(&self, counts: &mut Counts) {
        match self.name {
            "tollgate_canary_requests" => counts.requests = self.value,
            "tollgate_canary_4xx" => counts.errors_4xx = self.value,
            "tollgate_canary_5xx" => counts.errors_5xx = self.value,
            "tollgate_canary_abandoned" => counts.abandoned = self.value,
            "tollgate_canary_latency_micros_count" => counts.latency.count = self.value,
            "tollgate_canary_latency_micros_bucket" => {
                let upper = self.upper.and_then(|upper| upper.parse::<f64>().ok());
                if let Some(upper_micros) = upper.filter(|upper| upper.is_finite()) {
                    counts.latency.buckets.push(Bucket { upper_micros, count: self.value });
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metrics_are_read_from_what_envoy_says() {
        let said = br#"# TYPE tollgate_canary_requests counter
tollgate_canary_requests{release="7",stage="orders/$default",variant="base"} 90
tollgate_canary_requests{release="7",stage="orders/$default",variant="canary"} 10
# TYPE tollgate_canary_5xx counter
tollgate_canary_5xx{release="7",stage="orders/$default",variant="canary"} 3
tollgate_canary_abandoned{release="7",stage="orders/$default",variant="canary"} 2
tollgate_canary_requests{release="8",stage="orders/$default",variant="canary"} 5
# TYPE tollgate_canary_latency_micros histogram
tollgate_canary_latency_micros_bucket{release="7",stage="orders/$default",variant="canary",le="250"} 4
tollgate_canary_latency_micros_bucket{release="7",stage="orders/$default",variant="canary",le="312"} 9
tollgate_canary_latency_micros_bucket{release="7",stage="orders/$default",variant="canary",le="+Inf"} 10
tollgate_canary_latency_micros_sum{release="7",stage="orders/$default",variant="canary"} 2612.5
tollgate_canary_latency_micros_count{release="7",stage="orders/$default",variant="canary"} 10
other{release="7",stage="orders/$default",variant="canary"} 10
"#;
        let looks = read(said).unwrap();
        let of = |release: &str| &looks[&("orders/$default".to_owned(), release.to_owned())];
        let look = of("7");
        assert_eq!((look.base.requests, look.canary.requests), (90, 10));
        assert_eq!((look.base.errors_5xx, look.canary.errors_5xx), (0, 3));
        assert_eq!((look.base.abandoned, look.canary.abandoned), (0, 2));
        // What was counted of another canary is another's.
        assert_eq!((of("8").base.requests, of("8").canary.requests), (0, 5));
        let latency = &look.canary.latency;
        assert_eq!(latency.count, 10);
        let bucket = |upper_micros, count| Bucket { upper_micros, count };
        assert_eq!(latency.buckets, [bucket(250.0, 4), bucket(312.0, 9)]);
        assert!(read(b"tollgate_canary_requests 12").is_err());
    }
}
