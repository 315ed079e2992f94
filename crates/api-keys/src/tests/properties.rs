use std::collections::BTreeMap;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use crate::{Key, Manifest, Segment, compile};

/// Digests that share many of their first bytes.
fn digests() -> impl Strategy<Value = [u8; 32]> {
    (0_u8..3, 0_u8..3, any::<[u8; 30]>()).prop_map(|(first, second, rest)| {
        let mut digest = [0; 32];
        digest[0] = first * 127;
        digest[1] = second * 127;
        digest[2..].copy_from_slice(&rest);
        digest
    })
}

fn keys() -> impl Strategy<Value = BTreeMap<[u8; 32], Key>> {
    let details = (any::<bool>(), btree_set("[a-z][a-z é]{0,3}[a-z]", 0..=10));
    btree_map(digests(), details, 0..40).prop_map(|keys| {
        let numbered = keys.into_iter().enumerate();
        let named = numbered.map(|(number, (digest, (enabled, plans)))| {
            let usage_plans = plans.into_iter().rev().collect();
            (digest, Key { id: format!("k{number}"), enabled, usage_plans })
        });
        named.collect()
    })
}

proptest! {
    #[test]
    fn whatever_is_compiled_is_read_back(keys in keys()) {
        let made = compile(&keys).expect("keys that can be honoured");
        let manifest = Manifest::read(&made.manifest).expect("a manifest");
        prop_assert_eq!(manifest.count() as usize, keys.len());
        prop_assert!(manifest.files().eq(made.segments.iter().map(|file| file.name.clone())));
        let mut read = BTreeMap::new();
        for file in &made.segments {
            read.extend(Segment::read(&file.content).expect("a segment").keys());
        }
        prop_assert_eq!(read, keys);
    }

    #[test]
    fn no_bytes_are_too_strange_to_be_refused(bytes in vec(any::<u8>(), 0..2_000)) {
        let _ = Manifest::read(&bytes);
        let _ = Segment::read(&bytes);
        let mut pages = b"TGKS\x01\x00\x01\x00\x00\x00".to_vec();
        pages.extend_from_slice(&bytes);
        let _ = Segment::read(&pages);
    }

    #[test]
    fn a_damaged_segment_is_refused_or_is_another_one(
        keys in keys().prop_filter("keys", |keys| !keys.is_empty()),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut content = compile(&keys).expect("keys").segments.remove(0).content;
        let at = at.index(content.len());
        content[at] = byte;
        if let Some(segment) = Segment::read(&content) {
            let first = segment.first();
            let keys: BTreeMap<_, _> = segment.keys().into_iter().collect();
            prop_assert_eq!(keys.len(), segment.count() as usize);
            prop_assert!(keys.keys().all(|digest| digest[0] == first));
        }
    }
}
