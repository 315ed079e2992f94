//! URLs from which keys can come.

use tollgate_policy::{Endpoint, Scheme};
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings};

/// A URL from which keys can come: in the clear only on this machine, or where that is allowed.
pub(super) fn check(at: &At<'_>, url: &str, plain_http: bool, out: &mut Findings) -> Option<()> {
    if url.contains(['$', '{', '}']) {
        let reason = format!(
            "{} has a variable: only `${{AWS::Region}}`, `${{AWS::AccountId}}` and \
             `${{AWS::Partition}}` are known here",
            quoted(url)
        );
        out.refuse(at, reason);
        return None;
    }
    match Endpoint::split(url) {
        Ok((endpoint, _))
            if endpoint.scheme == Scheme::Http && !endpoint.is_loopback() && !plain_http =>
        {
            let reason = format!(
                "{} is reached in the clear, and whoever is on the way can forge keys: use \
                 `https://`, or set `x-tollgate-plain-http: true`",
                quoted(url)
            );
            out.refuse(at, reason);
            None
        }
        Ok((_, target)) if !target.bytes().all(|byte| byte.is_ascii_graphic()) => {
            out.refuse(
                at,
                format!("{} has a character that is written as `%XX` in a URL", quoted(url)),
            );
            None
        }
        Ok(_) => Some(()),
        Err(invalid) => {
            out.refuse(at, invalid.reason);
            None
        }
    }
}
