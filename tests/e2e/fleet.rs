//! Several Envoys that share limits, the counters between them, and a Redis that fails.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tollgate_tests::load::{Load, hammer};
use tollgate_tests::wait::OverOnDrop;
use tollgate_tests::{Alone, Counters, Redis, Request, Service, wait};

const RATE: f64 = 100.0;
const BURST: u32 = 100;

/// Two Envoys, of two workers each, that throttle together.
fn fleet(counters: &Counters) -> [Alone; 2] {
    let config = json!({
        "limits": [{"name": "all", "throttle": {"rate_limit": RATE, "burst_limit": BURST}}],
        "counters": {"cluster": "counters", "fleet_size": 2},
    });
    let services = [Service::http2("counters", counters.url().to_owned())];
    [(); 2].map(|()| Alone::start("throttle", &config, &services, 2))
}

fn stat(fleet: &[Alone], part: &str) -> u64 {
    let stats = fleet.iter().flat_map(|envoy| envoy.admin().stats(part));
    stats.map(|(_, value)| value).sum()
}

/// Waits until so many more requests have been admitted.
fn admitted(fleet: &[Alone], more: u64) {
    let before = stat(fleet, "tollgate_limit_admitted");
    wait::until_true("admitted requests", wait::PATIENCE, || {
        stat(fleet, "tollgate_limit_admitted") >= before + more
    });
}

/// Hammers a fleet while something happens to it.
fn under_load(fleet: &[Alone; 2], happens: impl FnOnce()) -> Load {
    let over = AtomicBool::new(false);
    let addresses = [fleet[0].address(), fleet[1].address()];
    thread::scope(|scope| {
        let end = OverOnDrop(&over);
        let load = scope.spawn(|| {
            hammer(&addresses, 6, &|_| over.load(Ordering::SeqCst), &|_| Request::get("/"))
        });
        happens();
        drop(end);
        load.join().expect("a load")
    })
}

#[test]
fn two_envoys_admit_no_more_than_one_would_while_the_counters_answer() {
    let redis = Redis::start();
    let counters = Counters::on_redis(&redis.url());
    let fleet = fleet(&counters);
    let load = under_load(&fleet, || admitted(&fleet, 500));
    load.assert_within(RATE, f64::from(BURST), 0.0);
    #[expect(clippy::cast_precision_loss, reason = "there are not that many")]
    let share = load.admitted.len() as f64 / (RATE * load.lasted.as_secs_f64());
    assert!(share > 0.9, "only {share} of what there was");
    // Tokens are leased in batches, and both Envoys had some.
    let leases = counters_granted(&counters);
    assert!(
        leases > 50 && leases < load.admitted.len() / 3,
        "{leases} leases for {}",
        load.admitted.len()
    );
    for envoy in &fleet {
        envoy.assert_healthy();
        assert!(stat(std::slice::from_ref(envoy), "tollgate_limit_admitted") > 50);
    }
    assert_eq!(stat(&fleet, "tollgate_counters_failures"), 0);
}

fn counters_granted(counters: &Counters) -> usize {
    let address = counters.url().trim_start_matches("http://").parse::<std::net::SocketAddr>();
    let answer = Request::get("/metrics").send(address.expect("an address"));
    let granted =
        answer.text().lines().filter(|line| line.contains("grants") && !line.starts_with('#'));
    granted.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).sum()
}

#[test]
fn a_redis_that_fails_costs_no_more_than_is_stated_and_comes_back_by_itself() {
    let mut redis = Redis::start();
    let counters = Counters::on_redis(&redis.url());
    let fleet = fleet(&counters);
    let load = under_load(&fleet, || {
        admitted(&fleet, 200);
        redis.kill();
        wait::until_true("failures", wait::PATIENCE, || {
            stat(&fleet, "tollgate_counters_failures") > 0
        });
        // Each keeps its share.
        admitted(&fleet, 300);
        redis.restart();
        let said = "the counters answer again";
        wait::until_true("recovery", wait::PATIENCE, || {
            fleet.iter().all(|envoy| envoy.log().contains(said))
        });
        admitted(&fleet, 300);
    });
    // Going down costs a burst, and coming back half of one: the Redis has forgotten everything. One of
    // the two may have its share for two seconds longer than the other, which is granted all there is.
    let unaware = RATE / 2.0 * 2.0;
    load.assert_within(RATE, f64::from(BURST), 1.5 * f64::from(BURST) + unaware);
    for envoy in &fleet {
        envoy.assert_healthy();
    }
}

