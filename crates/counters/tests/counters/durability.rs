use std::fs;

use tempfile::TempDir;

use crate::client::{DAY, MONTH, descriptor, quota};
use crate::redis::Redis;
use crate::server::{Server, TODAY, runtime, until};

#[test]
fn a_quota_outlives_a_restart_and_a_rate_does_not() {
    let folder = TempDir::new().expect("a folder");
    runtime().block_on(async {
        let rate = || descriptor(&[("generic_key", "slow")], 10, DAY);
        for (quota_left, month_left) in [(6, 90), (2, 80)] {
            let server = Server::on_folder(folder.path()).await.expect("it starts");
            let mut client = server.client().await;
            assert_eq!(client.take(quota("k1", TODAY, 10, DAY), 4).await, Some(quota_left));
            let month = client.take(quota("k2", "2031-03-01", 100, MONTH), 10).await;
            assert_eq!(month, Some(month_left));
            assert_eq!(client.take(rate(), 4).await, Some(6));
            server.stop().await;
        }
    });
}

#[test]
fn a_quota_is_forgotten_only_when_its_period_is_over() {
    let folder = TempDir::new().expect("a folder");
    runtime().block_on(async {
        let server = Server::on_folder(folder.path()).await.expect("it starts");
        let mut client = server.client().await;
        assert_eq!(client.take(quota("k1", TODAY, 10, MONTH), 10).await, Some(0));
        server.pass(31);
        assert_eq!(client.take(quota("k1", TODAY, 10, MONTH), 1).await, None);
        server.pass(1);
        assert_eq!(client.take(quota("k1", TODAY, 10, MONTH), 1).await, Some(9));
    });
}

#[test]
fn a_proxy_whose_clock_is_ahead_does_not_shorten_a_period_for_the_others() {
    let folder = TempDir::new().expect("a folder");
    let redis = Redis::started();
    runtime().block_on(async {
        // It is noon, and that day begins in twelve hours and is over in thirty-six.
        let tomorrow = || quota("k1", "2031-03-05", 10, DAY);
        let server = Server::on_folder(folder.path()).await.expect("it starts");
        let mut client = server.client().await;
        assert_eq!(client.take(tomorrow(), 10).await, Some(0));
        server.pass_hours(36);
        assert_eq!(client.take(tomorrow(), 1).await, None);
        server.pass_hours(1);
        assert_eq!(client.take(tomorrow(), 1).await, Some(9));

        let server = Server::on_redis(&redis).await;
        assert_eq!(server.client().await.take(tomorrow(), 10).await, Some(0));
        let mut connection = redis.connection().await;
        let all =
            redis::cmd("KEYS").arg("*/counter*2031-03-05*").query_async(&mut connection).await;
        let keys: Vec<Vec<u8>> = all.expect("keys");
        assert_eq!(keys.len(), 1);
        for key in keys {
            let ttl = redis::cmd("TTL").arg(key).query_async(&mut connection).await;
            let ttl: u32 = ttl.expect("a time");
            assert!((129_600..129_660).contains(&ttl), "{ttl}");
        }
    });
}

#[test]
fn a_folder_has_one_server() {
    let folder = TempDir::new().expect("a folder");
    runtime().block_on(async {
        let first = Server::on_folder(folder.path()).await.expect("it starts");
        let refused = Server::on_folder(folder.path()).await.err().expect("it is in use");
        assert!(refused.to_string().ends_with("it is in use by another process"), "{refused}");
        first.stop().await;
        Server::on_folder(folder.path()).await.expect("it is free again");
    });
}

