//! From keys to the files they are delivered in.

use tollgate_policy::Invalid;

use crate::key::{DIGEST_BYTES, Key};
use crate::manifest::{self, Part, file};
use crate::segment::{self, MAX_SEGMENT_BYTES};

/// The most keys there may be.
pub const MAX_KEYS: usize = 10_000_000;

/// Keys as they are delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// The content of the file `manifest`, which must be replaced last.
    pub manifest: Vec<u8>,
    /// The segments, which must be in place before the manifest names them.
    pub segments: Vec<File>,
}

/// A file with keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name. Files of the same name have the same content.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// Compiles keys. The same keys in whatever order become the same files, and keys that differ in one
/// key become files that differ in one segment and the manifest.
///
/// # Errors
/// [`Invalid`] for a key that cannot be honoured, or has the value or the id of another.
pub fn compile<'a>(
    keys: impl IntoIterator<Item = (&'a [u8; DIGEST_BYTES], &'a Key)>,
) -> Result<Compiled, Invalid> {
    let mut keys: Vec<_> = keys.into_iter().collect();
    check(&mut keys)?;
    let mut parts = Vec::with_capacity(256);
    let mut segments = Vec::new();
    let mut rest = keys.as_slice();
    for first in 0..=u8::MAX {
        let end = rest.partition_point(|(digest, _)| digest.first() <= Some(&first));
        let (here, after) = rest.split_at_checked(end).unwrap_or_default();
        rest = after;
        if here.is_empty() {
            parts.push(Part::default());
            continue;
        }
        let content = segment::write(first, here);
        if content.len() > MAX_SEGMENT_BYTES {
            let reason = "a 256th of them takes more than 8 MiB: ids and plan names are too long";
            return Err(Invalid::new("", reason));
        }
        let part = Part::of(&content);
        segments.push(File { name: file(first, &part.hash), content });
        parts.push(part);
    }
    let count = u32::try_from(keys.len()).unwrap_or(u32::MAX);
    Ok(Compiled { manifest: manifest::write(count, &parts), segments })
}

/// Checks keys, and leaves them in the order of their digests.
fn check(keys: &mut [(&[u8; DIGEST_BYTES], &Key)]) -> Result<(), Invalid> {
    if keys.len() > MAX_KEYS {
        return Err(Invalid::new("", format!("must not be more than {MAX_KEYS}")));
    }
    let mut ids: Vec<_> = keys.iter().map(|(_, key)| key.id.as_str()).collect();
    ids.sort_unstable();
    if let Some([twice, _]) = ids.array_windows().find(|[one, other]| one == other) {
        return Err(Invalid::new(format!("[{twice:?}]"), "two keys have this id"));
    }
    for (_, key) in keys.iter() {
        key.check().map_err(|invalid| invalid.within(format!("[{:?}]", key.id)))?;
    }
    keys.sort_unstable_by_key(|(digest, _)| *digest);
    let twice = keys.array_windows().find(|[(one, _), (other, _)]| one == other);
    match twice {
        Some([(_, one), (_, other)]) => {
            let reason = format!("`{}` has the same value", other.id);
            Err(Invalid::new(format!("[{:?}]", one.id), reason))
        }
        None => Ok(()),
    }
}
