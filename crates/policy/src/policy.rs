//! The two traits: what judges exchanges, and what a configuration compiles to.

use serde::Deserialize as _;
use serde::de::DeserializeOwned;

use crate::json_path::path_at;
use crate::{Exchange, Fault, Headers, Host, Invalid, Origin, Piece, Response, Verdict, Work};

/// A rule about HTTP traffic.
///
/// A policy never waits. When it cannot decide yet it returns what it needs, and is called again
/// through the method that answers it: [`on_reply`](Self::on_reply) for [`Verdict::Call`],
/// [`on_request_body`](Self::on_request_body) for [`Verdict::Body`] and
/// [`on_wake`](Self::on_wake) for [`Verdict::Wait`]. A policy that never asks need not answer;
/// one that asks and forgets to answer fails closed, because the methods' defaults refuse.
pub trait Policy {
    /// What the policy remembers of one exchange from callback to callback.
    type Notes: Default;

    /// What the policy must be given with every exchange. Each costs something, so nothing is
    /// given unasked. Asked once for each configuration.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Judges a request by its head.
    fn on_request(
        &self,
        notes: &mut Self::Notes,
        exchange: &mut Exchange,
        host: &dyn Host,
    ) -> Verdict;

    /// Goes on judging a request, now that its body is here. What is left in `body` goes on.
    fn on_request_body(
        &self,
        _notes: &mut Self::Notes,
        _exchange: &mut Exchange,
        _body: &mut Vec<u8>,
        _host: &dyn Host,
    ) -> Verdict {
        unanswered()
    }

    /// Goes on judging, now that the call has come back. There is no reply if it failed.
    fn on_reply(
        &self,
        _notes: &mut Self::Notes,
        _exchange: &mut Exchange,
        _reply: Option<Response>,
        _host: &dyn Host,
    ) -> Verdict {
        unanswered()
    }

    /// Goes on judging, now that a fetch has come back or the wait is over.
    fn on_wake(
        &self,
        _notes: &mut Self::Notes,
        _exchange: &mut Exchange,
        _host: &dyn Host,
    ) -> Verdict {
        unanswered()
    }

    /// Amends or replaces the head of a response; its body is still to come.
    ///
    /// Called for answers that come from behind the policy and for those of policies after it,
    /// whose body is in place already; never for an exchange the policy did not see.
    fn on_response(
        &self,
        _notes: &mut Self::Notes,
        _exchange: &mut Exchange,
        _response: &mut Response,
        _origin: &Origin,
        _host: &dyn Host,
    ) -> Verdict {
        Verdict::Continue
    }

    /// Amends or replaces a response, now that its body is here.
    fn on_response_body(
        &self,
        _notes: &mut Self::Notes,
        _exchange: &mut Exchange,
        _response: &mut Response,
        _host: &dyn Host,
    ) -> Verdict {
        unanswered()
    }

    /// Whether the policy reads the body of the response as it comes. Asked once a response from behind the
    /// policy may go on; its head is held then, until a piece goes on.
    fn reads_pieces(&self, _notes: &Self::Notes) -> bool {
        false
    }

    /// Amends a piece of the response's body, whatever its size is. What is left in `piece` goes on. The
    /// last may be empty, and nothing can be put into it then.
    fn on_response_piece(
        &self,
        _notes: &mut Self::Notes,
        _exchange: &mut Exchange,
        _response: &mut Response,
        _piece: &mut Vec<u8>,
        _is_last: bool,
        _host: &dyn Host,
    ) -> Piece {
        Piece::Respond(Response { status: 500, ..Response::default() })
    }

    /// What the client is told where the exchange cannot go on, for a reason that the policy has no part
    /// in: [`Fault::RequestTooLarge`], [`Fault::Overloaded`] or [`Fault::Internal`].
    fn refuse(
        &self,
        _notes: &mut Self::Notes,
        _exchange: &mut Exchange,
        fault: Fault,
        _host: &dyn Host,
    ) -> Response {
        match fault {
            Fault::Overloaded => Response {
                status: 503,
                headers: Headers::from_iter([("content-type", "application/json")]),
                body: br#"{"message":"Service Unavailable"}"#.to_vec(),
            },
            Fault::RequestTooLarge => Response { status: 413, ..Response::default() },
            _ => Response { status: 500, ..Response::default() },
        }
    }

    /// Looks back at an exchange that is over, whether or not it was answered. What it returns is the
    /// line that the proxy's access log gets for it.
    fn on_end(
        &self,
        _notes: &mut Self::Notes,
        _exchange: &mut Exchange,
        _host: &dyn Host,
    ) -> Option<String> {
        None
    }

    /// What there is to do between exchanges. Asked soon after loading, and again when it says.
    fn work(&self, _host: &dyn Host) -> Work {
        Work::default()
    }

    /// Whether there is something to fetch that cannot wait until [`work`](Self::work) is asked for
    /// again. Asked after every callback of an exchange, so it must cost next to nothing.
    fn is_pressed(&self) -> bool {
        false
    }

    /// Takes the result of a fetch. There is no reply if it failed.
    fn on_fetched(&self, _id: u32, _reply: Option<Response>, _host: &dyn Host) {}

    /// Takes over what the policy of the configuration before this one has learned, such as keys
    /// and verified tokens, as far as it is still true.
    fn inherit(&self, _previous: &Self) {}
}

/// The header field in which Envoy tells the address of a client where it has been told to use that
/// (`use_remote_address`). Asking Envoy for it takes longer than all else that most policies ask.
pub const SOURCE_ADDRESS_HEADER: &str = "x-envoy-external-address";

/// The header field of a request that says that a filter has answered it: by it the proxy tells, without
/// more ado, that it has nothing to say of the answer itself. It never leaves the proxy.
pub const ANSWERED_HEADER: &str = "x-tollgate-answered";

/// What a policy must be given with every exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a need of its own")]
pub struct Needs {
    /// [`Exchange::source_address`]
    pub source_address: bool,
    /// That, as the proxy tells it in [`SOURCE_ADDRESS_HEADER`] wherever it does. Only for proxies that
    /// remove what clients send under this name.
    pub source_address_is_told: bool,
    /// [`Policy::on_response`]; without it responses pass unseen.
    pub responses: bool,
    /// That no body of a request passes that is longer than API Gateway's 10 MB.
    pub bounded_bodies: bool,
    /// [`Policy::on_end`]; without it an exchange ends unseen.
    pub endings: bool,
    /// [`Context::response_length`](crate::Context), when an exchange ends.
    pub response_length: bool,
}

/// A policy asked for something and does not handle the answer: refuse rather than let pass.
fn unanswered() -> Verdict {
    Verdict::Respond(Response { status: 500, ..Response::default() })
}

/// A configuration becomes a policy, or is refused.
pub trait Compile: Sized {
    /// What the operator writes.
    type Config: DeserializeOwned;

    /// Compiles a configuration whole, or refuses it whole.
    ///
    /// # Errors
    /// [`Invalid`] for the first field that cannot be honoured.
    fn compile(config: Self::Config) -> Result<Self, Invalid>;
}

/// Compiles a configuration from its JSON text.
///
/// # Errors
/// [`Invalid`] naming the field that does not parse or cannot be honoured.
pub fn load<P: Compile>(json: &[u8]) -> Result<P, Invalid> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let config = P::Config::deserialize(&mut deserializer).map_err(|error| {
        Invalid::new(path_at(json, error.line(), error.column()), error.to_string())
    })?;
    deserializer.end().map_err(|error| Invalid::new("", error.to_string()))?;
    P::compile(config)
}
