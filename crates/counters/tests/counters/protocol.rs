use std::time::Duration;

use tonic::Code;

use crate::client::{self, DAY, SECOND, UInt64Value, descriptor, quota, request};
use crate::server::{Server, TODAY, on_each};

const PATH: &str = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

#[test]
fn a_lease_is_granted_whole_or_not_at_all_and_says_what_is_left() {
    on_each(async |server: Server| {
        let mut client = server.client().await;
        let ask = |hits| request(vec![quota("k1", TODAY, 10, DAY)], hits);
        let granted = client.ask(ask(7)).await.expect("an answer");
        assert_eq!(granted.overall_code, 1);
        let status = granted.statuses.first().expect("a status");
        assert_eq!((status.code, status.limit_remaining), (1, 3));
        let limit = status.current_limit.as_ref().expect("a limit");
        assert_eq!((limit.requests_per_unit, limit.unit), (10, DAY));
        // It is noon, and the quota is of this day.
        let reset = status.duration_until_reset.as_ref().expect("a time");
        assert_eq!(reset.seconds, 43_200);

        let refused = client.ask(ask(4)).await.expect("an answer");
        let status = refused.statuses.first().expect("a status");
        assert_eq!((refused.overall_code, status.code, status.limit_remaining), (2, 2, 3));
        // Without a number one is taken.
        assert_eq!(client.take(quota("k1", TODAY, 10, DAY), 0).await, Some(2));
        assert_eq!(client.take(quota("k1", TODAY, 10, DAY), 2).await, Some(0));
        assert_eq!(client.take(quota("k1", TODAY, 10, DAY), 0).await, None);
        // Nobody gets more than the limit, whatever is left.
        assert_eq!(client.take(quota("k2", TODAY, 10, DAY), 11).await, None);
        assert_eq!(client.take(quota("k2", TODAY, 0, DAY), 1).await, None);
        assert_eq!(client.take(quota("k2", TODAY, u32::MAX, DAY), u32::MAX).await, Some(0));
    });
}

#[test]
fn several_descriptors_are_granted_together_or_none_of_them() {
    on_each(async |server: Server| {
        let mut client = server.client().await;
        let mut own = quota("k1", TODAY, 10, DAY);
        own.hits_addend = Some(UInt64Value { value: 5 });
        let rate = descriptor(&[("generic_key", "slow")], 3, DAY);
        let mut look = descriptor(&[("generic_key", "other")], 9, DAY);
        look.hits_addend = Some(UInt64Value { value: 0 });
        let ask = request(vec![own, rate, look], 2);
        let found = |response: client::RateLimitResponse| {
            let each = response.statuses.iter().map(|status| (status.code, status.limit_remaining));
            (response.overall_code, each.collect::<Vec<_>>())
        };
        let first = found(client.ask(ask.clone()).await.expect("an answer"));
        assert_eq!(first, (1, vec![(1, 5), (1, 1), (1, 9)]));
        // There is enough of the first, but not of the second.
        let second = found(client.ask(ask).await.expect("an answer"));
        assert_eq!(second, (2, vec![(1, 5), (2, 1), (1, 9)]));
        assert_eq!(client.take(quota("k1", TODAY, 10, DAY), 5).await, Some(0));
    });
}

#[test]
fn a_changed_limit_goes_on_from_the_same_count() {
    on_each(async |server: Server| {
        let mut client = server.client().await;
        assert_eq!(client.take(quota("k1", TODAY, 10, DAY), 6).await, Some(4));
        assert_eq!(client.take(quota("k1", TODAY, 20, DAY), 6).await, Some(8));
        assert_eq!(client.take(quota("k1", TODAY, 5, DAY), 1).await, None);
        assert_eq!(client.take(quota("k1", TODAY, 30, SECOND), 6).await, Some(12));
    });
}

#[test]
fn a_counter_without_a_time_of_its_own_starts_again_after_its_unit() {
    on_each(async |server: Server| {
        let mut client = server.client().await;
        let mut take = async || client.take(descriptor(&[("a", "b")], 1, SECOND), 1).await;
        assert_eq!(take().await, Some(0));
        server.pass(1);
        crate::server::until(async || take().await.is_some()).await;
    });
}

