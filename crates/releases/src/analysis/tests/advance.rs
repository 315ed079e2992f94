use std::time::Duration;

use tollgate_canary::Percent;

use super::*;
use crate::{CanaryRelease, Progress};

const BAD: Behaviour = Behaviour { errors: 0.5, ..GOOD };

/// A canary on its way, and the proxy in front of it.
struct Release {
    canary: CanaryRelease,
    observation: Observation,
    totals: Look,
    monotonic: Duration,
    unix: u64,
    random: Rng,
    base: &'static str,
}

impl Release {
    fn start(plan: AnalysisPlan) -> Self {
        let settings = tollgate_gateway::definition::Canary {
            deployment: Some("new".to_owned()),
            percent_traffic: *plan.steps.first().unwrap(),
            ..Default::default()
        };
        let analysis = Some(plan);
        let progress = Progress::default();
        let mut release = Self {
            canary: CanaryRelease { settings, began: 1000, analysis, progress },
            observation: Observation::default(),
            totals: Look::default(),
            monotonic: Duration::from_secs(5),
            unix: 1000,
            random: Rng::with_seed(3),
            base: "old",
        };
        assert_eq!(release.look(), Action::Hold);
        release
    }

    /// Time passes, and requests come.
    fn pass(&mut self, secs: u64, base: u64, canary: u64, behaviour: Behaviour) {
        self.monotonic += Duration::from_secs(secs);
        self.unix += secs;
        add(&mut self.totals.base, &serve(&mut self.random, &ENVOY, base, GOOD));
        add(&mut self.totals.canary, &serve(&mut self.random, &ENVOY, canary, behaviour));
    }

    fn moment(&self) -> Moment {
        Moment { monotonic: self.monotonic, unix: self.unix }
    }

    fn look(&mut self) -> Action {
        let now = self.moment();
        advance(self.base, &mut self.canary, &mut self.observation, &self.totals, now)
    }

    /// The end of an interval that the canary gets through, and the first look at the next step.
    #[track_caller]
    fn step(&mut self, percent: f64) {
        assert_eq!(self.look(), Action::Step(Percent(percent)));
        assert_eq!(self.percent(), percent);
        assert_eq!(self.look(), Action::Hold);
    }

    fn percent(&self) -> f64 {
        self.canary.settings.percent_traffic.0
    }

    fn verdicts(&self) -> usize {
        self.canary.progress.verdicts.len()
    }
}

#[test]
fn a_healthy_canary_goes_step_by_step_and_is_promoted_after_the_last() {
    let mut release = Release::start(AnalysisPlan::default());
    for percent in [25.0, 50.0, 100.0] {
        release.pass(59, 500, 200, GOOD);
        assert_eq!(release.look(), Action::Hold);
        release.pass(1, 0, 0, GOOD);
        release.step(percent);
        assert_eq!(release.canary.progress.step_began, release.unix);
    }
    // At 100 % the base has no requests: it is compared with the base as it was.
    release.pass(60, 0, 700, GOOD);
    assert_eq!(release.look(), Action::Promote);
    assert_eq!(release.verdicts(), 4);
}

#[test]
fn a_canary_that_is_not_to_be_promoted_stays_and_goes_on_being_judged() {
    let mut release = Release::start(AnalysisPlan {
        steps: vec![Percent(50.0)],
        promote: false,
        ..AnalysisPlan::default()
    });
    // However often it is judged, chance alone does not take it back: it would once in a hundred.
    for _ in 0..1000 {
        release.pass(60, 300, 300, GOOD);
        assert_eq!(release.look(), Action::Hold);
    }
    // Only the last verdicts are kept.
    assert_eq!(release.verdicts(), 20);
    release.pass(60, 300, 300, BAD);
    assert!(matches!(release.look(), Action::RollBack(_)));
}

#[test]
fn a_failing_canary_is_taken_back_at_the_end_of_the_interval_it_fails_in() {
    let mut release = Release::start(AnalysisPlan::default());
    release.pass(60, 500, 200, GOOD);
    release.step(25.0);
    release.pass(60, 500, 200, BAD);
    let Action::RollBack(reason) = release.look() else { panic!("it is not taken back") };
    assert!(reason.starts_with("5xx: canary "), "{reason}");
    let last = release.canary.progress.verdicts.last().unwrap();
    assert!(matches!(&last.verdict, Verdict::Failing { reason: kept, .. } if *kept == reason));
}

