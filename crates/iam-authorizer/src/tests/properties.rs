//! What holds of all requests.

use proptest::prelude::*;

use super::{SECRET, exchange, judge, open, signed, signed_with};

proptest! {
    #[test]
    fn only_who_has_the_secret_is_admitted(
        // Without digits: what decodes to a dot or to a control character nobody may ask for.
        target in "/[a-z/%]{0,10}(\\?[a-z=&+%]{0,10})?",
        secret in "[a-zA-Z]{16,40}",
        body in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let open = open();
        prop_assert!(judge(&open, &mut signed_with(SECRET, "PUT", &target, &[], &body), &body).is_ok());
        prop_assert!(judge(&open, &mut signed_with(&secret, "PUT", &target, &[], &body), &body).is_err());
    }

    /// One byte of anything that was sent is another one, but for spaces in `authorization`: a comma is
    /// as good there.
    #[test]
    fn nothing_that_was_signed_can_be_changed(
        place in any::<prop::sample::Index>(),
        byte in b'!'..=b'~',
    ) {
        let arrived = signed("GET", "/pets?b=2&a=1", &[("x-color", "red")], b"");
        let fields: Vec<_> = (arrived.request.headers.iter())
            .map(|(name, value)| (name.to_vec(), value.to_vec()))
            .collect();
        let sizes: usize = fields.iter().map(|(_, value)| value.len()).sum();
        let mut place = place.index(sizes);
        let mut changed = fields.clone();
        for (_, value) in &mut changed {
            if let Some(here) = value.get_mut(place) {
                prop_assume!(*here != b' ');
                *here = byte;
                break;
            }
            place -= value.len();
        }
        prop_assume!(changed != fields);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut other = exchange("", "", &[]);
        other.request.headers = changed.iter().map(|(name, value)| (text(name), value)).collect();
        prop_assert!(judge(&open(), &mut other, b"").is_err());
    }
}
