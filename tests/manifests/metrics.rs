//! Metrics: which there are, and which a query asks for.

use std::collections::BTreeSet;

/// Metrics and labels by their names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) metrics: BTreeSet<String>,
    pub(crate) labels: BTreeSet<String>,
}

/// What a page in Prometheus's text format shows.
pub(crate) fn shown(page: &str) -> Names {
    let mut names = Names::default();
    for line in page.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        names.metrics.insert(line.split(['{', ' ']).next().expect("a name").to_owned());
        let labels = line.split_once('{').map(|(_, rest)| rest).unwrap_or_default();
        let labels = labels.split(',').filter_map(|label| Some(label.split_once("=\"")?.0));
        names.labels.extend(labels.map(str::to_owned));
    }
    names
}

/// What a query asks for: of metrics those of Envoy and of ours, of labels all.
pub(crate) fn asked(query: &str) -> Names {
    let mut names = Names::default();
    let mut of_labels = false;
    // Every second part of a query is a text between quotes.
    for part in query.split('"').step_by(2) {
        let is_end = |char: char| !char.is_ascii_alphanumeric() && char != '_';
        for word in part.split_inclusive(is_end) {
            let name = word.trim_end_matches(is_end);
            let is_metric = name.starts_with("envoy_") || name.starts_with("tollgate_");
            if of_labels && !name.is_empty() {
                names.labels.insert(name.to_owned());
            } else if is_metric {
                names.metrics.insert(name.to_owned());
            }
            match word.chars().next_back() {
                Some('{') => of_labels = true,
                Some('}' | ')') => of_labels = false,
                _ if name == "by" => of_labels = true,
                _ => {}
            }
        }
    }
    names
}

#[test]
fn a_query_names_its_metrics_and_labels() {
    let query = r#"sum by (le, kind) (rate(envoy_a{b="c_d",e="f"}[5m])) / rate(tollgate_g[$__x])"#;
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let names =
        Names { metrics: set(&["envoy_a", "tollgate_g"]), labels: set(&["b", "e", "kind", "le"]) };
    assert_eq!(asked(query), names);
    let page = "# TYPE envoy_a counter\nenvoy_a{b=\"c\",e=\"f\"} 1\n\ntollgate_g 2\n";
    assert_eq!(shown(page), Names { labels: set(&["b", "e"]), ..names });
}
