//! `make oci`: the images that Istio loads filters from.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tollgate_tests::workspace;

/// The least module there is: a magic number and a version.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// Packs a module of this name in a folder.
#[track_caller]
fn pack(name: &str, module: &[u8], folder: &Path) -> (PathBuf, String) {
    let file = folder.join(format!("{name}.wasm"));
    fs::write(&file, module).expect("a written module");
    let packed = Command::new(workspace().join(".ci/oci"))
        .arg(folder.join("oci"))
        .arg(file)
        .stderr(Stdio::inherit())
        .output()
        .expect("python3");
    assert!(packed.status.success());
    (folder.join("oci").join(name), String::from_utf8(packed.stdout).expect("text"))
}

/// A JSON file.
#[track_caller]
fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

/// The blob that a descriptor is of, which is as large as it says, and is what it says.
#[track_caller]
fn blob(layout: &Path, descriptor: &Value) -> Vec<u8> {
    let digest = descriptor["digest"].as_str().expect("a digest");
    let (algorithm, hex) = digest.split_once(':').expect("an algorithm");
    let blob = fs::read(layout.join("blobs").join(algorithm).join(hex)).expect("a blob");
    assert_eq!(descriptor["size"], blob.len());
    assert_eq!(digest_of(&blob), digest);
    blob
}

fn digest_of(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn unzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip");
    let mut gzip =
        gzip.arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("gzip");
    let mut input = gzip.stdin.take().expect("a pipe");
    std::thread::scope(|threads| {
        threads.spawn(move || input.write_all(bytes).expect("a written layer"));
        gzip.wait_with_output().expect("an archive").stdout
    })
}

/// The files of an archive, each with its name and its time: the fields of POSIX's `ustar`.
fn files(mut archive: &[u8]) -> Vec<(String, u64, Vec<u8>)> {
    const BLOCK: usize = 512;
    let mut files = Vec::new();
    while archive[0] != 0 {
        let field = |from: usize, bytes: usize| {
            let field = &archive[from..from + bytes];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(bytes);
            str::from_utf8(&field[..end]).expect("text").trim().to_owned()
        };
        let number = |text: String| u64::from_str_radix(&text, 8).expect("an octal number");
        let size = usize::try_from(number(field(124, 12))).expect("a size");
        files.push((field(0, 100), number(field(136, 12)), archive[BLOCK..BLOCK + size].to_vec()));
        archive = &archive[BLOCK + size.next_multiple_of(BLOCK)..];
    }
    files
}

/// Every file below a folder, with what is in it.
fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("a path inside").to_owned();
                found.push((name, fs::read(path).expect("a file")));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn an_image_is_what_istio_unpacks() {
    let folder = TempDir::new().expect("a folder");
    let (layout, said) = pack("throttle", MODULE, folder.path());
    assert_eq!(read(&layout.join("oci-layout")), json!({"imageLayoutVersion": "1.0.0"}));
    let index = read(&layout.join("index.json"));
    assert_eq!(index["mediaType"], "application/vnd.oci.image.index.v1+json");
    let image = &index["manifests"][0];
    assert_eq!(image["mediaType"], "application/vnd.oci.image.manifest.v1+json");
    let version = &image["annotations"]["org.opencontainers.image.ref.name"];
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    // This is what `sha256` of a WasmPlugin is compared with.
    assert_eq!(
        said,
        format!("{} {}\n", layout.display(), image["digest"].as_str().expect("a digest"))
    );

    let manifest: Value = serde_json::from_slice(&blob(&layout, image)).expect("a manifest");
    assert_eq!(manifest["mediaType"], image["mediaType"]);
    let config = &manifest["config"];
    assert_eq!(config["mediaType"], "application/vnd.oci.image.config.v1+json");
    let config: Value = serde_json::from_slice(&blob(&layout, config)).expect("a configuration");

    // Istio takes the last layer, and in it the file of this name.
    let layers = manifest["layers"].as_array().expect("layers");
    let layer = layers.last().expect("a layer");
    assert_eq!(layer["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
    let archive = unzipped(&blob(&layout, layer));
    assert_eq!(config["rootfs"], json!({"type": "layers", "diff_ids": [digest_of(&archive)]}));
    assert_eq!(files(&archive), [("plugin.wasm".to_owned(), 0, MODULE.to_vec())]);

    // And nothing lies there that nothing speaks of.
    assert_eq!(tree(&layout.join("blobs")).len(), 3);
}

#[test]
fn the_same_module_makes_the_same_image() {
    let folders = [TempDir::new().expect("a folder"), TempDir::new().expect("a folder")];
    let large: Vec<u8> = MODULE.iter().copied().cycle().take(1 << 20).collect();
    let trees = folders.each_ref().map(|folder| {
        // What lay there before is gone.
        pack("canary", MODULE, folder.path());
        tree(&pack("canary", &large, folder.path()).0)
    });
    assert_eq!(trees[0], trees[1]);
    assert_eq!(trees[0].len(), 5);
    // There is no time in the head of the compressed layer.
    let layer = trees[0].iter().find(|(_, bytes)| bytes.starts_with(&[0x1f, 0x8b])).expect("gzip");
    assert_eq!(layer.1[4..8], [0; 4]);
}
