use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

use crate::client::{DAY, Descriptor, descriptor, quota};
use crate::redis::Redis;
use crate::server::{Server, TODAY};

const LIMIT: u32 = 2_000;

/// Asks from many tasks until all are refused, and then by ones until nothing is left. Returns how
/// much was granted in all.
async fn exhaust(servers: &[&Server], of: impl Fn() -> Descriptor) -> u64 {
    let granted = Arc::new(AtomicU64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..32 {
        let server = servers.get(task % servers.len()).expect("a server");
        let (mut client, granted, descriptor) = (server.client().await, granted.clone(), of());
        let hits = 1 + u32::try_from(task).expect("small") % 7;
        tasks.spawn(async move {
            while client.take(descriptor.clone(), hits).await.is_some() {
                granted.fetch_add(hits.into(), Ordering::SeqCst);
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.expect("no task panics");
    }
    // Nothing is under way any more, so whatever is left can be had.
    for server in servers {
        while server.client().await.take(of(), 1).await.is_some() {
            granted.fetch_add(1, Ordering::SeqCst);
        }
    }
    granted.load(Ordering::SeqCst)
}

fn threads() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("one")
}

#[test]
fn two_servers_on_one_redis_grant_a_limit_once() {
    let redis = Redis::started();
    let (first, second) = (threads(), threads());
    let one = first.block_on(Server::on_redis(&redis));
    let two = second.block_on(Server::on_redis(&redis));
    first.block_on(async {
        let both = [&one, &two];
        let granted = exhaust(&both, || quota("k1", TODAY, LIMIT, DAY)).await;
        assert_eq!(granted, u64::from(LIMIT));
        let window = [("limit", "api"), ("subject", "k1"), ("window", "1930000000")];
        let granted = exhaust(&both, || descriptor(&window, LIMIT, DAY)).await;
        assert_eq!(granted, u64::from(LIMIT));
        let usage = format!("/usage?plan=gold&key=k1&from={TODAY}&to={TODAY}");
        for server in both {
            assert!(server.get(&usage).await.1.contains(&format!("[[{LIMIT},0]]")));
        }
    });
}

#[test]
fn one_server_on_its_own_grants_a_limit_once() {
    let folder = TempDir::new().expect("a folder");
    threads().block_on(async {
        let server = Server::on_folder(folder.path()).await.expect("it starts");
        let granted = exhaust(&[&server], || quota("k1", TODAY, LIMIT, DAY)).await;
        assert_eq!(granted, u64::from(LIMIT));
        let window = [("limit", "api"), ("subject", "k1"), ("window", "1930000000")];
        let granted = exhaust(&[&server], || descriptor(&window, LIMIT, DAY)).await;
        assert_eq!(granted, u64::from(LIMIT));
        let usage = format!("/usage?plan=gold&key=k1&from={TODAY}&to={TODAY}");
        assert!(server.get(&usage).await.1.contains(&format!("[[{LIMIT},0]]")));
        server.stop().await;
        let server = Server::on_folder(folder.path()).await.expect("it starts again");
        assert_eq!(server.client().await.take(quota("k1", TODAY, LIMIT, DAY), 1).await, None);
    });
}
