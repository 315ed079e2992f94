//! What functions write as streams: the same, however it is cut on its way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_lambda::Function;
use tollgate_lambda_proxy::{Config, Format, LambdaProxy, Progress, Transfer};
use tollgate_policy::{Headers, Response};

/// The status and the body of what comes in these pieces, or nothing.
fn read(proxy: &LambdaProxy, media_type: &str, pieces: &[&[u8]]) -> Option<(u16, Vec<u8>)> {
    let headers = Headers::from_iter([("content-type", media_type), ("x-amzn-requestid", "1")]);
    let reply = Response { status: 200, headers, body: Vec::new() };
    let mut stream = proxy.begin(&reply).ok()?;
    let (mut kept, mut status, mut body) = (Vec::new(), None, Vec::new());
    for (at, piece) in pieces.iter().enumerate() {
        kept.extend_from_slice(piece);
        let mut come = kept.clone();
        match stream.read(&mut come, at + 1 == pieces.len()).ok()? {
            Progress::More => continue,
            Progress::Begun(head) => status = Some(head.status),
            Progress::GoesOn => {}
        }
        kept.clear();
        body.append(&mut come);
    }
    Some((status?, body))
}

fuzz_target!(|input: (bool, u16, &[u8])| {
    let (is_framed, cut, written) = input;
    let function =
        Function { name: "f".into(), endpoint: "http://127.0.0.1:1".into(), signing_region: None };
    let config = Config {
        function,
        format: Format::Rest,
        timeout_millis: None,
        transfer: Transfer::Stream,
    };
    let proxy = LambdaProxy::compile(&config).expect("a function");
    let media_type = if is_framed { "application/vnd.amazon.eventstream" } else { "text/plain" };
    let (one, other) = written.split_at(usize::from(cut).min(written.len()));
    let whole = read(&proxy, media_type, &[written]);
    let parts = read(&proxy, media_type, &[one, other]);
    assert_eq!(whole, parts);
});
