//! Patterns: what they mean, and what is refused.

use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::schema;
use crate::pattern::{Refusal, translate};

#[test]
fn a_pattern_means_what_ecma_262_says() {
    #[track_caller]
    fn check(pattern: &str, matched: &[&str], others: &[&str]) {
        let schema = schema(&json!({"pattern": pattern}));
        for text in matched {
            assert!(schema.check(&json!(text)).is_ok(), "{pattern} {text:?}");
        }
        for text in others {
            assert!(schema.check(&json!(text)).is_err(), "{pattern} {text:?}");
        }
    }
    check("b", &["abc"], &["ac"]);
    check("^a|b$", &["ax", "xb"], &["xa", "bx"]);
    check("^a$", &["a"], &["a\n", "\na"]);
    check("^.$", &["a", "\u{1f432}", "\u{85}"], &["", "\n", "\r", "\u{2028}", "ab"]);
    check(r"^[\s\S]$", &["\n", "a"], &[]);
    check(r"^[^\s]$", &["a"], &["\u{a0}", "\u{feff}", "\u{3000}"]);
    check(r"^\w+$", &["aZ_9"], &["\u{e9}", "-"]);
    check(r"^\W$", &["\u{e9}", "-"], &["a"]);
    check("^[a-c-e]$", &["a", "-", "e"], &["d"]);
    check(r"^[\w-.]$", &["-", ".", "a"], &[","]);
    check("^[-a]$", &["-", "a"], &["b"]);
    check("^[a-]$", &["-", "a"], &["b"]);
    check("^[]a]$", &[], &["]", "a", "a]"]);
    check("a[^]b", &["a\nb"], &["ab"]);
    check(r"^[\]\\^&&[~]$", &["]", "\\", "^", "&", "[", "~"], &["a"]);
    check("^(?:ab){2,3}?$", &["abab", "ababab"], &["ab"]);
    check("^a{2}$", &["aa"], &["a", "aaa"]);
    check("^a{,2}$", &["a{,2}"], &["aa"]);
    check("^{x}$", &["{x}"], &["x"]);
    check("^(?<year>[0-9]{4})-(|x)$", &["2018-", "2018-x"], &["18-"]);
    check(r"^\x41\u0042\cJ\0\u{1F432}$", &["AB\n\0\u{1f432}"], &["AB"]);
    check(r"^\uD83D\uDC32$", &["\u{1f432}"], &["\u{1f409}"]);
    check(r"^[\uD83D\uDC00-\uD83D\uDCFF]$", &["\u{1f432}"], &["a"]);
    check(r"^[\b]\b$", &[], &["\u{8}"]);
    check(r"\bfoo\b", &["a foo b"], &["afoo"]);
    check(r"^\$\/\-\@\'\ $", &["$/-@' "], &["a"]);
    check("^#(?:) x$", &["# x"], &["#x"]);
    check("^(([a-z]+)(,[a-z]+)*)?$", &["", "a,b"], &["a,"]);
}

#[test]
fn what_cannot_be_matched_in_one_pass_is_refused() {
    #[track_caller]
    fn check(pattern: &str, refusal: Refusal) {
        assert_eq!(translate(pattern), Err(refusal), "{pattern}");
    }
    check("a(?=b)", Refusal::Unserved("a lookahead"));
    check("a(?!b)", Refusal::Unserved("a lookahead"));
    check("(?<=a)b", Refusal::Unserved("a lookbehind"));
    check("(?<!a)b", Refusal::Unserved("a lookbehind"));
    check(r"(a)\1", Refusal::Unserved("a backreference"));
    check(r"(?<x>a)\k<x>", Refusal::Unserved("a backreference"));
    check(r"\p{L}", Refusal::Unserved("a Unicode property"));
    check(r"[\P{L}]", Refusal::Unserved("a Unicode property"));
    check(r"\uD83D", Refusal::Unserved("half of a surrogate pair"));
    check(r"[\uD800-\uDBFF]", Refusal::Unserved("half of a surrogate pair"));
}

#[test]
fn what_is_no_pattern_is_refused() {
    for pattern in [
        "(",
        ")",
        "a)",
        "[",
        "[a",
        "*",
        "a**",
        "|*",
        "(*)",
        "a{2}{3}",
        "{2}",
        "a{3,2}",
        "a{99999999999}",
        "\\",
        r"\Z",
        r"\A",
        r"\e",
        r"\8",
        r"\01",
        r"\x4",
        r"\u004",
        r"\u{110000}",
        r"\c1",
        "(?x)",
        "(?<>a)",
        "(?<1>a)",
        "(?<a",
        "[b-a]",
        r"[\d-a",
        "^*",
        r"\b+",
    ] {
        assert!(translate(pattern).is_err(), "{pattern}");
    }
}
