use super::*;
use crate::messages::Limit;
use crate::unit::wire;

fn entry(key: &str, value: &str) -> Entry {
    Entry { key: key.to_owned(), value: value.to_owned() }
}

fn descriptor(entries: &[(&str, &str)]) -> Descriptor {
    Descriptor {
        entries: entries.iter().map(|(key, value)| entry(key, value)).collect(),
        limit: Some(Limit { requests_per_unit: 10, unit: wire(Unit::Day) }),
        ..Descriptor::default()
    }
}

fn request(descriptors: Vec<Descriptor>) -> Request {
    Request { domain: "tollgate".to_owned(), descriptors, hits_addend: 0 }
}

fn quota() -> Descriptor {
    descriptor(&[("usage_plan", "gold"), ("key", "k1"), ("period", "2026-11-24")])
}

#[track_caller]
fn check(request: &Request) -> Ask {
    Ask::all(request).unwrap().remove(0)
}

#[track_caller]
fn check_refused(request: &Request, message: &str) {
    assert_eq!(Ask::all(request).unwrap_err().to_string(), message);
}

#[test]
fn what_is_counted_is_told_by_the_entries() {
    let ask = check(&request(vec![quota()]));
    let Kind::Quota(quota) = &ask.kind else { panic!("{ask:?}") };
    assert_eq!((quota.plan.as_str(), quota.key.as_str()), ("gold", "k1"));
    let start = "2026-11-24".parse::<Day>().unwrap().start();
    let left = ask.reset(start + Duration::from_secs(600), Duration::from_secs(90_000));
    assert_eq!(left, Duration::from_secs(86_400 - 600));

    let window = descriptor(&[("limit", "api"), ("subject", "k1"), ("window", "1700000000")]);
    let ask = check(&request(vec![window]));
    assert_eq!((&ask.kind, ask.is_dated), (&Kind::Rate, true));
    // The number of a window is no time, though it may look like one.
    let numbered = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_100);
    assert_eq!(ask.reset(numbered, Duration::from_secs(5)), Duration::from_secs(5));

    let others = check(&request(vec![descriptor(&[("generic_key", "slow")])]));
    assert_eq!((&others.kind, others.kept(start)), (&Kind::Rate, length(Unit::Day)));
    assert_eq!(others.reset(start, Duration::from_secs(5)), Duration::from_secs(5));
}

#[test]
fn a_counter_of_a_time_is_kept_until_that_is_over_and_a_little_longer() {
    let ask = check(&request(vec![quota()]));
    let start = "2026-11-24".parse::<Day>().unwrap().start();
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    let second = Duration::from_secs(1);
    // From within it, and from after it: for the unit at least.
    for hour in [0, 1, 30] {
        assert!(ask.kept(start + hours(hour)) - KEPT_AFTER - hours(24) <= second);
    }
    // From before it, for a proxy whose clock is ahead.
    assert!(ask.kept(start - hours(1)) - KEPT_AFTER - hours(25) <= second);
    // From long before it: no longer than makes sense.
    assert_eq!(ask.kept(start - hours(100)), hours(48) + KEPT_AFTER);

    let window = descriptor(&[("limit", "api"), ("subject", "k1"), ("window", "4000000000")]);
    assert_eq!(check(&request(vec![window])).kept(start), hours(24) + KEPT_AFTER);
}

#[test]
fn a_counter_is_known_by_all_its_entries_and_nothing_else() {
    let name = |entries: &[(&str, &str)]| check(&request(vec![descriptor(entries)])).counter;
    let names = [
        name(&[("a", "b")]),
        name(&[("a", "b"), ("c", "d")]),
        name(&[("c", "d"), ("a", "b")]),
        name(&[("a", "b\",\"c\",\"d")]),
        name(&[("a\",\"b", "c")]),
    ];
    assert_eq!(BTreeSet::from(names.clone()).len(), names.len());
    let mut changed = quota();
    changed.limit = Some(Limit { requests_per_unit: 7, unit: wire(Unit::Week) });
    assert_eq!(
        check(&request(vec![quota()])).counter,
        check(&request(vec![changed.clone()])).counter
    );
    let mut other = request(vec![changed]);
    other.domain = "other".to_owned();
    assert_ne!(check(&request(vec![quota()])).counter, check(&other).counter);
}

