//! What holds of every caller, and of whatever a client sends.

use proptest::prelude::*;
use tollgate_policy::{Exchange, Headers, Request};

use super::{exchange, split};
use crate::{Sticky, Variant};

proptest! {
    #[test]
    fn a_caller_stays_and_a_higher_percentage_moves_nobody_back(
        user in "[ -~]{1,40}", low in 0.0..100.0_f64, more in 0.0..100.0_f64, nonce: u128,
    ) {
        let header = || Some(Sticky::Header("x-user".to_owned()));
        let high = (low + more).min(100.0);
        let of = |percent, nonce| {
            split(percent, header()).choose(&mut exchange(nonce, &[("x-user", &user)]))
        };
        prop_assert_eq!(of(low, nonce), of(low, 0));
        if of(low, nonce) == Variant::Canary {
            prop_assert_eq!(of(high, nonce), Variant::Canary);
        }
    }

    #[test]
    fn nothing_a_client_sends_is_too_much(
        authorization in proptest::collection::vec(any::<u8>(), 0..200),
        cookie in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut headers = Headers::new();
        headers.set("authorization", &authorization);
        headers.set("cookie", &cookie);
        let mut exchange = Exchange { request: Request { headers }, ..Exchange::default() };
        for sticky in [Sticky::Claim("sub".to_owned()), Sticky::Cookie("id".to_owned())] {
            let _: Variant = split(50.0, Some(sticky)).choose(&mut exchange);
        }
    }
}
