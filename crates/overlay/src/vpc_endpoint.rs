//! `vpcEndpoints`: how requests are told that come through one.

use std::collections::BTreeMap;

use tollgate_gateway::definition::VpcEndpoint;
use tollgate_iam::Network;
use tollgate_source::{At, Findings};

/// The most endpoints, and the most networks and subjects of each, that a gateway takes.
const MAX: usize = 100;

/// Every endpoint, by its id.
pub(crate) fn read_all(at: &At<'_>, out: &mut Findings) -> BTreeMap<String, VpcEndpoint> {
    if at.map(out).is_none() {
        return BTreeMap::new();
    }
    if at.node.entries().len() > MAX {
        out.refuse_key(at, format!("there are at most {MAX} VPC endpoints"));
    }
    at.entries().filter_map(|(id, at)| Some((id.to_owned(), read(&at, out)?))).collect()
}

fn read(at: &At<'_>, out: &mut Findings) -> Option<VpcEndpoint> {
    let mut fields = at.fields(out)?;
    let vpc_id = fields.take("vpcId").and_then(|at| at.filled(out)).map(str::to_owned);
    let mut list = |key, out: &mut Findings| {
        let at = fields.take(key)?;
        let items = at.strings(out)?;
        if items.len() > MAX {
            out.refuse(&at, format!("at most {MAX} belong here"));
        }
        Some(items)
    };
    let networks = list("networks", out).unwrap_or_default();
    let subjects = list("subjects", out).unwrap_or_default();
    fields.finish(out);
    for (at, network) in &networks {
        if let Err(malformed) = Network::parse(network) {
            out.refuse(at, malformed.reason);
        }
    }
    if networks.is_empty() && subjects.is_empty() {
        let reason =
            "must say by which `networks` or `subjects` the requests of this endpoint are told";
        out.refuse_key(at, reason);
        return None;
    }
    let texts =
        |items: Vec<(At<'_>, &str)>| items.into_iter().map(|(_, text)| text.to_owned()).collect();
    Some(VpcEndpoint { vpc_id, networks: texts(networks), subjects: texts(subjects) })
}
