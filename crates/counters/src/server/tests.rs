use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// More than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// A connection that is served, on which this has been said already.
async fn connection(said: &[u8], within: Duration) -> (TcpStream, impl Future<Output = ()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    client.write_all(said).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    stream.readable().await.unwrap();
    let router = Router::new().route("/", get("here"));
    let served = async move {
        converse(stream, router, &builder(), GracefulShutdown::new().watcher(), within).await;
    };
    (client, served)
}

#[tokio::test]
async fn who_does_not_come_to_ask_is_not_waited_for() {
    let half = b"GET / HTTP/1.1\r\nhost: ";
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for said in [&b"P"[..], &preface[..8], preface, half] {
        let (client, served) = connection(said, Duration::from_millis(50)).await;
        timeout(LONG, served).await.expect("the place is free again");
        drop(client);
    }
}

#[tokio::test]
async fn who_has_asked_may_be_silent() {
    let ask = b"GET / HTTP/1.1\r\nhost: counters\r\n\r\n";
    let (mut client, served) = connection(ask, Duration::from_secs(1)).await;
    let mut served = pin!(served);
    let mut answer = [0; 15];
    tokio::select! {
        () = &mut served => panic!("the connection is closed"),
        read = client.read_exact(&mut answer) => { read.unwrap(); }
    }
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    timeout(Duration::from_millis(1_500), &mut served).await.unwrap_err();
    drop(client);
    timeout(LONG, served).await.expect("the client has gone");
}
