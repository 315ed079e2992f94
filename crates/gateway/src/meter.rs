//! What is counted of requests: API Gateway's metrics.

use std::cell::OnceCell;
use std::time::Duration;

use tollgate_policy::{Context, Host, Kind, NamedMetric};

/// Counts the requests of a stage, and those of its routes where that is wanted:
///
/// * `tollgate_count`, `tollgate_4xx_error` and `tollgate_5xx_error` count answers,
/// * `tollgate_latency_millis` is how long they took, from the request to the end of the answer, and
/// * `tollgate_integration_latency_millis` how long the integration took to begin its own,
///
/// each with the labels `api` and `stage`, and `method` and `resource` of a route.
///
/// A request that nobody answered, because the client went away, is not counted.
#[derive(Debug)]
pub(crate) struct StageMeter {
    labels: String,
    stage: Meter,
    /// By the number of the route. There is a place for each that may be counted and no more, since
    /// metrics are never removed.
    routes: Vec<OnceCell<Meter>>,
}

impl StageMeter {
    pub(crate) fn new(api: &str, stage: &str, routes: usize) -> Self {
        let labels = format!("api={api};.stage={stage};");
        let routes = std::iter::repeat_with(OnceCell::new).take(routes).collect();
        Self { stage: Meter::new("tollgate_", &labels), labels, routes }
    }

    /// Counts an exchange that is over. `route` is the number and the labels of its route.
    pub(crate) fn count(&self, context: &Context, route: Option<(usize, &str)>, host: &dyn Host) {
        self.stage.count(context, host);
        let place = route.and_then(|(number, labels)| Some((self.routes.get(number)?, labels)));
        if let Some((place, labels)) = place {
            let labels = || format!("{}.{labels}", self.labels);
            place.get_or_init(|| Meter::new("tollgate_route_", &labels())).count(context, host);
        }
    }
}

#[derive(Debug)]
struct Meter {
    count: NamedMetric,
    of_4xx: NamedMetric,
    of_5xx: NamedMetric,
    latency: NamedMetric,
    integration_latency: NamedMetric,
}

impl Meter {
    fn new(prefix: &str, labels: &str) -> Self {
        let metric = |kind, what: &str| NamedMetric::new(kind, format!("{prefix}{what}.{labels}"));
        Self {
            count: metric(Kind::Counter, "count"),
            of_4xx: metric(Kind::Counter, "4xx_error"),
            of_5xx: metric(Kind::Counter, "5xx_error"),
            latency: metric(Kind::Histogram, "latency_millis"),
            integration_latency: metric(Kind::Histogram, "integration_latency_millis"),
        }
    }

    fn count(&self, context: &Context, host: &dyn Host) {
        let Some(status) = context.status else { return };
        self.count.record(1, host);
        match status {
            400..500 => self.of_4xx.record(1, host),
            500..600 => self.of_5xx.record(1, host),
            _ => {}
        }
        if let Some(latency) = context.response_latency {
            self.latency.record(millis(latency), host);
        }
        if let Some(latency) = context.integration_latency {
            self.integration_latency.record(millis(latency), host);
        }
    }
}

fn millis(latency: Duration) -> u64 {
    u64::try_from(latency.as_millis()).unwrap_or(u64::MAX)
}
