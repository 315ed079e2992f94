//! `tollgate dev up`: a document, its issuer and its backend, all on this machine.

use std::env;
use std::future::{Future, poll_fn};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::task::Poll;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::process::Command;
use tollgate_gateway::Definition;
use tollgate_gateway::definition::Authorizer;
use tollgate_policy::{Endpoint, Scheme};

use crate::arguments::Run;
use crate::dev::curl::{self, Tokens};
use crate::document;
use crate::failure::{Code, Failure};
use crate::http;
use crate::port;
use crate::process::{Process, describe};
use crate::routes;
use crate::run;
use crate::terminal;
use crate::wait::{self, Stop};

/// How long a development server may take until it answers. The issuer may have to make keys.
const TIME_TO_START: Duration = Duration::from_secs(60);

/// `tollgate dev up`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    run: Run,
}

/// Serves everything until it is stopped.
pub async fn up(arguments: Arguments) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let program = env::current_exe().context("cannot find this program")?;
    let mut run = arguments.run;
    let document = document::read(&run.source)?
        .map_err(|problems| document::refused(&run.source, problems))?;
    let definition = document.definition;
    // One folder asked for holds everything: the issuer's keys, and Envoy's files beside them.
    let state = run.state.clone();
    run.state = state.as_ref().map(|state| state.join("gateway"));

    let issuer = issuer(&definition);
    let tokens = issuer.as_ref().map(|(issuer, _)| Tokens {
        program: &program,
        issuer,
        state: state.as_deref(),
    });
    let mut servers = Servers::default();
    let outcome = tokio::select! {
        started = servers.start(&program, issuer.as_ref(), backend(&definition), state.as_ref()) => {
            started.map(|()| true)
        }
        () = stop.requested() => Ok(false),
    };
    let outcome = match outcome {
        Ok(true) => tokio::select! {
            served = run::serve_document(&run, &mut stop, |url| {
                terminal::say("try:");
                terminal::result(&curl::lines(&definition, url, tokens).join("\n"))
            }) => served,
            failure = servers.died() => Err(failure),
        },
        Ok(false) => Ok(()),
        Err(failure) => Err(failure),
    };
    servers.stop().await;
    outcome
}

/// The servers beside the gateway.
#[derive(Debug, Default)]
struct Servers {
    running: Vec<(&'static str, Process)>,
}

impl Servers {
    async fn start(
        &mut self,
        program: &Path,
        issuer: Option<&(String, u16)>,
        backend: Option<u16>,
        state: Option<&PathBuf>,
    ) -> Result<(), Failure> {
        if let Some((url, port)) = issuer {
            let mut command = Command::new(program);
            command.args(["dev", "issuer", "--port", &port.to_string(), "--issuer", url]);
            if let Some(state) = state {
                command.arg("--state").arg(state);
            }
            self.start_one("issuer", &mut command, *port)?;
        }
        if let Some(port) = backend {
            let mut command = Command::new(program);
            command.args(["dev", "backend", "--port", &port.to_string()]);
            self.start_one("backend", &mut command, port)?;
        }
        for port in issuer.map(|(_, port)| *port).into_iter().chain(backend) {
            self.answers(port).await?;
        }
        Ok(())
    }

    fn start_one(
        &mut self,
        name: &'static str,
        command: &mut Command,
        port: u16,
    ) -> Result<(), Failure> {
        port::must_be_free(local(port), "--port").map_err(|failure| match failure.code {
            Code::Port => {
                let reason = format!("port {port} is taken: the document says its {name} is there");
                Failure::new(Code::Port, reason)
            }
            _ => failure,
        })?;
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let process =
            Process::start(command).with_context(|| format!("cannot start the {name}"))?;
        self.running.push((name, process));
        Ok(())
    }

    /// Waits until something answers on a port. What it answers does not matter.
    async fn answers(&mut self, port: u16) -> Result<(), Failure> {
        let answered =
            wait::until(TIME_TO_START, || async { http::get(local(port), "/").await.ok() });
        tokio::select! {
            answered = answered => match answered {
                Some(_) => Ok(()),
                None => {
                    let limit = TIME_TO_START.as_secs();
                    let reason = format!("nothing answers on port {port} after {limit} s");
                    Err(Failure::new(Code::Environment, reason))
                }
            },
            failure = self.died() => Err(failure),
        }
    }

    /// Waits until one of the servers ends by itself, which it should not.
    async fn died(&mut self) -> Failure {
        let ends = self
            .running
            .iter_mut()
            .map(|(name, process)| Box::pin(async move { (*name, process.ended().await) }));
        let mut ends: Vec<_> = ends.collect();
        let (name, ended) = poll_fn(|context| {
            let ended = ends.iter_mut().find_map(|end| match end.as_mut().poll(context) {
                Poll::Ready(ended) => Some(ended),
                Poll::Pending => None,
            });
            ended.map_or(Poll::Pending, Poll::Ready)
        })
        .await;
        Failure::new(Code::Environment, describe(format!("the {name}"), &ended))
    }

    async fn stop(self) {
        for (_, process) in self.running {
            process.stop().await;
        }
    }
}

/// The first issuer of the document that is on this machine, and its port.
fn issuer(definition: &Definition) -> Option<(String, u16)> {
    let authorizers = definition.apis.values().flat_map(|api| api.authorizers.values());
    let issuers = authorizers.flat_map(|authorizer| match authorizer {
        Authorizer::Jwt(config) => config.issuers.as_slice(),
        Authorizer::Lambda(_) => &[],
    });
    let mut local =
        issuers.filter_map(|issuer| Some((issuer.issuer.clone(), here(&issuer.issuer)?)));
    local.next()
}

/// The port of the first integration of the document that is on this machine.
fn backend(definition: &Definition) -> Option<u16> {
    routes::rows(definition).iter().find_map(|row| here(&row.uri))
}

/// The port of a URL that a development server can answer for.
fn here(url: &str) -> Option<u16> {
    let (endpoint, _) = Endpoint::split(url).ok()?;
    let is_here =
        endpoint.scheme == Scheme::Http && endpoint.is_loopback() && endpoint.host != "::1";
    is_here.then_some(endpoint.port)
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