#[test]
fn a_damaged_state_is_refused_and_left_as_it_is() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("counters.redb");
    runtime().block_on(async {
        let server = Server::on_folder(folder.path()).await.expect("it starts");
        let mut client = server.client().await;
        for key in 0..200 {
            client.take(quota(&format!("key-{key}"), TODAY, 10, DAY), 1).await.expect("granted");
        }
        server.stop().await;
        let whole = fs::read(&file).expect("a state");
        // A page in the middle, the head, the end, and something else altogether.
        let hit = |at: usize, length: usize| {
            let mut bytes = whole.clone();
            bytes.iter_mut().skip(at).take(length).for_each(|byte| *byte ^= 0x5a);
            bytes
        };
        let used = whole.windows(5).position(|bytes| bytes == b"key-7").expect("a key");
        let damaged = [
            hit(used, 4),
            hit(0, 64),
            whole[..whole.len() / 2].to_vec(),
            b"counters: 1\n".to_vec(),
        ];
        for bytes in damaged {
            fs::write(&file, &bytes).expect("written");
            let refused = Server::on_folder(folder.path()).await.err().expect("it is damaged");
            assert!(refused.to_string().contains(": it is damaged: "), "{refused}");
        }
        fs::write(&file, &whole).expect("written");
        let server = Server::on_folder(folder.path()).await.expect("it is whole");
        assert_eq!(server.client().await.take(quota("key-7", TODAY, 10, DAY), 1).await, Some(8));
    });
}

#[test]
fn a_file_that_cannot_be_opened_is_not_called_damaged() {
    let folder = TempDir::new().expect("a folder");
    // Nobody may open a folder as a file, not even root, who has permission for everything else.
    fs::create_dir(folder.path().join("counters.redb")).expect("a folder");
    runtime().block_on(async {
        let refused = Server::on_folder(folder.path()).await.err().expect("it is a folder");
        let refused = refused.to_string();
        assert!(refused.contains("`: Is a directory"), "{refused}");
        assert!(!refused.contains("damaged"), "{refused}");
    });
}

#[test]
fn nothing_stays_in_redis_for_ever() {
    let redis = Redis::started();
    runtime().block_on(async {
        let server = Server::on_redis(&redis).await;
        let mut client = server.client().await;
        client.take(quota("k1", TODAY, 10, DAY), 1).await.expect("granted");
        client.take(descriptor(&[("generic_key", "slow")], 10, DAY), 1).await.expect("granted");
        let mut connection = redis.connection().await;
        let mut lasting = async || {
            let keys: Vec<Vec<u8>> =
                redis::cmd("KEYS").arg("*").query_async(&mut connection).await.expect("keys");
            assert!(!keys.is_empty());
            let mut lasting = 0;
            for key in keys {
                let ttl = redis::cmd("TTL").arg(key).query_async(&mut connection).await;
                lasting += usize::from(ttl == Ok(-1));
            }
            lasting
        };
        assert!(lasting().await > 0, "limitador keeps sets: if not, they need no deletion");
        // Another server deletes them when it comes; the first one does so once a minute.
        let _other = Server::on_redis(&redis).await;
        until(async || lasting().await == 0).await;
        // What is left is what counts.
        assert_eq!(client.take(quota("k1", TODAY, 10, DAY), 1).await, Some(8));
    });
}

#[test]
fn keys_that_are_used_no_more_go_from_redis_although_their_plan_is_used() {
    let redis = Redis::started();
    runtime().block_on(async {
        let server = Server::on_redis(&redis).await;
        let mut client = server.client().await;
        let mut connection = redis.connection().await;
        let mut seen = async || {
            let all = redis::cmd("KEYS").arg("*/seen:*").query_async(&mut connection).await;
            let all: Vec<String> = all.expect("names");
            let mut found = Vec::new();
            for name in all {
                let keys = redis::cmd("HKEYS").arg(&name).query_async(&mut connection).await;
                let keys: Vec<String> = keys.expect("keys");
                found.push((keys, name));
            }
            found
        };
        client.take(quota("gone", TODAY, 10, DAY), 1).await.expect("granted");
        let before = seen().await;
        server.pass(100);
        client.take(quota("stays", "another day", 10, DAY), 1).await.expect("granted");
        let mut after = seen().await;
        // What is not written any more goes when its time is over.
        after.retain(|found| !before.contains(found));
        let [(keys, _)] = after.as_slice() else { panic!("{before:?} {after:?}") };
        assert_eq!(keys, &["stays"]);
    });
}
