//! The contexts a proxy knows: one root for each configuration, one context for each exchange.

use std::any::Any;
use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{self, ContextType};
use tollgate_policy::{Compile, Level, Policy, load};

use crate::abi::{self, Envoy};
use crate::hub::Hub;
use crate::proxy::{Proxy, Side};
use crate::stream::{Action, Stream};

thread_local! {
    /// The policy of the configuration before, which outlives it so that the next can inherit.
    static PREVIOUS: RefCell<Option<Rc<dyn Any>>> = const { RefCell::new(None) };
    /// Random bits for exchanges, seeded by the proxy once for each worker.
    static NONCES: RefCell<fastrand::Rng> =
        RefCell::new(fastrand::Rng::with_seed(RandomState::new().hash_one(0)));
}

/// Starts a filter around a policy. [`filter!`](crate::filter) calls this.
pub fn start<P: Policy + Compile + 'static>()
where
    P::Notes: 'static,
{
    proxy_wasm::set_log_level(types::LogLevel::Warn);
    proxy_wasm::set_root_context(|id| Box::new(Root::<P> { id, hub: None }));
}

/// One configuration of the filter.
struct Root<P: Policy> {
    id: u32,
    hub: Option<Rc<Hub<P>>>,
}

impl<P: Policy + Compile + 'static> Context for Root<P>
where
    P::Notes: 'static,
{
    fn on_http_call_response(&mut self, token: u32, _: usize, body_bytes: usize, _: usize) {
        if let Some(hub) = &self.hub {
            hub.on_reply(token, body_bytes, &Envoy);
        }
    }
}

impl<P: Policy + Compile + 'static> RootContext for Root<P>
where
    P::Notes: 'static,
{
    fn on_configure(&mut self, size: usize) -> bool {
        let Some(json) = abi::plugin_configuration(size) else {
            Envoy.log(Level::Error, "the configuration cannot be read");
            return false;
        };
        let policy = match load::<P>(&json) {
            Ok(policy) => Rc::new(policy),
            Err(invalid) => {
                Envoy.log(Level::Error, &format!("the configuration is refused: {invalid}"));
                return false;
            }
        };
        PREVIOUS.with_borrow_mut(|previous| {
            let before = previous.replace(policy.clone());
            if let Some(before) = before.and_then(|before| before.downcast::<P>().ok()) {
                policy.inherit(&before);
            }
        });
        let hub = Hub::new(policy, self.id);
        hub.tick_every(Duration::from_millis(1), &Envoy);
        self.hub = Some(Rc::new(hub));
        true
    }

    fn on_tick(&mut self) {
        if let Some(hub) = &self.hub {
            hub.on_tick(&Envoy);
        }
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        let Some(hub) = self.hub.clone() else { return Some(Box::new(Unconfigured)) };
        let nonce = NONCES.with_borrow_mut(|nonces| nonces.u128(..));
        let stream = Stream::new(id, hub.policy.clone(), hub.needs, nonce);
        Some(Box::new(Http { hub, stream: Rc::new(RefCell::new(stream)) }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

/// One exchange.
struct Http<P: Policy> {
    hub: Rc<Hub<P>>,
    stream: Rc<RefCell<Stream<P>>>,
}

impl<P: Policy> Http<P> {
    fn on(&self, callback: impl FnOnce(&mut Stream<P>) -> Action) -> types::Action {
        let action = callback(&mut self.stream.borrow_mut());
        self.hub.attend(&Envoy);
        match action {
            Action::Continue => types::Action::Continue,
            Action::Pause => {
                self.hub.follow(&self.stream, &Envoy);
                types::Action::Pause
            }
        }
    }
}

impl<P: Policy> Drop for Http<P> {
    fn drop(&mut self) {
        self.hub.forget(&self.stream);
    }
}

impl<P: Policy> Context for Http<P> {
    fn on_http_call_response(&mut self, token: u32, _: usize, body_bytes: usize, _: usize) {
        self.hub.on_reply(token, body_bytes, &Envoy);
    }
}

impl<P: Policy> HttpContext for Http<P> {
    fn on_http_request_headers(&mut self, _: usize, last: bool) -> types::Action {
        self.on(|stream| stream.on_request_headers(last, &Envoy))
    }

    fn on_http_request_body(&mut self, size: usize, last: bool) -> types::Action {
        self.on(|stream| stream.on_body(Side::Request, size, last, &Envoy))
    }

    fn on_http_request_trailers(&mut self, _: usize) -> types::Action {
        self.on(|stream| stream.on_trailers(Side::Request, &Envoy))
    }

    fn on_http_response_headers(&mut self, _: usize, last: bool) -> types::Action {
        self.on(|stream| stream.on_response_headers(last, &Envoy))
    }

    fn on_http_response_body(&mut self, size: usize, last: bool) -> types::Action {
        self.on(|stream| stream.on_body(Side::Response, size, last, &Envoy))
    }

    fn on_http_response_trailers(&mut self, _: usize) -> types::Action {
        self.on(|stream| stream.on_trailers(Side::Response, &Envoy))
    }

    fn on_log(&mut self) {
        self.stream.borrow_mut().on_end(&Envoy);
    }
}

/// An exchange of a filter that has no configuration, which a proxy should never make.
struct Unconfigured;

impl Context for Unconfigured {}

impl HttpContext for Unconfigured {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> types::Action {
        Envoy.respond(500, "tollgate_unconfigured", &[], b"");
        types::Action::Pause
    }
}
