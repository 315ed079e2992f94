//! What the built filters ask of a proxy, and what they offer it: a filter that imports what a
//! proxy does not have is refused by it, so this is checked on the binaries themselves.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use wasmparser::{ExternalKind, Parser, Payload};

/// Everything a filter may import besides the functions of proxy-wasm itself.
const WASI: [&str; 9] = [
    "args_get",
    "args_sizes_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_write",
    "proc_exit",
    "random_get",
    "sched_yield",
];

/// The functions of ABI 0.2.1 without which no filter runs.
const ENTRY_POINTS: [&str; 8] = [
    "_initialize",
    "proxy_abi_version_0_2_1",
    "proxy_on_memory_allocate",
    "proxy_on_context_create",
    "proxy_on_configure",
    "proxy_on_request_headers",
    "proxy_on_response_headers",
    "proxy_on_delete",
];

struct Filter {
    imports: Vec<(String, String)>,
    exports: Vec<String>,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_owned()
}

/// The filters by the names of their folders, as `make filters` builds them.
fn filters() -> Vec<(String, Filter)> {
    let folders = std::fs::read_dir(workspace().join("filters")).expect("filters/ is there");
    let filters: Vec<_> = folders
        .map(|folder| folder.expect("readable").file_name().into_string().expect("plain name"))
        .map(|name| {
            let path = workspace().join("dist").join(format!("{name}.wasm"));
            let bytes = std::fs::read(&path)
                .unwrap_or_else(|_| panic!("{} is missing: run `make filters`", path.display()));
            (name, read(&bytes))
        })
        .collect();
    assert!(!filters.is_empty());
    filters
}

fn read(bytes: &[u8]) -> Filter {
    let mut filter = Filter { imports: Vec::new(), exports: Vec::new() };
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.expect("a well-formed module") {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.expect("a well-formed import");
                    filter.imports.push((import.module.to_owned(), import.name.to_owned()));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.expect("a well-formed export");
                    if export.kind == ExternalKind::Func {
                        filter.exports.push(export.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    filter
}

#[test]
fn a_filter_imports_only_what_every_proxy_has() {
    for (name, filter) in filters() {
        assert!(!filter.imports.is_empty(), "{name}");
        for (module, import) in filter.imports {
            let known = match module.as_str() {
                "env" => import.starts_with("proxy_"),
                "wasi_snapshot_preview1" => WASI.contains(&import.as_str()),
                _ => false,
            };
            assert!(known, "{name} imports {module}.{import}");
        }
    }
}

#[test]
fn a_filter_offers_the_entry_points_of_its_abi() {
    for (name, filter) in filters() {
        for entry in ENTRY_POINTS {
            assert!(filter.exports.iter().any(|export| export == entry), "{name} lacks {entry}");
        }
    }
}

#[test]
fn a_filter_is_small_enough_to_start_quickly() {
    // Envoy compiles about 1 MB of wasm per 1.3 seconds of processor time when it starts.
    // The gateway has every part in it, of which the schemas of bodies are the largest.
    const MOST_BYTES: u64 = 2_200_000;
    for (name, _) in filters() {
        let path = workspace().join("dist").join(format!("{name}.wasm"));
        let size = std::fs::metadata(path).expect("built").len();
        assert!(size <= MOST_BYTES, "{name} has {size} bytes");
    }
}
