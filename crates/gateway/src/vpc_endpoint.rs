//! Which VPC endpoint a request has come through.

use std::collections::BTreeMap;
use std::rc::Rc;

use tollgate_iam::Network;
use tollgate_policy::{Exchange, Invalid};

use crate::definition;

/// All of them are looked at for each request.
const MAX_ENDPOINTS: usize = 100;
/// And so are their networks and subjects.
const MAX_NETWORKS: usize = 100;
const MAX_SUBJECTS: usize = 100;

/// A VPC endpoint, compiled.
#[derive(Debug)]
pub(crate) struct VpcEndpoint {
    id: Rc<str>,
    vpc_id: Option<Rc<str>>,
    networks: Vec<Network>,
    subjects: Vec<String>,
}

impl VpcEndpoint {
    pub(crate) fn compile_all(
        endpoints: &BTreeMap<String, definition::VpcEndpoint>,
    ) -> Result<Vec<Self>, Invalid> {
        if endpoints.len() > MAX_ENDPOINTS {
            return Err(Invalid::new("", format!("must not be more than {MAX_ENDPOINTS}")));
        }
        let compile = |(id, endpoint): (&String, &definition::VpcEndpoint)| {
            Self::compile(id, endpoint).map_err(|invalid| invalid.within(id))
        };
        endpoints.iter().map(compile).collect()
    }

    fn compile(id: &str, endpoint: &definition::VpcEndpoint) -> Result<Self, Invalid> {
        let definition::VpcEndpoint { vpc_id, networks, subjects } = endpoint;
        if networks.is_empty() && subjects.is_empty() {
            let reason = "must say by which `networks` or `subjects` its requests are told";
            return Err(Invalid::new("", reason));
        }
        if networks.len() > MAX_NETWORKS {
            let reason = format!("must not be more than {MAX_NETWORKS}");
            return Err(Invalid::new("networks", reason));
        }
        if subjects.len() > MAX_SUBJECTS {
            let reason = format!("must not be more than {MAX_SUBJECTS}");
            return Err(Invalid::new("subjects", reason));
        }
        let networks = (networks.iter().enumerate())
            .map(|(index, network)| {
                let at = |malformed: tollgate_iam::Malformed| {
                    Invalid::new(format!("networks[{index}]"), malformed.reason)
                };
                Network::parse(network).map_err(at)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            id: id.into(),
            vpc_id: vpc_id.as_deref().map(Into::into),
            networks,
            subjects: subjects.clone(),
        })
    }

    /// Whether it takes a client's address to tell its requests.
    pub(crate) fn needs_source_address(&self) -> bool {
        !self.networks.is_empty()
    }

    fn is_of(&self, exchange: &Exchange) -> bool {
        let from = exchange.source_address;
        let by = exchange.context.client_cert.as_ref();
        from.is_some_and(|from| self.networks.iter().any(|network| network.contains(from)))
            || by.is_some_and(|by| self.subjects.contains(&by.subject_dn))
    }
}

/// Notes which of the endpoints a request has come through: the first by name.
pub(crate) fn tell(endpoints: &[VpcEndpoint], exchange: &mut Exchange) {
    let found = endpoints.iter().find(|endpoint| endpoint.is_of(exchange));
    exchange.context.vpce_id = found.map(|endpoint| endpoint.id.clone());
    exchange.context.vpc_id = found.and_then(|endpoint| endpoint.vpc_id.clone());
}