#[test]
fn one_that_fails_only_under_all_the_traffic_is_taken_back_too() {
    let mut release = Release::start(AnalysisPlan {
        steps: vec![Percent(50.0), Percent(100.0)],
        ..AnalysisPlan::default()
    });
    release.pass(60, 500, 500, GOOD);
    release.step(100.0);
    release.pass(60, 0, 1000, BAD);
    assert!(matches!(release.look(), Action::RollBack(_)));
}

#[test]
fn where_there_are_too_few_requests_the_window_goes_on() {
    let mut release = Release::start(AnalysisPlan::default());
    for have in [40, 80] {
        release.pass(60, 500, 40, GOOD);
        assert_eq!(release.look(), Action::Hold);
        // One verdict says it, however often it is said.
        assert_eq!(release.verdicts(), 1);
        let verdict = &release.canary.progress.verdicts[0].verdict;
        assert_eq!(*verdict, Verdict::Wait { have, need: 100 });
    }
    release.pass(60, 500, 40, GOOD);
    assert_eq!(release.look(), Action::Step(Percent(25.0)));
}

#[test]
fn a_clock_that_is_set_neither_skips_a_step_nor_stalls_one() {
    for clock in [0, 10, 4_000_000_000] {
        let mut release = Release::start(AnalysisPlan::default());
        release.pass(30, 500, 200, GOOD);
        release.unix = clock;
        assert_eq!(release.look(), Action::Hold, "{clock}");
        release.pass(29, 0, 0, GOOD);
        assert_eq!(release.look(), Action::Hold, "{clock}");
        release.pass(1, 0, 0, GOOD);
        assert_eq!(release.look(), Action::Step(Percent(25.0)), "{clock}");
    }
    // Another monotonic clock, as after a restart, begins an interval and no more.
    let mut release = Release::start(AnalysisPlan::default());
    release.pass(30, 500, 200, GOOD);
    release.monotonic = Duration::ZERO;
    assert_eq!(release.look(), Action::Hold);
    release.pass(60, 500, 200, GOOD);
    assert_eq!(release.look(), Action::Step(Percent(25.0)));
}

#[test]
fn a_proxy_that_starts_anew_voids_the_window() {
    let mut release = Release::start(AnalysisPlan::default());
    release.pass(60, 500, 200, GOOD);
    release.step(25.0);
    release.pass(30, 500, 200, BAD);
    release.totals = Look::default();
    // It is noticed at the next look, whenever that is, and the interval starts then.
    assert_eq!(release.look(), Action::Hold);
    release.pass(59, 500, 200, GOOD);
    assert_eq!(release.look(), Action::Hold);
    release.pass(1, 0, 0, GOOD);
    assert_eq!(release.look(), Action::Step(Percent(50.0)));
}

#[test]
fn what_was_found_out_of_another_deployment_does_not_count() {
    let mut release = Release::start(AnalysisPlan::default());
    release.pass(59, 500, 200, BAD);
    release.canary.settings.deployment = Some("mended".to_owned());
    release.pass(1, 0, 0, GOOD);
    assert_eq!(release.look(), Action::Hold);
    release.pass(59, 500, 200, GOOD);
    release.base = "older";
    release.pass(1, 0, 0, GOOD);
    assert_eq!(release.look(), Action::Hold);
    release.pass(60, 500, 200, GOOD);
    assert_eq!(release.look(), Action::Step(Percent(25.0)));
}

#[test]
fn a_look_is_due_at_the_start_and_at_the_end_of_an_interval() {
    let mut release = Release::start(AnalysisPlan::default());
    let is_due = |release: &Release| {
        release.observation.is_due(release.base, &release.canary, release.moment())
    };
    assert!(Observation::default().is_due("old", &release.canary, release.moment()));
    assert!(!is_due(&release));
    release.pass(60, 500, 200, GOOD);
    assert!(is_due(&release));
    assert_eq!(release.look(), Action::Step(Percent(25.0)));
    // The next window begins when it is served.
    assert!(is_due(&release));
    assert_eq!(release.look(), Action::Hold);
    assert!(!is_due(&release));
    release.canary.analysis = None;
    assert!(!is_due(&release));
    assert_eq!(release.look(), Action::Hold);
}

