//! What a cache must know: which header fields of a request a response depends on.

use tollgate_policy::Headers;

/// Says that the response depends on `Origin`, and on what it depended on before.
pub(crate) fn on_origin(response: &mut Headers) {
    let mut names = Vec::new();
    for value in response.get_all("vary") {
        for name in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if name == b"*" || name.eq_ignore_ascii_case(b"origin") {
                return;
            }
            if !name.is_empty() {
                names.push(name.to_vec());
            }
        }
    }
    names.push(b"Origin".to_vec());
    response.set("vary", names.join(&b", "[..]));
}