#[test]
fn hits_are_those_of_the_descriptor_or_of_the_request_or_one() {
    let hits = |own: Option<u64>, common| {
        let mut request = request(vec![Descriptor { hits_addend: own, ..quota() }]);
        request.hits_addend = common;
        check(&request).hits
    };
    assert_eq!(hits(None, 0), 1);
    assert_eq!(hits(None, 5), 5);
    assert_eq!(hits(Some(3), 5), 3);
    assert_eq!(hits(Some(0), 5), 0);
}

#[test]
fn a_request_that_makes_no_sense_is_refused_with_the_descriptor_named() {
    let gold = "usage_plan=gold,key=k1,period=2026-11-24";
    let one = |descriptor| request(vec![descriptor]);
    check_refused(&request(vec![]), "the request has no descriptor");
    check_refused(
        &request((0..17).map(|n| descriptor(&[("n", &n.to_string())])).collect()),
        "the request has 17 descriptors and may have 16",
    );
    check_refused(
        &Request { domain: String::new(), ..one(quota()) },
        "the domain is not of 1 to 256 bytes",
    );
    check_refused(
        &one(Descriptor { limit: None, ..quota() }),
        &format!("descriptor 0 ({gold}): has no limit, and this server has none"),
    );
    let limit = Some(Limit { requests_per_unit: 1, unit: 0 });
    check_refused(
        &one(Descriptor { limit, ..quota() }),
        &format!("descriptor 0 ({gold}): the limit has an unknown unit"),
    );
    check_refused(
        &one(Descriptor { is_negative_hits: true, ..quota() }),
        &format!("descriptor 0 ({gold}): hits cannot be given back"),
    );
    check_refused(
        &one(Descriptor { hits_addend: Some(1 << 32), ..quota() }),
        &format!("descriptor 0 ({gold}): asks for more than any limit"),
    );
    check_refused(
        &request(vec![quota(), quota()]),
        &format!("descriptor 1 ({gold}): is there twice"),
    );
    check_refused(&one(descriptor(&[])), "descriptor 0 (): must have 1 to 16 entries");
    check_refused(
        &one(descriptor(&[("a", "b"); 17])),
        &format!("descriptor 0 ({}): must have 1 to 16 entries", ["a=b"; 16].join(",")),
    );
    check_refused(
        &one(descriptor(&[("", "b")])),
        "descriptor 0 (=b): a key is not of 1 to 256 bytes",
    );
    let long = "x".repeat(257);
    let start = "x".repeat(254);
    check_refused(
        &one(descriptor(&[("a", &long)])),
        &format!("descriptor 0 (a={start}): a value is longer than 256 bytes"),
    );
    let value = "y".repeat(250);
    let entries = ["a", "b", "c", "d"].map(|key| (key, value.as_str()));
    let start = format!("a={value},b=y");
    check_refused(
        &one(descriptor(&entries)),
        &format!(
            "descriptor 0 ({start}): the domain and the entries make a name longer than 1024 bytes"
        ),
    );
}

#[test]
fn the_longest_names_of_ours_are_short_enough() {
    let long = "x".repeat(MAX_TEXT);
    for entries in [
        [("usage_plan", long.as_str()), ("key", long.as_str()), ("period", "2026-11-24")],
        [("limit", long.as_str()), ("subject", long.as_str()), ("window", "18446744073709551615")],
    ] {
        let request = Request { domain: long.clone(), ..request(vec![descriptor(&entries)]) };
        assert!(check(&request).counter.len() <= MAX_COUNTER);
    }
}
