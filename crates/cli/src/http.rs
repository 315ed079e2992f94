//! A request to a server on this machine.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The longest answer that is read. Envoy's statistics and listeners are far shorter.
const ANSWER_BYTES: usize = 4 << 20;

/// Asks for a path and returns the status and the body.
pub async fn get(server: SocketAddr, target: &str) -> Result<(u16, Vec<u8>)> {
    let stream = TcpStream::connect(server).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::get(target)
        .header(HOST, server.to_string())
        .body(Empty::<Bytes>::new())
        .with_context(|| format!("`{target}` is no path"))?;
    let answer = async {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!(error))?;
        anyhow::Ok((status, body.to_bytes().to_vec()))
    };
    // The connection is what moves the bytes; when it ends first, so has the answer.
    tokio::pin!(answer);
    tokio::select! {
        answer = &mut answer => answer,
        ended = connection => {
            ended?;
            answer.await
        }
    }
}
