mod claims;
mod jws;
mod key_set;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod suites;

/// The bytes that hexadecimal digits spell.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digit =
        |byte: &u8| u8::try_from((*byte as char).to_digit(16).expect("a digit")).expect("small");
    text.as_bytes().chunks(2).map(|pair| digit(&pair[0]) << 4 | digit(&pair[1])).collect()
}
