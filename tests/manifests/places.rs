//! Putting the places of this machine into texts that name those of containers.

/// A text with the longest name at each place replaced, where it stands as a whole.
pub(crate) fn replaced(text: &str, places: &[(String, String)]) -> String {
    let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == '-';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let before = out.chars().next_back();
        let is_inside = |from: &str| {
            let is_path = from.starts_with('/');
            before.is_some_and(|char| is_name(char) || char == '.' || is_path && char == '/')
        };
        let fitting = places.iter().filter_map(|(from, to)| {
            let after = rest.strip_prefix(from.as_str())?;
            (!after.starts_with(is_name) && !is_inside(from)).then_some((to, after))
        });
        if let Some((to, after)) = fitting.min_by_key(|(_, after)| after.len()) {
            out.push_str(to);
            rest = after;
        } else {
            let mut chars = rest.chars();
            out.extend(chars.next());
            rest = chars.as_str();
        }
    }
    out
}

#[test]
fn places_are_replaced_where_they_stand_as_a_whole() {
    let places =
        [("redis:6379", "here:1"), ("6379", "1"), ("/data", "/tmp/a/data"), ("0.0.0.0", "x")];
    let places = places.map(|(from, to)| (from.to_owned(), to.to_owned()));
    for (text, expected) in [
        ("redis://redis:6379/0", "redis://here:1/0"),
        ("--port 6379", "--port 1"),
        ("127.0.0.1:6379", "127.0.0.1:1"),
        ("16379 63790 1.6379", "16379 63790 1.6379"),
        ("/data/a /my/data /database", "/tmp/a/data/a /my/data /database"),
        ("10.0.0.0.0, 0.0.0.0,", "10.0.0.0.0, x,"),
    ] {
        assert_eq!(replaced(text, &places), expected);
    }
}
