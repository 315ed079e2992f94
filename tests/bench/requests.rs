//! What is sent: requests as they stand on the wire, made before anything is measured.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use tempfile::NamedTempFile;
use tollgate_tests::Request;

use crate::keys;
use crate::tokens::Tokens;

/// The origin of the page that asks, which is allowed.
pub const ORIGIN: &str = "https://app.example";

/// A parameter that must be there.
pub const REQUIRED: &str = "x-client-version";

/// Several requests that take turns. They are made when they are needed first.
#[derive(Clone)]
pub struct Requests {
    made: Arc<LazyLock<Made, Make>>,
}

/// What makes them.
type Make = Box<dyn FnOnce() -> Made + Send>;

/// Requests for this program, and for `wrk`.
struct Made {
    all: Vec<Vec<u8>>,
    file: NamedTempFile,
}

impl Requests {
    /// What a function makes.
    pub fn new<I: IntoIterator<Item = Vec<u8>>>(make: impl FnOnce() -> I + Send + 'static) -> Self {
        let make: Make = Box::new(move || Made::keep(make().into_iter().collect()));
        Self { made: Arc::new(LazyLock::new(make)) }
    }

    /// Those of so many callers, with an API key each and no token.
    pub fn of_keys(count: u32) -> Self {
        let one = |number| keyed("GET", "/prod/orders", number).into_bytes();
        Self::new(move || (0..count).map(one))
    }

    /// Those of callers with a token and an API key each.
    pub fn of_tokens(tokens: &Tokens) -> Self {
        let tokens = tokens.clone();
        Self::new(move || {
            let one = |(number, token): (u32, &String)| with_token(number, token).into_bytes();
            numbered(tokens.all()).map(one).collect::<Vec<_>>()
        })
    }

    /// The requests.
    pub fn all(&self) -> &[Vec<u8>] {
        &self.made.all
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.made.all.len()
    }

    /// Where `wrk` reads them.
    pub fn path(&self) -> &Path {
        self.made.file.path()
    }
}

impl Made {
    fn keep(all: Vec<Vec<u8>>) -> Self {
        let file = NamedTempFile::new().expect("a file");
        let mut out = BufWriter::new(File::create(file.path()).expect("a file"));
        for request in &all {
            let _ = writeln!(out, "{}", request.len());
            let _ = out.write_all(request);
            let _ = out.write_all(b"\n");
        }
        out.flush().expect("a written file");
        drop(out);
        Self { all, file }
    }
}

/// Things, and the number of each.
pub fn numbered<T>(things: &[T]) -> impl Iterator<Item = (u32, &T)> {
    (0..).zip(things)
}

/// A request of a caller with an API key and an address.
pub fn keyed(method: &str, target: &str, number: u32) -> Request {
    keyed_at("gw.example", method, target, number)
}

/// The same, to another host.
pub fn keyed_at(host: &str, method: &str, target: &str, number: u32) -> Request {
    let address = format!("10.1.{}.{}", number / 250 % 250, number % 250);
    Request::to(method, target, host)
        .header("user-agent", "wrk")
        .header("accept", "application/json")
        .header("x-api-key", keys::value(number))
        .header("x-forwarded-for", address)
}

/// What the gateway's whole job is done for: a page of another origin asks with a token and an API key.
pub fn with_token(number: u32, token: &str) -> Request {
    whole(keyed("GET", "/prod/orders", number % keys::BUSY), token)
}

/// A request, and everything that is asked for.
pub fn whole(request: Request, token: &str) -> Request {
    request.header("origin", ORIGIN).header(REQUIRED, "7").bearer(token)
}