#[test]
fn nobody_waits_for_counters_that_hang() {
    let folder = tempfile::tempdir().unwrap();
    let counters = Counters::in_folder(folder.path(), 0);
    // Its windows are so long that the next one is no way out.
    let config = json!({
        "limits": [{"name": "all", "throttle": {"rate_limit": 0.1, "burst_limit": 100}}],
        "counters": {"cluster": "counters", "fleet_size": 2, "timeout_millis": 10_000},
    });
    let services = [Service::http2("counters", counters.url().to_owned())];
    let envoy = Alone::start("throttle", &config, &services, 2);
    counters.hang();
    let load = hammer(&[envoy.address()], 2, &|elapsed| elapsed > Duration::from_secs(1), &|_| {
        Request::get("/")
    });
    // What the proxy has for itself, and one in advance of an answer that does not come.
    assert_eq!(load.admitted.len(), 6);
    assert!(!load.refused.is_empty());
    // A fiftieth of a second, on a machine that does other things; not until it gives up.
    assert!(load.longest < Duration::from_secs(5), "{:?}", load.longest);
    envoy.assert_healthy();
}

#[test]
fn counters_that_are_not_there_from_the_start_leave_each_its_share() {
    let folder = tempfile::tempdir().unwrap();
    let counters = Counters::in_folder(folder.path(), 0);
    let fleet = fleet(&counters);
    counters.kill();
    let load = under_load(&fleet, || admitted(&fleet, 200));
    // And what each has for itself in a window, until it notices.
    load.assert_within(RATE, f64::from(BURST), f64::from(BURST) / 10.0);
}

/// A plan whose quota two Envoys share.
fn plan(limit: u32) -> Value {
    use sha2_hex as hex;
    json!({
        "usage_plans": {"free": {"quota": {"limit": limit, "period": "MONTH"}}},
        "api_keys": {"alice": {"sha256": hex(ALICE), "usage_plans": ["free"]}},
        "counters": {"cluster": "counters", "fleet_size": 2, "wait_millis": 1_000},
    })
}

const ALICE: &str = "alice-alice-alice-alice";

fn sha2_hex(value: &str) -> String {
    tollgate_api_keys::hex(&tollgate_api_keys::digest(value.as_bytes()))
}

#[test]
fn a_quota_outlives_every_envoy_and_a_power_cut_of_the_counters() {
    let folder = tempfile::tempdir().unwrap();
    let mut counters = Counters::in_folder(folder.path(), 0);
    let start = |counters: &Counters| {
        let services = [Service::http2("counters", counters.url().to_owned())];
        [(); 2].map(|()| Alone::start("usage-plan", &plan(200), &services, 2))
    };
    let ask = |envoy: &Alone| Request::get("/").header("x-api-key", ALICE).send(envoy);
    let fleet = start(&counters);
    // Most of it, over both.
    let mut used = 0;
    for number in 0..120 {
        let answer = ask(&fleet[number % 2]);
        assert_eq!(answer.status, 200, "{answer:?}");
        used += 1;
    }
    // Everything that can lose its memory does.
    drop(fleet);
    let port = counters.port();
    counters.kill();
    counters = Counters::in_folder(folder.path(), port);
    let fleet = start(&counters);
    for number in 0..150 {
        let answer = ask(&fleet[number % 2]);
        match answer.status {
            200 => used += 1,
            status => {
                assert_eq!((status, answer.text()), (429, r#"{"message":"Limit Exceeded"}"#));
                assert_eq!(answer.header("x-amzn-errortype"), Some("LimitExceededException"));
            }
        }
    }
    // What two Envoys of two workers had when they were stopped counts as used: a lease each.
    assert!((190..=200).contains(&used), "{used} used");
    // And that is what its owner is told.
    let shown = tollgate_tests::program::run(&[
        "usage",
        "--plan",
        "free",
        "--counters",
        counters.url(),
        "--format",
        "json",
    ]);
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    let usage: Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    let days = usage["items"]["alice"].as_array().expect("days");
    let total: u64 = days.iter().filter_map(|day| day[0].as_u64()).sum();
    assert_eq!(total, 200, "{usage}");
    for envoy in &fleet {
        envoy.assert_healthy();
    }
}
