use super::*;

fn counts(requests: u64, errors_5xx: u64) -> Counts {
    let buckets = vec![
        Bucket { upper_micros: 1000.0, count: requests / 2 },
        Bucket { upper_micros: 2000.0, count: requests },
    ];
    let latency = Latency { buckets, count: requests };
    Counts { requests, errors_5xx, latency, ..Counts::default() }
}

#[test]
fn a_window_is_the_difference_of_two_totals() {
    let window = Window::between(&counts(100, 3), &counts(300, 4)).unwrap();
    assert_eq!(window.0, counts(200, 1));
    assert_eq!(Window::between(&counts(100, 3), &counts(100, 3)).unwrap().0, counts(0, 0));
    // Before its first request a proxy has no histogram.
    assert_eq!(Window::between(&Counts::default(), &counts(10, 1)).unwrap().0, counts(10, 1));
}

#[test]
fn where_a_total_went_down_there_is_no_window() {
    let total = Counts { errors_4xx: 5, abandoned: 2, ..counts(100, 3) };
    #[track_caller]
    fn check(total: &Counts, change: impl FnOnce(&mut Counts)) {
        // Each by itself, while all others went up.
        let mut other = Counts { errors_4xx: 9, abandoned: 3, ..counts(200, 6) };
        assert!(Window::between(total, &other).is_some());
        change(&mut other);
        assert_eq!(Window::between(total, &other), None);
    }
    check(&total, |counts| counts.requests = 99);
    check(&total, |counts| counts.errors_4xx = 4);
    check(&total, |counts| counts.errors_5xx = 2);
    check(&total, |counts| counts.abandoned = 1);
    check(&total, |counts| counts.latency.count = 99);
    check(&total, |counts| counts.latency.buckets[0].count = 1);
    assert_eq!(Window::between(&total, &Counts::default()), None);
}

#[test]
fn histograms_that_do_not_fit_together_are_no_window() {
    let total = counts(100, 3);
    #[track_caller]
    fn check(total: &Counts, change: impl FnOnce(&mut Vec<Bucket>)) {
        let mut other = counts(200, 3);
        change(&mut other.latency.buckets);
        assert_eq!(Window::between(total, &other), None);
    }
    check(&total, |buckets| buckets[0].upper_micros = 500.0);
    check(&total, |buckets| buckets.truncate(1));
    check(&total, |buckets| buckets.push(Bucket { upper_micros: 3000.0, count: 200 }));
    check(&Counts::default(), |buckets| buckets.swap(0, 1));
    check(&Counts::default(), |buckets| buckets[1].upper_micros = f64::INFINITY);
    check(&Counts::default(), |buckets| buckets[1].count = 201);
    check(&Counts::default(), |buckets| *buckets = vec![buckets[0]; 129]);
}

#[test]
fn a_request_that_is_seen_before_its_error_counts_once() {
    let window = Window::between(&counts(100, 3), &counts(100, 4)).unwrap();
    assert_eq!((window.0.requests, window.0.errors_5xx), (1, 1));
}
