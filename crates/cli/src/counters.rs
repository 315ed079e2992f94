//! `tollgate counters`: what the gateways of a fleet count by.

use std::convert::Infallible;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use tollgate_counters::{Address, Clock, Counters, Error, NoAddress, Options, Report, Storage};

use crate::failure::{Code, Failure};
use crate::port;
use crate::terminal;
use crate::wait::Stop;

/// The port of the counters, where nothing else is said. (Those before it are a gateway's, and what
/// `tollgate dev` has.)
pub const DEFAULT_PORT: u16 = 8083;

/// Where they keep what must outlive a restart, where nothing else is said.
pub const DEFAULT_STATE: &str = ".tollgate/counters";

/// `tollgate counters`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// The address to listen on; anything but this machine must be kept from strangers
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    address: IpAddr,
    /// The port to listen on; 0 for any that is free
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Count in this Redis (7 or later), which several counters may share: `redis://HOST:PORT`,
    /// `rediss://HOST:PORT` or `unix:///PATH`; its persistence decides what a restart of it keeps
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "state",
        env = "TOLLGATE_REDIS",
        hide_env_values = true
    )]
    redis: Option<Redis>,
    /// Without Redis: the folder for what must outlive a restart, quotas and usage; made where it is
    /// not there, and used by one process at a time
    #[arg(long, value_name = "DIR", default_value = DEFAULT_STATE)]
    state: PathBuf,
}

/// What was said about where Redis is. It may hold a password, so what makes no sense is refused
/// later, in words that do not repeat it.
#[derive(Clone, Debug)]
struct Redis(Result<Address, NoAddress>);

impl FromStr for Redis {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.parse()))
    }
}

/// Counts until it is stopped. Its URL is the one line on standard output.
pub async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let storage = match arguments.redis {
        Some(Redis(redis)) => Storage::Redis(
            redis.map_err(|no| Failure::new(Code::Environment, format!("`--redis` {no}")))?,
        ),
        None => Storage::Folder(arguments.state),
    };
    let options = Options {
        listener: port::listen((arguments.address, arguments.port).into(), "--port")?,
        storage,
        clock: Clock::system(),
        report: Report::to(terminal::say),
    };
    let counters = tokio::select! {
        counters = Counters::start(options) => counters.map_err(failure)?,
        () = stop.requested() => return Ok(()),
    };
    terminal::done("counters", "serve until they are stopped");
    terminal::result(&format!("http://{}", counters.address()))?;
    stop.requested().await;
    counters.stop().await;
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "it is the shape of `map_err`")]
pub fn failure(error: Error) -> Failure {
    Failure::new(Code::Environment, error.to_string())
}
