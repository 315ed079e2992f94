//! What a development token claims.

use serde_json::{Map, Value, json};

/// The claims of one token, in words of RFC 7519, RFC 8693 and RFC 9068.
#[derive(Clone, Debug)]
pub struct Claims<'a> {
    /// `iss`
    pub issuer: &'a str,
    /// `sub`
    pub subject: &'a str,
    /// `aud`: left out where there is none, and a list where there are several.
    pub audiences: &'a [String],
    /// `scope`: left out where there is none.
    pub scopes: &'a [String],
    /// How many seconds after `now` the token expires; negative for one that already has.
    pub expires_in: i64,
    /// Further claims. They win over the others, and `null` removes one.
    pub further: &'a [(String, Value)],
}

impl Claims<'_> {
    /// The claims of a token that is issued `now`, in seconds since 1970.
    pub fn at(&self, now: i64) -> Map<String, Value> {
        let mut claims = Map::new();
        let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        put("iss", json!(self.issuer));
        put("sub", json!(self.subject));
        put("iat", json!(now));
        put("exp", json!(now.saturating_add(self.expires_in)));
        let audiences: Vec<_> = self.audiences.iter().filter(|one| !one.is_empty()).collect();
        match audiences.as_slice() {
            [] => {}
            [one] => _ = put("aud", json!(one)),
            several => _ = put("aud", json!(several)),
        }
        let scopes: Vec<_> = self.scopes.iter().filter(|one| !one.is_empty()).collect();
        if !scopes.is_empty() {
            let scopes: Vec<&str> = scopes.into_iter().map(String::as_str).collect();
            put("scope", json!(scopes.join(" ")));
        }
        for (name, value) in self.further {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
        claims
    }
}

/// The value of a claim: JSON where it is JSON, and otherwise the text itself.
pub fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(audiences: &[&str], scopes: &[&str], further: &[(&str, &str)], expected: Value) {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let further: Vec<_> =
            further.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect();
        let claims = Claims {
            issuer: "https://issuer",
            subject: "me",
            audiences: &owned(audiences),
            scopes: &owned(scopes),
            expires_in: 60,
            further: &further,
        };
        assert_eq!(Value::Object(claims.at(100)), expected);
    }

    #[test]
    fn a_token_claims_what_it_was_asked_to() {
        let plain = json!({"iss": "https://issuer", "sub": "me", "iat": 100, "exp": 160});
        check(&[], &[], &[], plain.clone());
        check(&[""], &[""], &[], plain);
        check(
            &["a"],
            &["r", "w"],
            &[("groups", r#"["x","y"]"#), ("level", "3"), ("name", "Ann B"), ("sub", "you")],
            json!({
                "iss": "https://issuer", "sub": "you", "iat": 100, "exp": 160, "aud": "a",
                "scope": "r w", "groups": ["x", "y"], "level": 3, "name": "Ann B",
            }),
        );
        check(
            &["a", "b"],
            &[],
            &[("exp", "null"), ("iat", "null")],
            json!({"iss": "https://issuer", "sub": "me", "aud": ["a", "b"]}),
        );
    }

    #[test]
    fn a_value_is_json_where_it_can_be() {
        assert_eq!(value("true"), json!(true));
        assert_eq!(value("\"3\""), json!("3"));
        assert_eq!(value("3"), json!(3));
        assert_eq!(value("a b"), json!("a b"));
        assert_eq!(value(""), json!(""));
    }
}
