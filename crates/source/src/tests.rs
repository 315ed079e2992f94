#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

/// The value in a form that shows its type, with the line and column of each scalar.
fn shown(node: &Node) -> String {
    let Mark { line, column } = node.mark;
    match &node.value {
        Value::Null => format!("null@{line}:{column}"),
        Value::Bool(flag) => format!("{flag}@{line}:{column}"),
        Value::Number(text) => format!("{text}@{line}:{column}"),
        Value::String(text) => format!("{text:?}@{line}:{column}"),
        Value::List(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        Value::Map(map) => {
            let entry = |Entry { key, value, .. }: &Entry| format!("{key}: {}", shown(value));
            format!("{{{}}}", map.entries().iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

#[track_caller]
fn check(file: &str, text: &str, expected: &str) {
    let mut findings = Findings::default();
    let read = read(text, file, &mut findings).map(|node| shown(&node)).unwrap_or_default();
    let (problems, _) = findings.report(file);
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let found = if problems.is_empty() { read } else { problems.join("; ") };
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_plain_scalar_is_what_the_core_schema_says() {
    check(
        "a.yaml",
        "[on, yes, no, off, y, n]",
        r#"["on"@1:2, "yes"@1:6, "no"@1:11, "off"@1:15, "y"@1:20, "n"@1:23]"#,
    );
    check(
        "a.yaml",
        "[true, False, ~, null, 1.0]",
        "[true@1:2, false@1:8, null@1:15, null@1:18, 1.0@1:24]",
    );
    check(
        "a.yaml",
        "[0x1F, 0o17, 1e3, .5, -1, +2]",
        "[0x1F@1:2, 0o17@1:8, 1e3@1:14, .5@1:19, -1@1:23, +2@1:27]",
    );
    check(
        "a.yaml",
        "[1.2.3, 1_000, e3, '1', \"true\"]",
        r#"["1.2.3"@1:2, "1_000"@1:9, "e3"@1:16, "1"@1:20, "true"@1:25]"#,
    );
    check(
        "a.yaml",
        "[., +, -., 12e, 0x]",
        r#"["."@1:2, "+"@1:5, "-."@1:8, "12e"@1:12, "0x"@1:17]"#,
    );
}

#[test]
fn a_core_tag_says_what_a_scalar_is() {
    check("a.yaml", "[!!str 1, ! 2, !!int 3]", r#"["1"@1:2, "2"@1:11, 3@1:16]"#);
}

#[test]
fn numbers_booleans_and_null_are_keys_as_they_are_written() {
    check(
        "a.yaml",
        "200: a\ntrue: b\nnull: c\n",
        r#"{200: "a"@1:6, true: "b"@2:7, null: "c"@3:7}"#,
    );
}

#[test]
fn lines_and_columns_count_characters_from_one() {
    check("a.yaml", "é: ü\nb:\n  - ä: 1\n", r#"{é: "ü"@1:4, b: [{ä: 1@3:8}]}"#);
    check("a.json", "{\"é\": \"ü\",\n\t\"b\": 1}", r#"{é: "ü"@1:7, b: 1@2:7}"#);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    check("a.yaml", "\u{feff}a: 1\r\nb:\r\n  c: 2\r\n", "{a: 1@1:4, b: {c: 2@3:6}}");
    check("a.json", "\u{feff}{\"a\": 1,\r\n\"b\": 2}", "{a: 1@1:7, b: 2@2:6}");
}

#[test]
fn json_is_read_with_all_its_escapes() {
    check("a.json", r#"["\/\u00e9\n", "\uD83D\uDE00"]"#, r#"["/é\n"@1:2, "😀"@1:16]"#);
    check("a.yaml", r#"{"a": "\uD83D\uDE00\/"}"#, r#"{a: "😀/"@1:7}"#);
}

#[test]
fn json_that_is_none_is_refused() {
    let whole = |rest: &str| format!("a.json:{rest}");
    check(
        "a.json",
        "{\"a\": 1,}",
        &whole("1:9: $: this is not JSON: a key in double quotes belongs here"),
    );
    check("a.json", "[1,]", &whole("1:4: $[1]: this is not JSON: a value belongs here"));
    check("a.json", "[01]", &whole("1:2: $[0]: this is not JSON: a value belongs here"));
    check(
        "a.json",
        "{a: 1}",
        &whole("1:2: $: this is not JSON: a key in double quotes belongs here"),
    );
    check("a.json", "{} {}", &whole("1:4: $: the text goes on after the document's end"));
    check("a.json", "{\"a\"", &whole("1:5: $.a: this is not JSON: a `:` belongs here"));
    check("a.json", "[1", &whole("1:3: $[1]: this is not JSON: the text ends in the middle"));
    check("a.json", "", &whole("1:1: $: this is not JSON: the text ends in the middle"));
    check(
        "a.json",
        "[\"a\nb\"]",
        &whole(
            "1:4: $[0]: this is not JSON: a line break or control character in a string is written as an escape, such as `\\n`",
        ),
    );
    check("a.json", r#"["\ud800"]"#, &whole("1:3: $[0]: this is not JSON: half a surrogate pair"));
    check("a.json", r#"["\x"]"#, &whole("1:3: $[0]: this is not JSON: no such escape"));
    check("a.json", "[1}", &whole("1:3: $[1]: this is not JSON: a `,` or the end belongs here"));
}

#[test]
fn braces_that_are_not_json_may_be_yaml() {
    check("a.yaml", "{a: 1, b: [x]}", r#"{a: 1@1:5, b: ["x"@1:12]}"#);
}

#[test]
fn a_key_that_is_there_twice_is_refused_with_both_lines() {
    check(
        "a.yaml",
        "a:\n  b: 1\n  c: 2\n  b: 3\n",
        "a.yaml:4:3: $.a.b: `b` is there twice: it is on line 2 and on line 4",
    );
    check(
        "a.json",
        "{\"a\": 1,\n\"a\": 2}",
        "a.json:2:1: $.a: `a` is there twice: it is on line 1 and on line 2",
    );
}

#[test]
fn an_objects_own_keys_count_before_merged_ones_and_earlier_sources_before_later() {
    let text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\n";
    check(
        "a.yaml",
        text,
        "{a: {x: 1@1:11, y: 1@1:17}, b: {y: 2@2:11, z: 2@2:17}, c: {x: 3@3:22, y: 1@1:17, z: 2@2:17}}",
    );
}

#[test]
fn a_quoted_merge_key_is_an_ordinary_one() {
    check("a.yaml", "'<<': 1", "{<<: 1@1:7}");
}

#[test]
fn a_document_that_is_too_large_is_refused_unread() {
    let text = " ".repeat(MAX_BYTES + 1);
    check("a.yaml", &text, "a.yaml:1:1: $: the document is larger than 6 MB");
}
