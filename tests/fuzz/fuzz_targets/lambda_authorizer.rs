//! What functions answer about callers, as policies and plainly: nobody is let in but by a yes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_lambda_authorizer::{Notes, standalone::LambdaAuthorizer};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Headers, Policy, Request, Response, Verdict, load};

const KINDS: [&str; 4] = [
    r#"{"token":{}}"#,
    r#"{"request":{"format":"1.0"}}"#,
    r#"{"request":{"format":"2.0"}}"#,
    r#"{"request":{"format":"2.0","simple_responses":true}}"#,
];

fuzz_target!(|answer: &[u8]| {
    let host = FakeHost::default();
    for kind in KINDS {
        let service = r#"{"lambda":{"name":"f","endpoint":"http://127.0.0.1:1"}}"#;
        let config = format!(r#"{{"authorizer":{{"service":{service},"kind":{kind}}}}}"#);
        let authorizer: LambdaAuthorizer = load(config.as_bytes()).unwrap();
        let fields = [(":method", "GET"), (":path", "/pets"), ("authorization", "t")];
        let request = Request { headers: Headers::from_iter(fields) };
        let (mut notes, mut exchange) =
            (Notes::default(), Exchange { request, ..Exchange::default() });
        let asked = authorizer.on_request(&mut notes, &mut exchange, &host);
        assert!(matches!(asked, Verdict::Call(_)));
        let reply = Response { status: 200, body: answer.to_vec(), ..Response::default() };
        match authorizer.on_reply(&mut notes, &mut exchange, Some(reply), &host) {
            Verdict::Continue => {
                let caller = exchange.context.authorizer.unwrap();
                let is_line = |name: &str| !name.chars().any(char::is_control);
                assert!(caller.principal_id.as_deref().is_none_or(is_line));
                assert!(answer.windows(4).any(|part| part == b"true" || part == b"Allo"));
            }
            Verdict::Respond(response) => assert!(response.status >= 400),
            other => panic!("{other:?}"),
        }
    }
});
