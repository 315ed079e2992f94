//! What a proxy must have for a definition: a cluster for every service, and compressors.

use std::collections::BTreeSet;

use tollgate_jwt_authorizer::Keys;
use tollgate_lambda::Function;
use tollgate_lambda_authorizer::Service;
use tollgate_lambda_proxy::Transfer;
use tollgate_policy::{Endpoint, Invalid};

use crate::definition::{Api, Authorizer, Definition, HttpProxy, Integration};
use crate::variables;
use crate::view::{Content, View};

/// A service the gateway calls, and how its certificate is to be checked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Upstream {
    /// The name of the proxy's cluster. What is told apart below has clusters of its own.
    pub cluster: String,
    /// Where it is.
    pub endpoint: Endpoint,
    /// The name its certificate must have, where it is not the endpoint's host.
    pub server_name: Option<String>,
    /// Whether its certificate is checked.
    pub verification: Verification,
    /// What it is spoken to in.
    pub version: HttpVersion,
    /// The region for which the proxy signs what is sent there, of AWS Lambda.
    pub signing_region: Option<String>,
    /// Whether the proxy makes a body of [`EVENT_HEADER`](crate::EVENT_HEADER), for functions whose
    /// responses come as a stream.
    pub takes_events: bool,
}

/// Whether the certificate of a service is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verification {
    /// It must be one of an authority that is trusted, and have the right name.
    #[default]
    Full,
    /// It may be any.
    Skipped,
}

/// What a service is spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum HttpVersion {
    /// HTTP/2 where service and proxy agree on it when they shake hands, else HTTP/1.1, as in the clear.
    #[default]
    Agreed,
    /// HTTP/2, in the clear.
    Http2,
}

impl Upstream {
    /// A service that is what its URL says.
    #[must_use]
    pub fn of(endpoint: Endpoint) -> Self {
        Self {
            cluster: endpoint.cluster(),
            endpoint,
            server_name: None,
            verification: Verification::Full,
            version: HttpVersion::Agreed,
            signing_region: None,
            takes_events: false,
        }
    }

    /// The Invoke API that calls a function.
    ///
    /// # Errors
    /// [`Invalid`] for an endpoint that is none.
    pub fn calling(function: &Function) -> Result<Self, Invalid> {
        let (endpoint, _) =
            Endpoint::split(&function.endpoint).map_err(|invalid| invalid.within("endpoint"))?;
        let mut upstream = Self::of(endpoint);
        upstream.cluster =
            tollgate_lambda::cluster(&upstream.endpoint, function.signing_region.as_deref());
        upstream.signing_region = function.signing_region.clone();
        Ok(upstream)
    }

    /// The same of a function whose responses come as a stream.
    ///
    /// # Errors
    /// [`Invalid`] for an endpoint that is none.
    pub fn streaming(function: &Function) -> Result<Self, Invalid> {
        let mut upstream = Self::calling(function)?;
        let region = function.signing_region.as_deref();
        upstream.cluster = tollgate_lambda::streaming_cluster(&upstream.endpoint, region);
        upstream.takes_events = true;
        Ok(upstream)
    }

    /// The service of an integration, whose URI leads to this endpoint.
    #[must_use]
    pub fn of_service(endpoint: Endpoint, service: &HttpProxy) -> Self {
        let mut upstream = Self::of(endpoint);
        if let Some(name) = &service.server_name_to_verify {
            upstream.cluster = format!("{}#{name}", upstream.cluster);
            upstream.server_name = Some(name.clone());
        }
        // A `!` is in no name, so none can lead to the cluster of another.
        if service.insecure_skip_verification {
            upstream.cluster.push_str("!insecure");
            upstream.verification = Verification::Skipped;
        }
        if service.http2 {
            upstream.cluster.push_str("!http2");
            upstream.version = HttpVersion::Http2;
        }
        upstream
    }
}

