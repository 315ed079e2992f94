use std::time::Duration;

use tollgate_policy::Invalid;

use super::*;
use crate::analysis::{Action, AnalysisPlan, Counts, Key, Look, Moment, Observation};

/// Looks at what the stage has.
fn advance(
    releases: &mut Releases,
    observation: &mut Observation,
    look: &Look,
    now: Moment,
) -> Action {
    let stage = present(releases);
    let other = with_canary();
    let canary = stage.canary.as_ref().or(present(&other).canary.as_ref()).unwrap();
    let key = Key::of(&stage.deployment, canary);
    releases.advance(("orders", "prod"), &key, observation, look, now).unwrap()
}

fn with_canary() -> Releases {
    let mut releases = released(&["a"]);
    let mut start = start(Some("b".to_owned()), 5.0);
    start.settings.stage_variable_overrides = variables(&[("x", "new")]);
    releases.start_canary(start).unwrap();
    releases
}

#[test]
fn a_promoted_canary_is_what_the_stage_serves_and_is_gone() {
    let mut releases = with_canary();
    assert_eq!(releases.promote("orders", "prod", "by hand", 30).unwrap(), "b");
    let stage = present(&releases);
    assert_eq!(stage.deployment, "b");
    assert_eq!(stage.settings.variables, variables(&[("x", "new")]));
    assert_eq!(stage.canary, None);
    assert_eq!(stage.history.last().unwrap().cause, Cause::Promoted);
    let last = stage.last_canary.as_ref().unwrap();
    assert_eq!((last.end, last.at, last.reason.as_str()), (End::Promoted, 30, "by hand"));
    assert_eq!(stage.previous(), Some("a"));
}

#[test]
fn an_aborted_canary_changes_nothing() {
    let mut releases = with_canary();
    releases.abort("orders", "prod", End::Aborted, "by hand", 30).unwrap();
    let stage = present(&releases);
    assert_eq!((stage.deployment.as_str(), &stage.canary), ("a", &None));
    assert_eq!(stage.settings, Stage::default());
    assert_eq!(stage.last_canary.as_ref().unwrap().end, End::Aborted);
}

#[test]
fn without_a_canary_nothing_is_promoted_in_api_gateways_words() {
    let mut releases = released(&["a"]);
    refused(
        releases.promote("orders", "prod", "", 1),
        "Promotion not available. Canary does not exist.",
    );
    let abort = releases.abort("orders", "prod", End::Aborted, "", 1);
    refused(abort, "stage `prod` has no canary");
    refused(releases.set_percent("orders", "prod", Percent(1.0)), "stage `prod` has no canary");
}

#[test]
fn a_canary_needs_a_stage_that_is_there_and_has_none() {
    let mut releases = Releases::default();
    refused(
        releases.start_canary(start(Some("b".to_owned()), 5.0)),
        "Invalid deployment content specified.Stage prod must already be created before making a \
         canary release deployment",
    );
    let mut releases = with_canary();
    refused(
        releases.start_canary(start(Some("c".to_owned()), 5.0)),
        "stage `prod` has a canary already: promote or abort it first",
    );
    let mut releases = released(&["a"]);
    refused(
        releases.start_canary(start(None, 5.0)),
        "a canary needs a deployment or stage variable overrides",
    );
}

#[test]
fn a_percentage_out_of_range_names_the_field() {
    for (percent, said) in [(100.5, "100.5"), (-1.0, "-1"), (f64::NAN, "NaN")] {
        let mut releases = released(&["a"]);
        let expected = format!("percent_traffic: `{said}` is not from 0.0 to 100.0");
        refused(releases.start_canary(start(Some("b".to_owned()), percent)), &expected);
        let mut releases = with_canary();
        refused(releases.set_percent("orders", "prod", Percent(percent)), &expected);
    }
    let mut releases = with_canary();
    for percent in [0.0, 33.3, 100.0] {
        releases.set_percent("orders", "prod", Percent(percent)).unwrap();
        let canary = present(&releases).canary.as_ref().unwrap();
        assert_eq!(canary.settings.percent_traffic, Percent(percent));
    }
}

#[test]
fn an_analysis_begins_at_its_first_step_and_again_with_another_deployment_or_base() {
    let mut releases = released(&["old", "a"]);
    let analysis = Some(AnalysisPlan::default());
    releases.start_canary(Start { analysis, ..start(Some("b".to_owned()), 77.0) }).unwrap();
    let percent = |releases: &Releases| {
        let canary = present(releases).canary.as_ref().unwrap();
        (canary.settings.percent_traffic.0, canary.progress.step)
    };
    let far = |releases: &mut Releases| {
        let stage = releases.stage_mut("orders", "prod").unwrap();
        let canary = stage.canary.as_mut().unwrap();
        canary.settings.percent_traffic = Percent(50.0);
        canary.progress.step = 2;
    };
    assert_eq!(percent(&releases), (5.0, 0));
    far(&mut releases);
    releases.deploy(deploy("prod", "c".to_owned(), 40)).unwrap();
    assert_eq!(percent(&releases), (5.0, 0));
    far(&mut releases);
    releases.rollback("orders", "prod", None, 41).unwrap();
    assert_eq!(percent(&releases), (5.0, 0));
    refused(
        releases.set_percent("orders", "prod", Percent(50.0)),
        "stage `prod`: its analysis decides how much the canary gets: promote or abort it",
    );
}

