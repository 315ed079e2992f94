//! Who may reach the gateway, and how it proves who it is, from the command line.

use std::fs;
use std::path::{self, Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use tollgate_envoy_config::{Certificate, Clients, EndpointType, Network, Settings, Tls};

use crate::failure::{Code, Failure};
use crate::settings::path_text;
use crate::terminal;

/// More proxies in a row than this are a mistake.
const MAX_HOPS: i64 = 10;

/// Who may reach the gateway, and how it proves who it is.
#[derive(Clone, Debug, Args)]
pub struct Endpoint {
    /// A PEM file of the certificate to serve TLS with; it is read anew when it is replaced
    #[arg(long, value_name = "PEM", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// A PEM file of the certificate's key, in the same folder
    #[arg(long, value_name = "PEM", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Let in only clients with a certificate of the authorities in this PEM file (mutual TLS)
    #[arg(long, value_name = "PEM", requires = "tls_certificate")]
    pub client_authorities: Option<PathBuf>,
    /// A DNS name, address or URI of which a client's certificate must have one; may be repeated
    #[arg(long, value_name = "NAME", requires = "client_authorities")]
    pub client_name: Vec<String>,
    /// A network that clients connect from, such as 10.0.0.0/8, others being told 403; may be
    /// repeated
    #[arg(long, value_name = "CIDR")]
    pub allow_source: Vec<Network>,
    /// How many proxies of one's own stand before the gateway, whose `x-forwarded-for` is believed
    #[arg(long, default_value_t = 0, value_name = "N",
          value_parser = clap::value_parser!(u32).range(0..=MAX_HOPS))]
    pub trusted_hops: u32,
}

/// API Gateway's endpoint types. An edge is another program: `tollgate edge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Whoever reaches its address
    Regional,
    /// Only clients with a certificate or from allowed networks, and at no public address
    Private,
}

/// Whether Envoy sees the files that this command sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The same ones: they are looked at, and may be named from here.
    Same,
    /// Others, as in a container: they must be named from `/` on.
    Other,
}

impl Endpoint {
    /// The settings with what is said here.
    pub fn applied(
        &self,
        kind: Kind,
        settings: Settings,
        sight: Sight,
    ) -> Result<Settings, Failure> {
        let settings = Settings {
            tls: self.tls(sight)?,
            endpoint_type: match kind {
                Kind::Regional => EndpointType::Regional,
                Kind::Private => EndpointType::Private,
            },
            sources: self.allow_source.clone(),
            trusted_hops: self.trusted_hops,
            ..settings
        };
        if let Some(doubt) = self.doubt() {
            terminal::warning(doubt);
        }
        Ok(settings)
    }

    /// Who besides one's own proxies is believed, if anybody.
    const fn doubt(&self) -> Option<&'static str> {
        match (self.trusted_hops, &self.client_authorities, self.client_name.as_slice()) {
            (0, ..) => None,
            (_, None, _) => Some(
                "`--trusted-hops` without `--client-authorities`: whoever reaches the gateway can \
                 say who the client is",
            ),
            (_, Some(_), []) => Some(
                "`--trusted-hops` without `--client-name`: whoever has a certificate of \
                 `--client-authorities` can say who the client is",
            ),
            (_, Some(_), [_, ..]) => None,
        }
    }

    fn tls(&self, sight: Sight) -> Result<Option<Tls>, Failure> {
        let (Some(chain), Some(key)) = (&self.tls_certificate, &self.tls_key) else {
            return Ok(None);
        };
        let certificate = certificate(("--tls-certificate", chain), ("--tls-key", key), sight)?;
        let clients = match &self.client_authorities {
            None => Clients::Anybody,
            Some(authorities) => Clients::Certified {
                authorities: pem("--client-authorities", authorities, Pem::Certificate, sight)?,
                names: self.client_name.clone(),
            },
        };
        Ok(Some(Tls { certificate, clients }))
    }
}

/// A certificate and its key, each with the argument that names it.
pub fn certificate(
    chain: (&str, &Path),
    key: (&str, &Path),
    sight: Sight,
) -> Result<Certificate, Failure> {
    Ok(Certificate {
        chain: pem(chain.0, chain.1, Pem::Certificate, sight)?,
        key: pem(key.0, key.1, Pem::Key, sight)?,
    })
}

/// What is in a PEM file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pem {
    /// One or more certificates.
    Certificate,
    /// A private key.
    Key,
}

/// The path of a PEM file as Envoy sees it. Envoy waits for a file that it cannot read, and lets
/// nobody in until then; so it is looked at here, as far as it can be.
pub fn pem(argument: &str, path: &Path, content: Pem, sight: Sight) -> Result<String, Failure> {
    let shown = path.display();
    if sight == Sight::Other {
        return match path.is_absolute() {
            true => path_text(path),
            false => {
                let reason = format!(
                    "{argument}: `{shown}` must be the path that Envoy sees, from `/` on, where \
                     `--directory` is given"
                );
                Err(Failure::new(Code::Refused, reason))
            }
        };
    }
    let text = fs::read(path).with_context(|| format!("{argument}: cannot read `{shown}`"))?;
    let (end, what) = match content {
        Pem::Certificate => ("CERTIFICATE-----", "certificate"),
        Pem::Key => ("PRIVATE KEY-----", "private key"),
    };
    let text = String::from_utf8_lossy(&text);
    if !text.lines().any(|line| line.starts_with("-----BEGIN ") && line.trim_end().ends_with(end)) {
        let reason = format!("{argument}: `{shown}` has no {what} in PEM");
        return Err(Failure::new(Code::Refused, reason));
    }
    let here = path::absolute(path).with_context(|| format!("{argument}: `{shown}` is no path"))?;
    path_text(&here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_who_besides_the_proxies_is_believed() {
        #[track_caller]
        fn check(trusted_hops: u32, authorities: Option<&str>, names: &[&str], said: Option<&str>) {
            let endpoint = Endpoint {
                tls_certificate: None,
                tls_key: None,
                client_authorities: authorities.map(PathBuf::from),
                client_name: names.iter().map(|name| (*name).to_owned()).collect(),
                allow_source: Vec::new(),
                trusted_hops,
            };
            let doubt = endpoint.doubt().map(|doubt| doubt.split(':').next().unwrap_or_default());
            assert_eq!(doubt, said);
        }
        let (authorities, name) = (Some("ca.pem"), &["edge.internal"][..]);
        check(0, None, &[], None);
        check(0, authorities, &[], None);
        check(1, None, &[], Some("`--trusted-hops` without `--client-authorities`"));
        check(2, authorities, &[], Some("`--trusted-hops` without `--client-name`"));
        check(1, authorities, name, None);
    }
}
