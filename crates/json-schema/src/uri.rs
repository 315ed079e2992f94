//! URI references, resolved against a base: RFC 3986 section 5.2.

/// A reference in its parts. What is not there is `None`; a path always is.
#[derive(Clone, Copy)]
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

fn parts(reference: &str) -> Parts<'_> {
    let (rest, query) = match reference.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (reference, None),
    };
    let (scheme, rest) = match rest.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
        _ => (None, rest),
    };
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => match rest.find('/').and_then(|slash| rest.split_at_checked(slash)) {
            Some((authority, path)) => (Some(authority), path),
            None => (Some(rest), ""),
        },
        None => (None, rest),
    };
    Parts { scheme, authority, path, query }
}

pub(crate) fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// A reference, and its fragment where that is not empty.
pub(crate) fn split_fragment(reference: &str) -> (&str, &str) {
    reference.split_once('#').unwrap_or((reference, ""))
}

/// What a reference without a fragment leads to, from a base.
pub(crate) fn resolve(base: &str, reference: &str) -> String {
    let (base, given) = (parts(base), parts(reference));
    let (scheme, authority, path, query);
    if given.scheme.is_some() {
        (scheme, authority, query) = (given.scheme, given.authority, given.query);
        // What has no hierarchy, such as a URN, has no dots to remove.
        path = if given.path.starts_with('/') { plain(given.path) } else { given.path.to_owned() };
    } else if given.authority.is_some() {
        (scheme, authority, query) = (base.scheme, given.authority, given.query);
        path = plain(given.path);
    } else if given.path.is_empty() {
        (scheme, authority) = (base.scheme, base.authority);
        path = base.path.to_owned();
        query = given.query.or(base.query);
    } else {
        (scheme, authority, query) = (base.scheme, base.authority, given.query);
        path = plain(&merge(&base, given.path));
    }
    let mut uri = String::new();
    for (start, part, end) in
        [("", scheme, ":"), ("//", authority, ""), ("", Some(&*path), ""), ("?", query, "")]
    {
        if let Some(part) = part {
            uri.extend([start, part, end]);
        }
    }
    uri
}

fn merge(base: &Parts<'_>, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    match base.path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{path}"),
        None if base.authority.is_some() => format!("/{path}"),
        None => path.to_owned(),
    }
}

/// A path without `.` and `..`.
fn plain(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').peekable();
    let rooted = path.starts_with('/');
    if rooted {
        segments.next();
    }
    while let Some(segment) = segments.next() {
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if segments.peek().is_none() {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    format!("{}{}", if rooted { "/" } else { "" }, kept.join("/"))
}

/// Text without its percent-encoding. `None` if that is broken or hides what is no text.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
