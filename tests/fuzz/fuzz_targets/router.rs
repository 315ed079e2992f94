//! Routes and requests: the first lines are routes, the last is a method and a path.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_gateway::router::{RouteKey, Router, Rules};

fuzz_target!(|input: &[u8]| {
    let mut lines: Vec<_> = input.split(|byte| *byte == b'\n').collect();
    let request = lines.pop().unwrap_or_default();
    for rules in [Rules::Http, Rules::Rest] {
        let mut router = Router::new(rules);
        for line in &lines {
            let Some(key) =
                str::from_utf8(line).ok().and_then(|line| line.parse::<RouteKey>().ok())
            else {
                continue;
            };
            // What is refused is not there.
            let _ = router.insert(&key, key.clone());
        }
        let mut parts = request.splitn(2, |byte| *byte == b' ');
        let (method, path) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if let Some(found) = router.find(method, path) {
            for (_, value) in found.parameters {
                assert!(value.len() <= path.len());
            }
        }
    }
});
