//! What holds of every path.

use proptest::prelude::*;
use serde_json::json;
use tollgate_iam::readings;

use super::{allow, deny, exchange, filter, refusal};

proptest! {
    /// Whoever decodes once, or merges slashes, finds nothing that is denied.
    #[test]
    fn no_reading_of_a_path_that_is_admitted_is_denied(path in "/([a./;\\\\]|%61|%2[eEfF]|%5c|%){0,12}") {
        let filter = filter(&json!([allow("execute-api:/*"), deny("execute-api:/prod/GET/a*")]));
        if refusal(&filter, &mut exchange(&path, &[])).is_none() {
            let mut read = path.replace("%61", "a");
            for (escape, meaning) in [("%2e", "."), ("%2E", "."), ("%2f", "/"), ("%2F", "/")] {
                read = read.replace(escape, meaning);
            }
            while read.contains("//") {
                read = read.replace("//", "/");
            }
            prop_assert!(!path.starts_with("/a") && !read.starts_with("/a"), "{}", path);
            prop_assert!(read.split('/').all(|segment| segment != "." && segment != ".."), "{}", path);
        }
    }

    #[test]
    fn every_path_has_a_reading_or_none(path in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Some((sent, _)) = readings(&path) {
            prop_assert_eq!(sent, String::from_utf8_lossy(&path));
        }
    }
}
