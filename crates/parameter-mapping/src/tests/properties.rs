use proptest::prelude::*;
use tollgate_mapping::{Dialect, Scene};
use tollgate_policy::Headers;

use super::{exchange, map};
use crate::RequestMapping;

proptest! {
    /// Whatever a client sends, it does not end the path, and the query is what it should be.
    #[test]
    fn no_value_leads_out_of_its_place(value in proptest::collection::vec(any::<u8>(), 0..40)) {
        let mut exchange = exchange();
        exchange.request.headers.set("x-one", &value);
        let entries = map(&[
            ("overwrite:path", "/a/${request.header.x-one}"),
            ("overwrite:querystring.kind", "$request.header.x-one"),
        ]);
        let mapping = RequestMapping::compile(&entries, Dialect::Http).expect("it compiles");
        let changes = mapping.changes(&Scene::new(&exchange));
        let path = changes.path.clone().unwrap_or_default();
        prop_assert!(path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte)));
        let query = changes.apply(&mut Headers::new(), Some(b"kind=1&page=2")).unwrap_or_default();
        let kinds = query.split(|&byte| byte == b'&').filter(|part| part.starts_with(b"kind="));
        prop_assert_eq!(kinds.count(), 1);
        prop_assert!(query.iter().all(|byte| byte.is_ascii_graphic() && !b"#?".contains(byte)));
    }
}
