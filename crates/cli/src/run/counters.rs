//! Counters in this process, for a gateway that is alone on its machine.

use std::net::Ipv4Addr;
use std::path::Path;

use tollgate_counters::{Clock, Counters, Options, Report, Storage};
use tollgate_policy::{Endpoint, Scheme};

use crate::counters::{DEFAULT_PORT, DEFAULT_STATE, failure};
use crate::failure::Failure;
use crate::port;
use crate::terminal;

/// Starts counters where `tollgate usage` looks for them, or on a port that is free, and says where.
/// What must outlive the gateway is in its state folder, or else where `tollgate counters` has it.
pub async fn start(state: Option<&Path>) -> Result<(Counters, Endpoint), Failure> {
    let folder = state.map_or_else(|| DEFAULT_STATE.into(), |state| state.join("counters"));
    let options = Options {
        listener: port::listen((Ipv4Addr::LOCALHOST, DEFAULT_PORT).into(), "--port")
            .or_else(|_| port::listen((Ipv4Addr::LOCALHOST, 0).into(), "--port"))?,
        storage: Storage::Folder(folder),
        clock: Clock::system(),
        report: Report::to(terminal::say),
    };
    let counters = Counters::start(options).await.map_err(failure)?;
    let address = counters.address();
    terminal::done("counting", &format!("at http://{address}"));
    let host = address.ip().to_string();
    Ok((counters, Endpoint { scheme: Scheme::Http, host, port: address.port() }))
}
