//! How the development servers serve: on this machine only, until they are stopped.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;

use crate::failure::Failure;
use crate::port;
use crate::terminal;
use crate::wait::Stop;

/// A server that listens and does not serve yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens on a port of this machine; any that is free where it is 0.
    pub fn listen(port: u16) -> Result<Self, Failure> {
        let listener = port::listen((Ipv4Addr::LOCALHOST, port).into(), "--port")?;
        listener.set_nonblocking(true).context("cannot listen")?;
        let listener = TcpListener::from_std(listener).context("cannot listen")?;
        let address = listener.local_addr().context("cannot listen")?;
        Ok(Self { listener, address })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until asked to stop. Its URL is the one line on standard output.
    pub async fn serve(self, name: &str, router: Router) -> Result<(), Failure> {
        let mut stop = Stop::listen()?;
        terminal::done(name, "serves until it is stopped");
        terminal::result(&self.url())?;
        tokio::select! {
            served = axum::serve(self.listener, router).into_future() => {
                served.context("cannot serve").map_err(Failure::from)
            }
            // What is under way is a developer's own request: there is nothing to wait for.
            () = stop.requested() => Ok(()),
        }
    }
}