#[test]
fn a_step_is_watched_only_once_it_is_served() {
    let mut release = Release::start(AnalysisPlan::default());
    release.pass(60, 500, 200, GOOD);
    assert_eq!(release.look(), Action::Step(Percent(25.0)));
    // Whoever serves takes its time. What comes meanwhile belongs to no step.
    release.pass(300, 500, 200, BAD);
    assert_eq!(release.look(), Action::Hold);
    release.pass(60, 500, 200, GOOD);
    release.step(50.0);
}

#[test]
fn latencies_that_come_late_are_waited_for_once() {
    let mut release = Release::start(AnalysisPlan::default());
    release.pass(60, 500, 200, GOOD);
    let late = std::mem::take(&mut release.totals.canary.latency);
    assert_eq!(release.look(), Action::Hold);
    let is_due = |release: &Release| {
        release.observation.is_due(release.base, &release.canary, release.moment())
    };
    assert!(!is_due(&release));
    // More requests come, of which nothing is known yet: there always are some.
    release.pass(2, 100, 100, BAD);
    release.totals.canary.latency = late;
    assert!(is_due(&release));
    // They do not belong to the interval.
    release.step(25.0);
    let verdict = &release.canary.progress.verdicts[0].verdict;
    let Verdict::Healthy { numbers } = verdict else { panic!("{verdict:?}") };
    assert_eq!((numbers.base.requests, numbers.canary.requests), (500, 200));
    assert!(numbers.canary.p99_micros.is_some());
    // Where they never come, the window goes on.
    release.pass(60, 500, 200, GOOD);
    release.totals.canary.latency = Latency::default();
    release.observation = Observation::default();
    assert_eq!(release.look(), Action::Hold);
    release.pass(60, 500, 200, GOOD);
    release.totals.canary.latency = Latency::default();
    assert_eq!(release.look(), Action::Hold);
    release.pass(2, 0, 0, GOOD);
    release.totals.canary.latency = Latency::default();
    assert_eq!(release.look(), Action::Hold);
    let last = &release.canary.progress.verdicts.last().unwrap().verdict;
    assert_eq!(*last, Verdict::Wait { have: 0, need: 100 });
}

/// A canary that stays at its last step, where the base has hardly any requests, of which two in a
/// hundred are slow: after so many looks, whether it was taken back for its latency.
fn is_taken_back(seed: u64, looks: u64, canary_millis: f64) -> bool {
    const BASE: u64 = 100;
    const CANARY: u64 = 2_000;
    let mut release = Release::start(AnalysisPlan {
        steps: vec![Percent(95.0)],
        promote: false,
        ..AnalysisPlan::default()
    });
    let mut random = Rng::with_seed(seed);
    let bounds = fine();
    let mut serve = |requests: u64, slow_millis: f64| {
        let slow = (0..requests).filter(|_| random.f64() < 0.02).count() as u64;
        let up_to = |bound: f64| {
            let fast = if bound >= 20_000.0 { requests - slow } else { 0 };
            fast + if bound >= 1000.0 * slow_millis { slow } else { 0 }
        };
        let bucket = |upper_micros: f64| Bucket { upper_micros, count: up_to(upper_micros) };
        let buckets = bounds.iter().copied().map(bucket).collect();
        let latency = Latency { buckets, count: requests };
        Counts { requests, latency, ..Counts::default() }
    };
    (0..looks).any(|_| {
        let (base, canary) = (serve(BASE, 500.0), serve(CANARY, canary_millis));
        add(&mut release.totals.base, &base);
        add(&mut release.totals.canary, &canary);
        release.monotonic += Duration::from_secs(60);
        matches!(release.look(), Action::RollBack(_))
    })
}

#[test]
fn a_base_of_few_requests_does_not_make_a_canary_look_slow_however_often_it_is_looked_at() {
    let taken_back = (0..300).filter(|seed| is_taken_back(*seed, 60, 500.0)).count();
    // Once in a hundred at the first look, and once more in all further ones.
    assert!(taken_back <= 6, "{taken_back} of 300");
    // One that is slow is found all the same, once there are enough requests of the base.
    let found = (0..100).filter(|seed| is_taken_back(*seed, 20, 1_000.0)).count();
    assert!(found >= 99, "{found} of 100");
}
