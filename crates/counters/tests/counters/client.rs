//! A client of the protocol, written from its definition and not from the server.

use std::net::SocketAddr;

use axum::http::uri::PathAndQuery;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Status;
use tonic::client::Grpc;

use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

pub const SECOND: i32 = 1;
pub const DAY: i32 = 4;
pub const MONTH: i32 = 5;
pub const WEEK: i32 = 7;

#[derive(Clone, PartialEq, prost::Message)]
pub struct RateLimitRequest {
    #[prost(string, tag = "1")]
    pub domain: String,
    #[prost(message, repeated, tag = "2")]
    pub descriptors: Vec<Descriptor>,
    #[prost(uint32, tag = "3")]
    pub hits_addend: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Descriptor {
    #[prost(message, repeated, tag = "1")]
    pub entries: Vec<Entry>,
    #[prost(message, optional, tag = "2")]
    pub limit: Option<Limit>,
    #[prost(message, optional, tag = "3")]
    pub hits_addend: Option<UInt64Value>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Entry {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Limit {
    #[prost(uint32, tag = "1")]
    pub requests_per_unit: u32,
    #[prost(int32, tag = "2")]
    pub unit: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct UInt64Value {
    #[prost(uint64, tag = "1")]
    pub value: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RateLimitResponse {
    #[prost(int32, tag = "1")]
    pub overall_code: i32,
    #[prost(message, repeated, tag = "2")]
    pub statuses: Vec<DescriptorStatus>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct DescriptorStatus {
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(message, optional, tag = "2")]
    pub current_limit: Option<Limit>,
    #[prost(uint32, tag = "3")]
    pub limit_remaining: u32,
    #[prost(message, optional, tag = "4")]
    pub duration_until_reset: Option<Seconds>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Seconds {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
}

pub fn descriptor(entries: &[(&str, &str)], requests_per_unit: u32, unit: i32) -> Descriptor {
    let entry = |(key, value): &(&str, &str)| Entry { key: (*key).into(), value: (*value).into() };
    Descriptor {
        entries: entries.iter().map(entry).collect(),
        limit: Some(Limit { requests_per_unit, unit }),
        hits_addend: None,
    }
}

pub fn quota(key: &str, period: &str, limit: u32, unit: i32) -> Descriptor {
    descriptor(&[("usage_plan", "gold"), ("key", key), ("period", period)], limit, unit)
}

pub fn request(descriptors: Vec<Descriptor>, hits_addend: u32) -> RateLimitRequest {
    RateLimitRequest { domain: "tollgate".to_owned(), descriptors, hits_addend }
}

/// One connection.
#[derive(Clone)]
pub struct Client {
    grpc: Grpc<Channel>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
        Self { grpc: Grpc::new(endpoint.connect().await.expect("a connection")) }
    }

    pub async fn ask(&mut self, request: RateLimitRequest) -> Result<RateLimitResponse, Status> {
        let path = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
        self.call(path, request).await
    }

    pub async fn call(
        &mut self,
        path: &'static str,
        request: RateLimitRequest,
    ) -> Result<RateLimitResponse, Status> {
        self.grpc.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
        let path = PathAndQuery::from_static(path);
        let request = tonic::Request::new(request);
        Ok(self.grpc.unary(request, path, ProstCodec::default()).await?.into_inner())
    }

    /// Asks for one descriptor and says what is left when it is granted.
    pub async fn take(&mut self, descriptor: Descriptor, hits: u32) -> Option<u32> {
        let response = self.ask(request(vec![descriptor], hits)).await.expect("an answer");
        let status = response.statuses.first().expect("a status");
        assert_eq!(status.code, response.overall_code);
        match status.code {
            1 => Some(status.limit_remaining),
            2 => None,
            other => panic!("code {other}"),
        }
    }
}

/// A request in HTTP/1.1: its status and its body.
pub async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let head = format!("GET {path} HTTP/1.1\r\nhost: counters\r\nconnection: close\r\n\r\n");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), body.to_owned())
}

/// Sends bytes and returns what comes back until the server closes.
pub async fn send(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let mut answer = Vec::new();
    // A server that has heard enough closes before it has read everything.
    if stream.write_all(bytes).await.is_ok() && stream.shutdown().await.is_ok() {
        let _ = stream.read_to_end(&mut answer).await;
    }
    answer
}
