//! More subjects than there are places for.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use tollgate_policy::fake::FakeHost;

use super::*;
use crate::limit::{Limit, Window};
use crate::slot::Slot;

/// Subjects that all fall into one slot.
fn crowd(count: u32) -> impl Iterator<Item = [u8; 16]> {
    (0..count).map(|number| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_le_bytes());
        id
    })
}

#[test]
fn who_loses_their_place_does_not_come_back_with_a_fresh_bucket() {
    let host = FakeHost::at(NOW);
    let attacker = Subject { id: [1; 16], name: "" };
    let limits = limiters(vec![throttle(0.01, 10, Per::Subject)]);
    let spend = |subject| (0..20).filter(|_| admits(&limits, subject, &host)).count();
    assert_eq!(spend(attacker), 10);
    // A crowd in the same slot, every one of whom spends as much as they can.
    let mut rng = Rng(3);
    for mut id in crowd(1_000) {
        id[14..].copy_from_slice(&[1, 1]);
        host.pass(Duration::from_millis(rng.below(10).into()));
        spend(Subject { id, name: "" });
    }
    // And a worker that knows nothing of the attacker but what is shared.
    let fresh = limiters(vec![throttle(0.01, 10, Per::Subject)]);
    let again = (0..20).filter(|_| admits(&fresh, attacker, &host)).count();
    assert_eq!(again, 0);
    host.pass(Duration::from_secs(100));
    assert!(admits(&fresh, attacker, &host));
}

#[test]
fn who_has_a_full_bucket_loses_nothing_with_their_place() {
    let limit = Limit::new(1.0, 10).unwrap();
    let mut slot = Slot::default();
    for id in crowd(100) {
        assert_eq!(slot.entry(id, limit, 0).bucket.available(limit), 10);
    }
    // Those who have spent keep their places before those who have not.
    let mut slot = Slot::default();
    for id in crowd(8) {
        slot.entry(id, limit, 0).bucket.lend(1);
    }
    for id in crowd(1_000).skip(8) {
        slot.entry(id, limit, 0);
    }
    for id in crowd(8) {
        assert_eq!(slot.entry(id, limit, 0).bucket.available(limit), 9);
    }
}

#[test]
fn who_loses_their_place_does_not_come_back_with_fresh_tokens_of_the_fleet() {
    let window = Window { number: 7, tokens: 100, own: 20, end: 1_000 };
    let limit = Limit::new(1.0, 10).unwrap();
    let mut slot = Slot::default();
    let own = |slot: &mut Slot, id| {
        let allotment = &mut slot.entry(id, limit, 0).allotment;
        allotment.turn_to(&window);
        std::mem::take(&mut allotment.granted)
    };
    for id in crowd(16) {
        assert_eq!(own(&mut slot, id), 20);
    }
    // Whoever comes from here on may have been here before.
    for id in crowd(64) {
        assert_eq!(own(&mut slot, id), 0);
    }
    let last = crowd(64).last().unwrap();
    let allotment = &mut slot.entry(last, limit, 0).allotment;
    allotment.turn_to(&Window { number: 8, ..window });
    assert_eq!(allotment.granted, 20);
}

#[test]
fn who_holds_least_of_a_quota_loses_their_place() {
    let mut slot = Slot::default();
    let window = |number| Window { number, tokens: 1_000, own: 0, end: 1_000 };
    let hold = |slot: &mut Slot, id, number, granted, owed| {
        let allotment = &mut slot.entry(id, Limit::NONE, 0).allotment;
        allotment.turn_to(&window(number));
        (allotment.granted, allotment.owed) = (granted, owed);
    };
    let ids: Vec<_> = crowd(20).collect();
    // What yesterday's hold is worth nothing.
    hold(&mut slot, ids[0], 1, 90, 90);
    for id in &ids[1..16] {
        hold(&mut slot, *id, 2, 10, 0);
    }
    hold(&mut slot, ids[5], 2, 1, 0);
    hold(&mut slot, ids[6], 2, 0, 5);
    let has = |slot: &mut Slot, id| {
        let before = slot.clone();
        let has = slot.entry(id, Limit::NONE, 0).allotment.window != u64::MAX;
        *slot = before;
        has
    };
    hold(&mut slot, ids[16], 2, 10, 0);
    assert!(!has(&mut slot, ids[0]) && has(&mut slot, ids[5]));
    hold(&mut slot, ids[17], 2, 10, 0);
    assert!(!has(&mut slot, ids[5]) && has(&mut slot, ids[6]));
}

#[test]
fn a_slot_reads_what_it_wrote_and_nothing_else() {
    let limit = Limit::new(1.0, 10).unwrap();
    let mut slot = Slot::default();
    let mut rng = Rng(9);
    for id in crowd(40) {
        let entry = slot.entry(id, limit, u64::from(rng.below(1_000)));
        entry.bucket.lend(rng.below(10));
        entry.allotment.granted = rng.below(10);
        entry.allotment.remaining = Some(rng.below(10)).filter(|number| *number > 5);
        entry.allotment.is_exhausted = rng.below(2) == 1;
        assert_eq!(Slot::read(&slot.write()).as_ref(), Some(&slot));
    }
    let bytes = slot.write();
    assert_eq!(Slot::read(&[]), None);
    assert_eq!(Slot::read(&[2]), None);
    for length in 0..bytes.len() {
        // A value that was cut is read up to a whole entry, or not at all.
        let cut = &bytes[..length];
        assert!(Slot::read(cut).is_none_or(|slot| slot.write() == cut));
    }
    // What is no slot counts as none: a filter of another version wrote it.
    let host = FakeHost::at(NOW);
    let key = "tollgate.limit|test";
    tollgate_policy::Host::share(&host, key, b"nonsense", tollgate_policy::Expect::Anything)
        .unwrap();
    assert_eq!(admitted(&everybody(1.0, 3), 5, &host), 3);
}
