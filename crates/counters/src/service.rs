//! The Rate Limit Service: `envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::server::UnaryService;
use tonic::{Code, Request, Response, Status};

use crate::ask::Ask;
use crate::clock::Clock;
use crate::decision::{Decision, Failure, Verdict};
use crate::engine::Engine;
use crate::messages::{self, Duration, Limit, OK, OVER_LIMIT};
use crate::metrics::Metrics;
use crate::unit::wire;

/// How large a request may be, in bytes: somewhat more than what [`Ask::all`] accepts, which is as
/// many of the longest names as there may be descriptors.
pub const MAX_MESSAGE: usize = 32 << 10;
/// How many requests may be under way. When Redis hangs they all wait for a second, and this is a
/// bound on what they hold until then: a quarter of a gigabyte where all are as large as may be.
const MAX_UNDER_WAY: usize = 8_192;

/// A place among the requests that are under way. It is free again once all of these are dropped.
pub type Place = Arc<OwnedSemaphorePermit>;

/// The service, and what else is told over the same port.
pub struct Service {
    /// What counts.
    pub engine: Engine,
    /// What has been done.
    pub metrics: Metrics,
    /// What time it is.
    pub clock: Clock,
    under_way: Arc<Semaphore>,
}

impl Service {
    /// Answers by an engine.
    pub fn new(engine: Engine, clock: Clock) -> Arc<Self> {
        let under_way = Arc::new(Semaphore::new(MAX_UNDER_WAY));
        Arc::new(Self { engine, metrics: Metrics::default(), clock, under_way })
    }

    /// A place for a request, if there is one. It must be had before anything of its body is read.
    pub fn place(&self) -> Result<Place, Status> {
        let place = Arc::clone(&self.under_way).try_acquire_owned();
        let full = |_| Status::resource_exhausted("too many requests are under way");
        place.map(Arc::new).map_err(full)
    }

    async fn should_rate_limit(
        self: Arc<Self>,
        request: messages::Request,
        place: Place,
    ) -> Result<messages::Response, Status> {
        let asks = Ask::all(&request).map_err(|malformed| {
            self.metrics.malformed();
            Status::invalid_argument(malformed.to_string())
        })?;
        // What has begun is finished, even when whoever asked hangs up: between a hold in Redis and
        // its release nothing may just stop.
        let decided = tokio::spawn(async move {
            let began = Instant::now();
            let decision = self.engine.take(&asks, self.clock.now()).await;
            self.metrics.decided(&asks, &decision, began.elapsed());
            drop(place);
            (asks, decision)
        });
        let (asks, decision) =
            decided.await.map_err(|_| Status::unavailable("the server stops"))?;
        Ok(answer(&asks, &decision.map_err(|failure| status(&failure))?))
    }
}

/// What a proxy is told when nothing was decided. None of it can be taken for a yes.
fn status(failure: &Failure) -> Status {
    let code = match failure {
        Failure::Full => Code::ResourceExhausted,
        Failure::Redis(_) | Failure::State(_) => Code::Unavailable,
        Failure::Refused(_) => Code::InvalidArgument,
    };
    Status::new(code, failure.to_string())
}

fn answer(asks: &[Ask], decision: &Decision) -> messages::Response {
    let statuses = asks.iter().zip(&decision.left).map(|(ask, left)| messages::Status {
        code: code(left.verdict),
        current_limit: Some(Limit { requests_per_unit: ask.limit, unit: wire(ask.unit) }),
        limit_remaining: u32::try_from(left.remaining).unwrap_or(u32::MAX),
        duration_until_reset: Some(Duration {
            seconds: i64::try_from(left.reset.as_secs()).unwrap_or(i64::MAX),
            nanos: i32::try_from(left.reset.subsec_nanos()).unwrap_or_default(),
        }),
    });
    messages::Response { overall_code: code(decision.verdict), statuses: statuses.collect() }
}

const fn code(verdict: Verdict) -> i32 {
    match verdict {
        Verdict::Grant => OK,
        Verdict::Refuse => OVER_LIMIT,
    }
}

/// The one method of the service, as tonic calls it, and the place of the request.
pub struct ShouldRateLimit(pub Arc<Service>, pub Place);

impl UnaryService<messages::Request> for ShouldRateLimit {
    type Response = messages::Response;
    type Future =
        Pin<Box<dyn Future<Output = Result<Response<messages::Response>, Status>> + Send>>;

    fn call(&mut self, request: Request<messages::Request>) -> Self::Future {
        let (service, place) = (Arc::clone(&self.0), Arc::clone(&self.1));
        Box::pin(async move {
            service.should_rate_limit(request.into_inner(), place).await.map(Response::new)
        })
    }
}
