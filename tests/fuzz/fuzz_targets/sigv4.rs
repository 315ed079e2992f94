//! A path, a query, an `Authorization` and a body, one line after the other: refused, or nobody's, for nobody
//! has the key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_sigv4::{Outcome, Presented, Request, Secret, SigningKey};

fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.splitn(4, |byte| *byte == b'\n').chain([&b""[..]; 4]);
    let [path, query, authorization, body] = [(); 4].map(|()| lines.next().unwrap_or_default());
    let fields: [(&[u8], &[u8]); 2] =
        [(b"authorization", authorization), (b"x-amz-date", b"20150830T123600Z")];
    let headers = if authorization.is_empty() { &fields[1..] } else { &fields[..] };
    let request = Request { method: b"GET", path, query, authority: b"api.example.com", headers };
    let Ok(Some(presented)) = Presented::read(&request) else { return };
    let now = presented.stamp().since_epoch();
    if let Err(refusal) = presented.check("us-east-1", "execute-api", now) {
        let _ = refusal.to_string();
    }
    let key = SigningKey::derive(&Secret::new("a secret that nobody has"), presented.scope());
    assert!(!matches!(presented.verify(&request, &key, Some(body)), Ok(Outcome::Verified(_))));
    if let Err(refusal) = presented.verify(&request, &key, None) {
        let _ = refusal.to_string();
    }
});
