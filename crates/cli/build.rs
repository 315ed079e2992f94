//! Finds the `gateway.wasm` that the command line carries.
//!
//! `TOLLGATE_GATEWAY_WASM` names it; otherwise it is where `make` puts it. Without one the command
//! line still builds, and refuses the commands that need it.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let path = match env::var_os("TOLLGATE_GATEWAY_WASM") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../dist/gateway.wasm"),
    };
    let path = path.canonicalize().unwrap_or(path);
    let mut cargo = io::stdout();
    writeln!(cargo, "cargo::rerun-if-env-changed=TOLLGATE_GATEWAY_WASM")?;
    writeln!(cargo, "cargo::rerun-if-changed={}", path.display())?;
    writeln!(cargo, "cargo::rerun-if-changed=build.rs")?;
    writeln!(cargo, "cargo::rustc-check-cfg=cfg(has_gateway)")?;
    if path.is_file() {
        writeln!(cargo, "cargo::rustc-cfg=has_gateway")?;
        writeln!(cargo, "cargo::rustc-env=TOLLGATE_GATEWAY_WASM={}", path.display())?;
    }
    Ok(())
}
