use std::time::UNIX_EPOCH;

use super::*;
use crate::ask::Quota;
use crate::unit::Unit;

const NOW: SystemTime = UNIX_EPOCH;

fn ask(counter: &str, limit: u32, hits: u32) -> Ask {
    Ask {
        counter: counter.to_owned(),
        kind: Kind::Rate,
        limit,
        unit: Unit::Minute,
        hits,
        is_dated: true,
        until: None,
    }
}

fn quota() -> Quota {
    let none = String::new;
    Quota { domain: none(), plan: none(), key: none(), period: none() }
}

fn live() -> Live {
    Live::with(Vec::new(), NOW).unwrap()
}

#[track_caller]
fn check(live: &mut Live, asks: &[Ask], verdict: Verdict, remaining: &[u64]) {
    let (decision, _) = live.take(asks, NOW).unwrap();
    let left: Vec<_> = decision.left.iter().map(|left| left.remaining).collect();
    assert_eq!((decision.verdict, left.as_slice()), (verdict, remaining));
}

#[test]
fn everything_is_granted_or_nothing() {
    let mut live = live();
    check(&mut live, &[ask("a", 10, 6), ask("b", 5, 5)], Verdict::Grant, &[4, 0]);
    check(&mut live, &[ask("a", 10, 1), ask("b", 5, 1)], Verdict::Refuse, &[4, 0]);
    check(&mut live, &[ask("a", 10, 5)], Verdict::Refuse, &[4]);
    check(&mut live, &[ask("a", 10, 4)], Verdict::Grant, &[0]);
}

#[test]
fn a_changed_limit_and_unit_go_on_from_the_same_count() {
    let mut live = live();
    check(&mut live, &[ask("a", 10, 6)], Verdict::Grant, &[4]);
    check(&mut live, &[Ask { unit: Unit::Day, ..ask("a", 20, 6) }], Verdict::Grant, &[8]);
    check(&mut live, &[ask("a", 5, 1)], Verdict::Refuse, &[0]);
}

#[test]
fn a_look_takes_nothing_and_makes_no_counter() {
    let mut live = live();
    check(&mut live, &[ask("a", 1, 0)], Verdict::Grant, &[1]);
    assert!(live.rates.counters.is_empty());
    check(&mut live, &[ask("a", 1, 1)], Verdict::Grant, &[0]);
    check(&mut live, &[ask("a", 1, 0)], Verdict::Refuse, &[0]);
}

#[test]
fn a_counter_is_forgotten_once_its_time_is_over_and_not_before() {
    let mut live = live();
    let all = [ask("a", 1, 1)];
    let verdict = |live: &mut Live, seconds| {
        live.take(&all, NOW + Duration::from_secs(seconds)).unwrap().0.verdict
    };
    assert_eq!(verdict(&mut live, 0), Verdict::Grant);
    assert_eq!(verdict(&mut live, 69), Verdict::Refuse);
    assert_eq!(verdict(&mut live, 70), Verdict::Grant);
    assert_eq!(live.rates.counters.len(), 1);
    assert_eq!(live.rates.ends.len(), 1);
}

#[test]
fn a_counter_that_begins_again_before_its_old_one_is_deleted_is_granted_once() {
    let mut live = live();
    let many = 2 * DELETED_AT_ONCE;
    for number in 0..=many {
        check(&mut live, &[ask(&format!("{number:05}"), 1, 1)], Verdict::Grant, &[0]);
    }
    // The last of those to be deleted.
    let last = [ask(&format!("{many:05}"), 1, 1)];
    let later = NOW + Duration::from_secs(70);
    let mut verdict = || live.take(&last, later).unwrap().0.verdict;
    assert_eq!(verdict(), Verdict::Grant);
    for _ in 0..4 {
        assert_eq!(verdict(), Verdict::Refuse);
    }
    assert_eq!((live.rates.counters.len(), live.rates.ends.len()), (1, 1));
}

#[test]
fn a_counter_lasts_to_the_millisecond() {
    let mut live = live();
    let all = [Ask { unit: Unit::Second, is_dated: false, ..ask("a", 1, 1) }];
    let mut verdict =
        |millis| live.take(&all, NOW + Duration::from_millis(millis)).unwrap().0.verdict;
    assert_eq!(verdict(999), Verdict::Grant);
    assert_eq!(verdict(1_998), Verdict::Refuse);
    assert_eq!(verdict(1_999), Verdict::Grant);
}

#[test]
fn a_counter_that_was_kept_goes_on_until_its_end() {
    let name = "a".to_owned();
    let kept = Kept { counter: name, count: 1, end: 3_000 };
    let mut live = Live::with(vec![kept], NOW).unwrap();
    let quota = [Ask { kind: Kind::Quota(quota()), unit: Unit::Day, ..ask("a", 1, 1) }];
    let (decision, _) = live.take(&quota, NOW).unwrap();
    // Whatever unit it was last asked for with: the storage knows of its end too.
    assert!(decision.left[0].reset > Duration::from_secs(2_900), "{decision:?}");
    let mut verdict =
        |seconds| live.take(&quota, NOW + Duration::from_secs(seconds)).unwrap().0.verdict;
    assert_eq!(verdict(2_999), Verdict::Refuse);
    assert_eq!(verdict(3_000), Verdict::Grant);
}

#[test]
fn a_new_counter_is_refused_when_there_are_too_many_and_no_old_one_is_forgotten() {
    let mut live = live();
    check(&mut live, &[ask("first", 1, 1)], Verdict::Grant, &[0]);
    for number in 1..MAX_COUNTERS {
        let granted = live.take(&[ask(&number.to_string(), 1, 1)], NOW).unwrap().0;
        assert_eq!(granted.verdict, Verdict::Grant);
    }
    assert_eq!(live.take(&[ask("another", 1, 1)], NOW).unwrap_err(), Failure::Full);
    check(&mut live, &[ask("first", 1, 1)], Verdict::Refuse, &[0]);
    // A flood of rates takes no room from quotas.
    let quota = Ask { kind: Kind::Quota(quota()), ..ask("quota", 1, 1) };
    check(&mut live, &[quota], Verdict::Grant, &[0]);
    let later = NOW + Duration::from_secs(70);
    assert_eq!(live.take(&[ask("another", 1, 1)], later).unwrap().0.verdict, Verdict::Grant);
}