/// Every service the definition reaches, once each, in order of cluster name. Issuers whose cluster
/// is named in the definition are left out: that cluster is the operator's own.
///
/// # Errors
/// [`Invalid`] for the first URI that is none.
pub fn upstreams(definition: &Definition) -> Result<Vec<Upstream>, Invalid> {
    let mut found = BTreeSet::new();
    for (id, api) in &definition.apis {
        of_api(api, &mut found).map_err(|invalid| invalid.within(format!("apis.{id}")))?;
    }
    Ok(found.into_iter().collect())
}

/// The sizes from which responses of a definition are compressed, those of all deployments: what a proxy
/// needs a compressor for.
#[must_use]
pub fn compression_sizes(definition: &Definition) -> BTreeSet<u32> {
    let contents = definition.apis.values().flat_map(Content::all);
    contents.filter_map(|(_, content)| content.minimum_compression_size).collect()
}

fn of_api(api: &Api, found: &mut BTreeSet<Upstream>) -> Result<(), Invalid> {
    for (deployment, content) in Content::all(api) {
        let views: Vec<_> = View::all(api).filter(|view| view.deployment == deployment).collect();
        if views.is_empty() {
            continue;
        }
        of_content(content, &views, found).map_err(|invalid| match deployment {
            None => invalid,
            Some(id) => invalid.within(format!("deployments.{id}")),
        })?;
    }
    Ok(())
}

/// Whoever decides for a Lambda authorizer.
fn of_decider(service: &Service) -> Result<Upstream, Invalid> {
    match service {
        Service::Lambda(function) => {
            Upstream::calling(function).map_err(|invalid| invalid.within("lambda"))
        }
        Service::Http(http) => {
            let at = |invalid: Invalid| invalid.within("http.uri");
            Ok(Upstream::of(Endpoint::split(&http.uri).map_err(at)?.0))
        }
    }
}

fn of_content(
    content: Content<'_>,
    views: &[View<'_>],
    found: &mut BTreeSet<Upstream>,
) -> Result<(), Invalid> {
    for (name, integration) in content.integrations {
        if let Integration::LambdaProxy(lambda) = integration {
            let function = &lambda.proxy.function;
            let upstream = match lambda.proxy.transfer {
                Transfer::Buffered => Upstream::calling(function),
                Transfer::Stream => Upstream::streaming(function),
            };
            let upstream = upstream.map_err(|invalid| {
                invalid.within(format!("integrations.{name}.lambda_proxy.proxy.function"))
            })?;
            found.insert(upstream);
        }
        let Some(proxy) = integration.service() else { continue };
        let field = match integration {
            Integration::Http(_) => "http.service",
            Integration::HttpProxy(_) | Integration::LambdaProxy(_) | Integration::Mock(_) => {
                "http_proxy"
            }
        };
        for view in views {
            let at = |invalid: Invalid| {
                invalid.within(format!("integrations.{name}.{field}.uri ({view})"))
            };
            let uri = variables::substitute(&proxy.uri, &view.variables).map_err(at)?;
            let (endpoint, _) = Endpoint::split(&uri).map_err(at)?;
            found.insert(Upstream::of_service(endpoint, proxy));
        }
    }
    for (name, authorizer) in content.authorizers {
        let config = match authorizer {
            Authorizer::Jwt(config) => config,
            Authorizer::Lambda(config) => {
                let at =
                    |invalid: Invalid| invalid.within(format!("authorizers.{name}.lambda.service"));
                found.insert(of_decider(&config.service).map_err(at)?);
                continue;
            }
        };
        for (index, issuer) in config.issuers.iter().enumerate() {
            let mut urls = Vec::new();
            match &issuer.keys {
                Keys::Discovery(discovery) => {
                    if discovery.cluster.is_none() {
                        urls.push(&issuer.issuer);
                    }
                    urls.extend(&discovery.jwks_hosts);
                }
                Keys::JwksUri(place) if place.cluster.is_none() => urls.push(&place.uri),
                Keys::JwksUri(_) | Keys::Jwks(_) => {}
            }
            for url in urls {
                let (endpoint, _) = Endpoint::split(url).map_err(|invalid| {
                    invalid.within(format!("authorizers.{name}.jwt.issuers[{index}]"))
                })?;
                found.insert(Upstream::of(endpoint));
            }
        }
    }
    Ok(())
}
