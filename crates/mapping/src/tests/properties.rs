use proptest::prelude::*;
use tollgate_policy::Timestamp;

use super::exchange;
use crate::{Dialect, Expression, Scene, Template, clf, decode, encode};

proptest! {
    #[test]
    fn nothing_that_is_written_or_sent_makes_it_fail(
        expression in "(\\$|method|integration|context|[.{}$'\\[\\]a-z]){0,12}",
        text in "\\PC{0,60}",
        body in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let exchange = exchange();
        for dialect in [Dialect::Http, Dialect::Rest] {
            if let Ok(expression) = Expression::parse(&expression, dialect) {
                let _ = expression.value(&Scene::new(&exchange).with_body(&body));
            }
        }
        if let Ok(template) = Template::response(&text) {
            let _ = template.render(&exchange, |_, _, _| {});
        }
    }

    #[test]
    fn what_is_encoded_decodes_to_itself(value in proptest::collection::vec(any::<u8>(), 0..64)) {
        let mut encoded = Vec::new();
        encode(&value, &mut encoded);
        prop_assert_eq!(&*decode(&encoded), &*value);
    }

    #[test]
    fn every_time_has_a_date(secs in 0_u64..20_000_000_000) {
        prop_assert_eq!(clf(Timestamp::from_secs(secs)).len(), 26);
    }
}
