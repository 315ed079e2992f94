use tollgate_counters::{Address, Storage};
use tonic::Code;

use crate::client::{DAY, quota, request};
use crate::redis::Redis;
use crate::server::{Server, TODAY, runtime, until};

#[test]
fn a_server_starts_without_redis_and_grants_nothing_until_it_is_there() {
    let mut redis = Redis::stopped();
    runtime().block_on(async {
        let address = redis.url().parse().expect("an address");
        let server = Server::start(Storage::Redis(address)).await.expect("it starts");
        let mut client = server.client().await;
        let ask = || request(vec![quota("k1", TODAY, 10, DAY)], 1);
        let status = client.ask(ask()).await.expect_err("there is no Redis");
        assert_eq!(status.code(), Code::Unavailable);
        assert_eq!(server.get("/healthz").await.0, 503);
        let usage = format!("/usage?plan=gold&from={TODAY}&to={TODAY}");
        assert_eq!(server.get(&usage).await.0, 503);
        redis.start();
        until(async || client.ask(ask()).await.is_ok()).await;
        assert_eq!(server.get("/healthz").await.0, 200);
    });
}

#[test]
fn redis_may_go_and_come_back_and_counts_go_on() {
    let mut redis = Redis::started();
    runtime().block_on(async {
        let server = Server::on_redis(&redis).await;
        let mut client = server.client().await;
        let ask = || request(vec![quota("k1", TODAY, 10, DAY)], 4);
        assert_eq!(client.take(quota("k1", TODAY, 10, DAY), 4).await, Some(6));
        redis.kill();
        let status = client.ask(ask()).await.expect_err("there is no Redis");
        assert_eq!(status.code(), Code::Unavailable);
        server.until_health(503).await;
        let last = || server.said().last().cloned().unwrap_or_default();
        until(async || last().starts_with("redis cannot be reached")).await;
        redis.start();
        server.until_health(200).await;
        assert_eq!(client.take(quota("k1", TODAY, 10, DAY), 4).await, Some(2));
        assert_eq!(client.take(quota("k1", TODAY, 10, DAY), 4).await, None);
        until(async || last() == "redis answers").await;
    });
}

#[test]
fn redis_that_hangs_is_waited_for_no_longer_than_a_second() {
    let redis = Redis::started();
    runtime().block_on(async {
        let server = Server::on_redis(&redis).await;
        let mut client = server.client().await;
        assert_eq!(client.take(quota("k1", TODAY, 10, DAY), 1).await, Some(9));
        redis.signal("STOP");
        let began = std::time::Instant::now();
        let status = client.ask(request(vec![quota("k1", TODAY, 10, DAY)], 1)).await;
        assert_eq!(status.expect_err("Redis hangs").code(), Code::Unavailable);
        assert!(began.elapsed() < std::time::Duration::from_secs(4));
        redis.signal("CONT");
        server.until_health(200).await;
        // What was held when Redis hung may be held still, but it was never granted.
        assert!(client.take(quota("k1", TODAY, 10, DAY), 1).await.expect("some is left") >= 6);
    });
}

#[test]
fn a_password_is_never_shown() {
    let address: Address = "redis://someone:hunter2@redis.internal:6380/1".parse().expect("one");
    let shown = format!("{address:?} {:?}", Storage::Redis(address.clone()));
    assert!(shown.contains("redis.internal:6380") && !shown.contains("hunter2"), "{shown}");
    let refused = "http://someone:hunter2@redis".parse::<Address>().expect_err("no Redis");
    assert!(!format!("{refused} {refused:?}").contains("hunter2"));
}
