use proptest::prelude::*;

use crate::{Coding, Conversion};

proptest! {
    #[test]
    fn nothing_that_is_sent_makes_it_fail(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for coding in [Coding::Gzip, Coding::Deflate, Coding::Identity, Coding::Unknown] {
            if let Ok(decoded) = coding.decode(&body, 1_000) {
                prop_assert!(decoded.len() <= 1_000);
            }
        }
        let encoded = Conversion::Encode.apply(&body).expect("anything can be encoded");
        prop_assert_eq!(Conversion::Decode.apply(&encoded), Ok(body));
    }

    #[test]
    fn what_was_coded_is_what_it_was(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(Coding::Gzip.decode(&super::gzip(&body), 400), Ok(body.clone()));
        prop_assert_eq!(Coding::Deflate.decode(&super::zlib(&body), 400), Ok(body));
    }
}
