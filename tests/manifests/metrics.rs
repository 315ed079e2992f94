//! Metrics: which there are, and which a query asks for.

use std::collections::{BTreeMap, BTreeSet};

/// The labels that Prometheus puts on what it finds.
const TARGET: [&str; 2] = ["instance", "job"];

/// What a query asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Those of Envoy and of ours, and Prometheus's own `up`.
    pub(crate) metrics: BTreeSet<String>,
    pub(crate) labels: BTreeSet<String>,
}

/// What a page in Prometheus's text format shows: metrics with their labels, as Prometheus keeps them.
pub(crate) fn shown(page: &str) -> BTreeMap<String, BTreeSet<String>> {
    let target = TARGET.map(str::to_owned);
    let mut names = BTreeMap::from([("up".to_owned(), BTreeSet::from(target.clone()))]);
    for line in page.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().expect("a name").to_owned();
        let labels = line.split_once('{').map(|(_, rest)| rest).unwrap_or_default();
        let labels =
            labels.split(',').filter_map(|label| Some(label.split_once("=\"")?.0.to_owned()));
        names.entry(name).or_insert_with(|| target.clone().into()).extend(labels);
    }
    names
}

/// What a query asks for and nothing shows, labels of other metrics included.
pub(crate) fn missing(query: &str, shown: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let asked = asked(query);
    let labels: BTreeSet<_> =
        asked.metrics.iter().filter_map(|metric| shown.get(metric)).flatten().collect();
    let metrics = asked.metrics.iter().filter(|metric| !shown.contains_key(*metric));
    metrics.chain(asked.labels.iter().filter(|label| !labels.contains(label))).cloned().collect()
}

/// What a query asks for. Of what rules record, that is the metric in the middle of the name.
pub(crate) fn asked(query: &str) -> Asked {
    let mut asked = Asked { metrics: BTreeSet::new(), labels: BTreeSet::new() };
    let mut of_labels = false;
    // Every second part of a query is a text between quotes.
    for part in query.split('"').step_by(2) {
        let is_end = |char: char| !char.is_ascii_alphanumeric() && char != '_';
        for word in part.split_inclusive(is_end) {
            let name = word.trim_end_matches(is_end);
            let is_metric =
                name.starts_with("envoy_") || name.starts_with("tollgate_") || name == "up";
            if of_labels && !name.is_empty() {
                asked.labels.insert(name.to_owned());
            } else if is_metric {
                asked.metrics.insert(name.to_owned());
            }
            match word.chars().next_back() {
                Some('{') => of_labels = true,
                Some('}' | ')') => of_labels = false,
                _ if matches!(name, "by" | "on" | "ignoring" | "without") => of_labels = true,
                _ => {}
            }
        }
    }
    asked
}

#[test]
fn a_query_names_its_metrics_and_labels() {
    let query = r#"sum by (le, kind) (rate(envoy_a{b="c_d",e="f"}[5m])) / rate(tollgate_g[$__x])
        and on (h) by_kind:tollgate_i:rate5m > up"#;
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let metrics = set(&["envoy_a", "tollgate_g", "tollgate_i", "up"]);
    let labels = set(&["b", "e", "h", "kind", "le"]);
    assert_eq!(asked(query), Asked { metrics, labels });
}

#[test]
fn what_no_page_shows_is_missing() {
    let page = "# TYPE envoy_a counter\nenvoy_a{b=\"c\",e=\"f\"} 1\n\ntollgate_g{} 2\n";
    let shown = shown(page);
    for (query, expected) in [
        ("sum by (b, e, job) (envoy_a) / tollgate_g", &[][..]),
        ("up{instance=\"a\"} == 0", &[]),
        ("envoy_g + tollgate_g", &["envoy_g"]),
        ("envoy_a{h=\"a\"}", &["h"]),
        // Another metric has it.
        ("sum by (b) (tollgate_g)", &["b"]),
    ] {
        assert_eq!(missing(query, &shown), expected, "{query}");
    }
}
