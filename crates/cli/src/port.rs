//! Ports on this machine.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use crate::failure::{Code, Failure};

/// Listens on an address, or says which flag to change.
pub fn listen(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => {
            let port = address.port();
            Failure::new(Code::Port, format!("port {port} is taken: choose another with `{flag}`"))
        }
        _ => Failure::new(Code::Environment, format!("cannot listen on {address}: {error}")),
    })
}

/// Makes sure that somebody else can listen on an address.
///
/// Envoy would not notice another Envoy on the same port, and take half of its connections.
pub fn must_be_free(address: SocketAddr, flag: &str) -> Result<(), Failure> {
    listen(address, flag).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_named_with_its_flag() {
        let taken = listen(([127, 0, 0, 1], 0).into(), "--port").unwrap();
        let address = taken.local_addr().unwrap();
        let failure = must_be_free(address, "--port").unwrap_err();
        assert_eq!(failure.code, Code::Port);
        let port = address.port();
        let expected = format!("port {port} is taken: choose another with `--port`");
        assert_eq!(failure.message, expected);
    }
}