#[test]
fn a_plan_that_makes_no_sense_names_the_field() {
    #[track_caller]
    fn check(change: impl FnOnce(&mut AnalysisPlan), field: &str) {
        let mut plan = AnalysisPlan::default();
        change(&mut plan);
        let Err(Invalid { field: found, .. }) = plan.check() else { panic!("it is not refused") };
        assert_eq!(found, field);
    }
    AnalysisPlan::default().check().unwrap();
    check(|plan| plan.steps.clear(), "steps");
    check(|plan| plan.steps = vec![Percent(1.0); 21], "steps");
    check(|plan| plan.steps = vec![Percent(5.0), Percent(5.0)], "steps[1]");
    check(|plan| plan.steps = vec![Percent(5.0), Percent(101.0)], "steps[1]");
    check(|plan| plan.steps = vec![Percent(0.0)], "steps[0]");
    check(|plan| plan.steps = vec![Percent(100.0)], "steps[0]");
    check(|plan| plan.interval_secs = 0, "interval_secs");
    check(|plan| plan.interval_secs = 86_401, "interval_secs");
    check(|plan| plan.min_requests = 9, "min_requests");
    let p = "conditions.max_5xx_significance";
    check(|plan| plan.conditions.max_5xx_significance = 0.0, p);
    check(|plan| plan.conditions.max_5xx_significance = f64::NAN, p);
    check(
        |plan| plan.conditions.min_5xx_difference = Percent(-1.0),
        "conditions.min_5xx_difference",
    );
    check(|plan| plan.conditions.p99_ratio = Some(0.9), "conditions.p99_ratio");
}

#[test]
fn what_the_analysis_says_is_done_and_kept_with_its_reason() {
    let look = |requests, errors_5xx| Look {
        base: Counts { requests, ..Counts::default() },
        canary: Counts { requests, errors_5xx, ..Counts::default() },
    };
    let moment = |secs| Moment { monotonic: Duration::from_secs(secs), unix: 1000 + secs };
    let begun = || {
        let mut releases = released(&["a"]);
        let mut plan = AnalysisPlan { steps: vec![Percent(50.0)], ..AnalysisPlan::default() };
        plan.conditions.p99_ratio = None;
        releases
            .start_canary(Start { analysis: Some(plan), ..start(Some("b".to_owned()), 0.0) })
            .unwrap();
        let mut observation = Observation::default();
        let first = advance(&mut releases, &mut observation, &look(0, 0), moment(0));
        assert_eq!(first, Action::Hold);
        (releases, observation)
    };

    let (mut releases, mut observation) = begun();
    let action = advance(&mut releases, &mut observation, &look(500, 0), moment(60));
    assert_eq!(action, Action::Promote);
    let stage = present(&releases);
    assert_eq!((stage.deployment.as_str(), &stage.canary), ("b", &None));
    assert_eq!(stage.last_canary.as_ref().unwrap().end, End::Promoted);

    let (mut releases, mut observation) = begun();
    let action = advance(&mut releases, &mut observation, &look(500, 100), moment(60));
    let Action::RollBack(reason) = action else { panic!("it is not taken back") };
    let stage = present(&releases);
    assert_eq!((stage.deployment.as_str(), &stage.canary), ("a", &None));
    let last = stage.last_canary.as_ref().unwrap();
    assert_eq!((last.end, last.at), (End::RolledBack, 1060));
    assert_eq!(last.reason, reason);
    assert!(reason.contains("20.00 % (100 of 500)"), "{reason}");
    assert_eq!(last.canary.progress.verdicts.len(), 1);
    // Without a canary there is nothing to do.
    let action = advance(&mut releases, &mut observation, &look(0, 0), moment(99));
    assert_eq!(action, Action::Hold);
}

#[test]
fn a_look_at_what_the_stage_no_longer_has_decides_nothing() {
    let key = |releases: &Releases| {
        let stage = present(releases);
        Key::of(&stage.deployment, stage.canary.as_ref().unwrap())
    };
    let mut releases = released(&["a"]);
    let analysis = Some(AnalysisPlan::default());
    releases.start_canary(Start { analysis, ..start(Some("b".to_owned()), 0.0) }).unwrap();
    let looked_at = key(&releases);
    releases.deploy(deploy("prod", "c".to_owned(), 40)).unwrap();
    let present_key = key(&releases);
    let mut observation = Observation::default();
    let moment = Moment { monotonic: Duration::ZERO, unix: 1000 };
    let mut has_begun = |key: &Key| {
        let (of, look) = (("orders", "prod"), Look::default());
        let action = releases.advance(of, key, &mut observation, &look, moment).unwrap();
        assert_eq!(action, Action::Hold);
        !observation.is_due("a", present(&releases).canary.as_ref().unwrap(), moment)
    };
    assert!(!has_begun(&looked_at));
    assert!(has_begun(&present_key));
}
