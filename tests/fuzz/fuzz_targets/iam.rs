//! A policy and an ARN, one line after the other: refused, or decided.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_iam::{Action, Api, Decision, Kind, Policy, Principal, Request, RequestKeys};

fuzz_target!(|text: &str| {
    let (arn, document) = text.split_once('\n').unwrap_or_default();
    let api = Api::new("us-east-1", "123456789012", "api");
    let keys = RequestKeys {
        user_agent: Some(arn),
        now_secs: Some(1_769_860_800),
        source_ip: Some([203, 0, 113, 7].into()),
        ..RequestKeys::none()
    };
    let request = Request {
        principal: Principal::Anonymous,
        action: Action::Invoke,
        resource: arn,
        keys: &keys,
    };
    for kind in [Kind::Identity, Kind::Resource(&api)] {
        let Ok(policy) = Policy::parse(document, kind) else { continue };
        // What allows nothing cannot have allowed this.
        let decision = policy.decide(&request);
        let may_allow = document.contains("Allow") || document.contains("\\u");
        assert!(may_allow || decision != Decision::Allow);
    }
});