#[test]
fn what_makes_no_sense_is_refused_with_the_descriptor_named() {
    on_each(async |server: Server| {
        let mut client = server.client().await;
        let mut without = quota("k1", TODAY, 10, DAY);
        without.limit = None;
        let status = client.ask(request(vec![without], 1)).await.expect_err("no limit");
        assert_eq!(status.code(), Code::InvalidArgument);
        let name = "usage_plan=gold,key=k1,period=2031-03-04";
        assert!(status.message().contains(name), "{}", status.message());

        let long = "x".repeat(200_000);
        let status = client.ask(request(vec![quota(&long, TODAY, 1, DAY)], 1)).await;
        assert_eq!(status.expect_err("too large").code(), Code::OutOfRange);
        let service = "/envoy.service.ratelimit.v2.RateLimitService/ShouldRateLimit";
        let status = client.call(service, request(vec![], 1)).await.expect_err("no such service");
        assert_eq!(status.code(), Code::Unimplemented);
    });
}

#[test]
fn hostile_bytes_end_a_connection_and_nothing_else() {
    on_each(async |server: Server| {
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed.to_le_bytes()[0]
        };
        for round in 0..200 {
            let noise: Vec<u8> = (0..round).map(|_| random()).collect();
            let noise = match round % 3 {
                0 => noise,
                1 => [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &noise].concat(),
                _ => {
                    let length = noise.len();
                    let head = format!(
                        "POST {PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                         content-type: application/grpc\r\ncontent-length: {length}\r\n\r\n"
                    );
                    [head.as_bytes(), &noise].concat()
                }
            };
            let sent = client::send(server.address(), &noise);
            tokio::time::timeout(Duration::from_secs(20), sent).await.expect("it is closed");
        }
        assert_eq!(server.client().await.take(quota("k1", TODAY, 10, DAY), 1).await, Some(9));
    });
}

#[test]
fn a_message_of_noise_is_refused_by_a_status() {
    on_each(async |server: Server| {
        let mut client = server.client().await;
        for length in 0..64_usize {
            let noise = |step: usize| {
                let bytes = (0..length).map(|at| u8::try_from((at * step + length) % 128));
                String::from_utf8(bytes.collect::<Result<Vec<_>, _>>().expect("bytes"))
                    .expect("text")
            };
            let entries = [(noise(7), noise(31)), (noise(3), noise(11))];
            let entries = entries.each_ref().map(|(key, value)| (key.as_str(), value.as_str()));
            let limit = u32::try_from(length).expect("small");
            let unit = i32::try_from(length % 9).expect("small");
            let answer = client.ask(request(vec![descriptor(&entries, limit, unit)], 1)).await;
            let makes_sense = length > 0 && (1..=7).contains(&unit);
            assert_eq!(answer.is_ok(), makes_sense, "{length}: {answer:?}");
        }
    });
}

#[test]
fn what_was_done_is_told_in_numbers() {
    on_each(async |server: Server| {
        let mut client = server.client().await;
        client.take(quota("k1", TODAY, 10, DAY), 10).await.expect("granted");
        assert_eq!(client.take(quota("k1", TODAY, 10, DAY), 1).await, None);
        client.take(descriptor(&[("a", "b")], 10, DAY), 1).await.expect("granted");
        client.ask(request(vec![], 1)).await.expect_err("no descriptor");
        let (status, text) = server.get("/metrics").await;
        assert_eq!(status, 200);
        for line in [
            "tollgate_counters_grants_total{kind=\"rate\"} 1",
            "tollgate_counters_grants_total{kind=\"quota\"} 1",
            "tollgate_counters_refusals_total{kind=\"quota\"} 1",
            "tollgate_counters_failures_total{kind=\"quota\"} 0",
            "tollgate_counters_malformed_total 1",
            "tollgate_counters_engine_seconds_bucket{le=\"+Inf\"} 3",
            "tollgate_counters_engine_seconds_count 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        assert_eq!(server.get("/healthz").await, (200, "ok\n".to_owned()));
        assert_eq!(server.get("/").await.0, 404);
    });
}
