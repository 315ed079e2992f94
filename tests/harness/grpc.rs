//! A service of gRPC, and clients of it.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tonic::codegen::BoxFuture;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::tokio_stream::Stream;
use tonic::server::{ServerStreamingService, UnaryService};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::server::Server;

/// The path of the method that answers what was said.
pub const SAY: &str = "/tollgate.test.Talk/Say";
/// The path of the method that answers what the test has it say, until there is no more.
pub const LISTEN: &str = "/tollgate.test.Talk/Listen";

/// The one message there is.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Said {
    /// What is said. `fail` is answered by a status.
    #[prost(string, tag = "1")]
    pub text: String,
}

impl Said {
    /// This.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

/// A service in the clear, until it is dropped.
#[derive(Debug)]
pub struct Grpc {
    server: Server,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    listeners: Mutex<Vec<UnboundedSender<Result<Said, Status>>>>,
}

impl Grpc {
    /// Starts a service.
    #[must_use]
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let router = Router::new()
            .route(SAY, post(say))
            .route(LISTEN, post(listen))
            .with_state(shared.clone());
        Self { server: Server::start(router), shared }
    }

    /// Where it is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Its URL, with a path or template after it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    /// Says something to all who listen.
    ///
    /// # Panics
    /// If the service has panicked.
    pub fn tell(&self, what: Result<&str, Status>) {
        let listeners = self.shared.listeners.lock().expect("a service that works");
        for listener in listeners.iter() {
            // Whoever has gone hears nothing.
            let _ = listener.send(what.clone().map(Said::new));
        }
    }

    /// Says no more to those who listen now.
    ///
    /// # Panics
    /// If the service has panicked.
    pub fn end(&self) {
        self.shared.listeners.lock().expect("a service that works").clear();
    }

    /// How many listen.
    ///
    /// # Panics
    /// If the service has panicked.
    #[must_use]
    pub fn listeners(&self) -> usize {
        let listeners = self.shared.listeners.lock().expect("a service that works");
        listeners.iter().filter(|listener| !listener.is_closed()).count()
    }
}

type Shareable = State<Arc<Shared>>;

async fn say(State(_): Shareable, request: Request) -> Response {
    let mut grpc = tonic::server::Grpc::new(ProstCodec::default());
    grpc.unary(Say, request).await.map(Body::new)
}

async fn listen(State(shared): Shareable, request: Request) -> Response {
    let mut grpc = tonic::server::Grpc::new(ProstCodec::default());
    grpc.server_streaming(Listen(shared), request).await.map(Body::new)
}

struct Say;

impl UnaryService<Said> for Say {
    type Response = Said;
    type Future = BoxFuture<tonic::Response<Said>, Status>;

    fn call(&mut self, request: tonic::Request<Said>) -> Self::Future {
        Box::pin(async move {
            let subject = request.metadata().get("x-subject").cloned();
            let said = request.into_inner();
            if said.text == "fail" {
                return Err(Status::new(Code::FailedPrecondition, "it was to fail"));
            }
            let mut response = tonic::Response::new(said);
            if let Some(subject) = subject {
                response.metadata_mut().insert("x-subject", subject);
            }
            Ok(response)
        })
    }
}

struct Listen(Arc<Shared>);

impl ServerStreamingService<Said> for Listen {
    type Response = Said;
    type ResponseStream = Heard;
    type Future = BoxFuture<tonic::Response<Heard>, Status>;

    fn call(&mut self, _: tonic::Request<Said>) -> Self::Future {
        let (to, from) = mpsc::unbounded_channel();
        self.0.listeners.lock().expect("a service that works").push(to);
        Box::pin(async move { Ok(tonic::Response::new(Heard(from))) })
    }
}

/// What is heard, as it comes.
struct Heard(UnboundedReceiver<Result<Said, Status>>);

impl Stream for Heard {
    type Item = Result<Said, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

/// A client of such a service, in the clear.
#[derive(Debug)]
pub struct Client {
    runtime: Runtime,
    channel: Channel,
    token: Option<String>,
}

impl Client {
    /// Will connect to a gateway or a service, as the host `gw.example`.
    ///
    /// # Panics
    /// If there is no runtime.
    #[must_use]
    pub fn new(address: impl Into<SocketAddr>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let endpoint = Endpoint::from_shared(format!("http://{}", address.into()));
        let origin = "http://gw.example".parse().expect("a URI");
        let endpoint = endpoint.expect("a URL").origin(origin);
        let channel = runtime.block_on(async { endpoint.connect_lazy() });
        Self { runtime, channel, token: None }
    }

    /// With `authorization: Bearer`.
    #[must_use]
    pub fn bearer(mut self, token: &str) -> Self {
        self.token = Some(format!("Bearer {token}"));
        self
    }

    /// Calls a method that answers once.
    ///
    /// # Errors
    /// The status, where it is not `OK`.
    pub fn call(&self, path: &'static str, text: &str) -> Result<tonic::Response<Said>, Status> {
        self.runtime.block_on(async {
            let mut grpc = self.ready().await?;
            let codec = ProstCodec::<Said, Said>::default();
            grpc.unary(self.request(text), PathAndQuery::from_static(path), codec).await
        })
    }

    /// Calls a method that answers little by little.
    ///
    /// # Errors
    /// The status, where there is no answer.
    pub fn listen(&self, path: &'static str, text: &str) -> Result<Streaming<Said>, Status> {
        self.runtime.block_on(async {
            let mut grpc = self.ready().await?;
            let codec = ProstCodec::<Said, Said>::default();
            let path = PathAndQuery::from_static(path);
            let response = grpc.server_streaming(self.request(text), path, codec).await?;
            Ok(response.into_inner())
        })
    }

    /// The next message of an answer, if there is one more.
    ///
    /// # Errors
    /// The status, where it is not `OK`.
    pub fn next(&self, answer: &mut Streaming<Said>) -> Result<Option<Said>, Status> {
        self.runtime.block_on(answer.message())
    }

    async fn ready(&self) -> Result<tonic::client::Grpc<Channel>, Status> {
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(grpc)
    }

    fn request(&self, text: &str) -> tonic::Request<Said> {
        let mut request = tonic::Request::new(Said::new(text));
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.parse().expect("a token"));
        }
        request
    }
}
