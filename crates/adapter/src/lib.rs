//! Runs a [`Policy`](tollgate_policy::Policy) inside Envoy, Istio or any other proxy that speaks
//! proxy-wasm. This is the only crate that knows there is such a thing.
//!
//! A filter is one line, [`filter!`], around a policy. Everything imperative is here: reading the
//! header map once as bytes, writing back only what changed, holding a request and resuming only
//! what is held, making calls and keeping fetches fresh.
//!
//! Nothing here panics on what the proxy answers or a client sends, because a panic takes the
//! worker's whole VM with it. The `proxy-wasm` crate brings the entry points and their dispatch;
//! its functions that panic on an unexpected status are not used, see `abi`.

#[cfg(target_arch = "wasm32")]
mod abi;
#[cfg(any(target_arch = "wasm32", test))]
mod clean;
#[cfg(target_arch = "wasm32")]
mod contexts;
#[cfg(any(target_arch = "wasm32", test))]
mod hub;
#[cfg(any(target_arch = "wasm32", test))]
mod lent;
#[cfg(any(target_arch = "wasm32", test))]
mod proxy;
#[cfg(any(target_arch = "wasm32", test))]
mod stream;
#[cfg(any(target_arch = "wasm32", test))]
mod wire;

#[cfg(target_arch = "wasm32")]
pub use contexts::start;
#[doc(hidden)]
pub use proxy_wasm;

/// Makes a filter of a policy: `filter!(tollgate_cors::Cors);` is a whole filter.
#[macro_export]
macro_rules! filter {
    ($policy:ty) => {
        #[cfg(target_arch = "wasm32")]
        mod entry {
            $crate::proxy_wasm::main! {{ $crate::start::<$policy>(); }}
        }
    };
}

#[cfg(test)]
mod tests;
