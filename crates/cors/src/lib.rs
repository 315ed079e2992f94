//! Answers preflights and marks responses, as the CORS of API Gateway does.
//!
//! A browser asks before it lets a page of another origin send a request, the *preflight*, and looks
//! at the response before it lets the page read it. [`Cors`] answers the former in the stead of the
//! integration, and makes the latter say what the configuration says and nothing else: whatever the
//! integration has to say about CORS is removed.
//!
//! Nothing is refused here. A page whose origin is not allowed gets an answer that does not name its
//! origin, and it is the browser that keeps it from the page.

mod config;
mod cors;
mod origins;
mod pattern;

pub use config::Config;
pub use cors::Cors;

#[cfg(test)]
mod tests;
