//! A client that sends exactly the bytes it is told to.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// How long a client waits for bytes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request, as it will stand on the wire.
#[derive(Clone, Debug)]
pub struct Request {
    bytes: Vec<u8>,
    body: Vec<u8>,
}

impl Request {
    /// `GET` for a target.
    #[must_use]
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A request to the host `gw.example`.
    #[must_use]
    pub fn new(method: &str, target: impl AsRef<[u8]>) -> Self {
        Self::to(method, target, "gw.example")
    }

    /// A request to another host.
    #[must_use]
    pub fn to(method: &str, target: impl AsRef<[u8]>, host: &str) -> Self {
        let mut bytes = format!("{method} ").into_bytes();
        bytes.extend_from_slice(target.as_ref());
        bytes.extend_from_slice(format!(" HTTP/1.1\r\nhost: {host}\r\n").as_bytes());
        Self { bytes, body: Vec::new() }
    }

    /// With a header field, as it is.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        for part in [name.as_ref(), b": ", value.as_ref(), b"\r\n"] {
            self.bytes.extend_from_slice(part);
        }
        self
    }

    /// With `authorization: Bearer`.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// With a body and its length.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        let length = self.body.len().to_string();
        self.header("content-length", length)
    }

    /// With a body, of whose length it says nothing.
    #[must_use]
    pub fn body_as_it_is(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// What goes over the wire.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        [&self.bytes[..], b"\r\n", &self.body].concat()
    }

    /// Whether its answer has no body.
    pub(crate) fn is_head(&self) -> bool {
        self.bytes.starts_with(b"HEAD ")
    }

    /// Sends it over a connection of its own.
    ///
    /// # Panics
    /// If there is no answer.
    #[track_caller]
    pub fn send(self, address: impl Into<SocketAddr>) -> Answer {
        self.try_send(address).expect("an answer")
    }

    /// Sends it over a connection of its own, if there is an answer.
    ///
    /// # Errors
    /// If the connection fails, or what comes is no answer.
    pub fn try_send(self, address: impl Into<SocketAddr>) -> io::Result<Answer> {
        let is_head = self.is_head();
        let mut connection = Connection::open(address)?;
        connection.send(&self.into_bytes())?;
        connection.receive(is_head)
    }
}

/// A connection that can carry several requests.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens.
    pub fn open(address: impl Into<SocketAddr>) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address.into(), PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let connection = Self { stream: BufReader::new(stream) };
        connection.wait_at_most(PATIENCE)?;
        Ok(connection)
    }

    /// How long to wait for bytes.
    ///
    /// # Errors
    /// If the connection is broken.
    pub fn wait_at_most(&self, limit: Duration) -> io::Result<()> {
        self.stream.get_ref().set_read_timeout(Some(limit))
    }

    /// Has the other end send little before it has been read.
    ///
    /// # Errors
    /// If the connection is broken.
    pub fn read_little(&self) -> io::Result<()> {
        let socket = self.stream.get_ref();
        Ok(rustix::net::sockopt::set_socket_recv_buffer_size(socket, 4 << 10)?)
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// If the connection is broken.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// If the connection is broken, or what comes is no answer.
    pub fn exchange(&mut self, request: Request) -> io::Result<Answer> {
        let is_head = request.is_head();
        self.send(&request.into_bytes())?;
        self.receive(is_head)
    }

    /// Reads one answer. That to `HEAD` has no body.
    ///
    /// # Errors
    /// If the connection is broken, or what comes is no answer.
    pub fn receive(&mut self, is_head: bool) -> io::Result<Answer> {
        read_answer(&mut self.stream, is_head)
    }

    /// Reads the head of an answer, whose body is read piece by piece.
    ///
    /// # Errors
    /// If the connection is broken, or what comes is no answer.
    pub fn head(&mut self) -> io::Result<Answer> {
        read_answer(&mut self.stream, true)
    }

    /// Reads one chunk of a body. The last is empty.
    ///
    /// # Errors
    /// If the connection is broken, or what comes is no chunk.
    pub fn chunk(&mut self) -> io::Result<Vec<u8>> {
        chunk(&mut self.stream)
    }

    /// Reads until the other end closes or says nothing for a while.
    #[must_use]
    pub fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // What came before the end or the silence is what was asked for.
        let _ = self.stream.read_to_end(&mut bytes);
        bytes
    }
}

/// An answer, as it stood on the wire.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields in their order, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, without its transfer coding.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header field that is there once.
    ///
    /// # Panics
    /// If it is there more than once, or not text.
    #[must_use]
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(field, _)| field == name);
        let value = values.next().map(|(_, value)| str::from_utf8(value).expect("text"));
        assert!(values.next().is_none(), "there is more than one `{name}`: {self:?}");
        value
    }

    /// The body as text.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    #[track_caller]
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("text")
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.shown()))
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Reads an answer: what stands before it is not looked for.
///
/// # Errors
/// If the connection breaks, or what comes is no answer.
pub fn read_answer(from: &mut impl BufRead, is_head: bool) -> io::Result<Answer> {
    let wrong = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let line = line(from)?;
    let status = line
        .strip_prefix(b"HTTP/1.1 ")
        .or_else(|| line.strip_prefix(b"HTTP/1.0 "))
        .and_then(|rest| str::from_utf8(rest.get(..3)?).ok()?.parse().ok())
        .ok_or_else(|| wrong(format!("no status line: {}", line.escape_ascii())))?;
    let mut headers = Vec::new();
    loop {
        let line = self::line(from)?;
        if line.is_empty() {
            break;
        }
        let at = line.iter().position(|&byte| byte == b':');
        let at = at.ok_or_else(|| wrong(format!("no header field: {}", line.escape_ascii())))?;
        let name = String::from_utf8_lossy(&line[..at]).to_ascii_lowercase();
        headers.push((name, line[at + 1..].trim_ascii().to_vec()));
    }
    let value = |name: &str| headers.iter().find(|(field, _)| field == name).map(|(_, v)| &v[..]);
    let length = value("content-length").and_then(|text| str::from_utf8(text).ok()?.parse().ok());
    let body = match length {
        _ if is_head || matches!(status, 100..=199 | 204 | 304) => Vec::new(),
        _ if value("transfer-encoding").is_some() => chunks(from)?,
        Some(length) => {
            let mut body = vec![0; length];
            from.read_exact(&mut body)?;
            body
        }
        None => {
            let mut body = Vec::new();
            from.read_to_end(&mut body)?;
            body
        }
    };
    Ok(Answer { status, headers, body })
}

fn chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let chunk = chunk(from)?;
        if chunk.is_empty() {
            return Ok(body);
        }
        body.extend_from_slice(&chunk);
    }
}

fn chunk(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let line = line(from)?;
    let size = str::from_utf8(&line).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
    let mut chunk = vec![0; size.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?];
    from.read_exact(&mut chunk)?;
    self::line(from)?;
    Ok(chunk)
}

fn line(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line)?;
    match line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n")) {
        Some(line) => Ok(line.to_vec()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
