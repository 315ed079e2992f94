//! The gateway filter that this binary carries.

use crate::failure::{Code, Failure};

/// The WebAssembly module, or nothing where the binary was built without it.
#[cfg(has_gateway)]
const GATEWAY: Option<&[u8]> = Some(include_bytes!(env!("TOLLGATE_GATEWAY_WASM")));
/// The WebAssembly module, or nothing where the binary was built without it.
#[cfg(not(has_gateway))]
const GATEWAY: Option<&[u8]> = None;

/// The filter, `gateway.wasm`.
pub fn gateway() -> Result<&'static [u8], Failure> {
    GATEWAY.ok_or_else(|| {
        Failure::new(
            Code::Environment,
            "this tollgate was built without gateway.wasm: build it with `make`",
        )
    })
}

/// What `tollgate version` says.
pub fn version() -> String {
    let filter = match GATEWAY {
        Some(bytes) => format!("{} bytes", bytes.len()),
        None => "not built in".to_owned(),
    };
    format!("tollgate {}\ngateway.wasm: {filter}", env!("CARGO_PKG_VERSION"))
}
