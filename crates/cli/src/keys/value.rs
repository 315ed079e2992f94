//! What API Gateway demands of a key, in its own words.

/// The shortest value of a key that is made one at a time.
pub const MIN_CHARS: usize = 20;

/// The shortest value of a key that is imported.
pub const MIN_IMPORTED_CHARS: usize = 30;

const MAX_CHARS: usize = 128;

/// The longest name.
const MAX_NAME_CHARS: usize = 1_024;

/// What API Gateway says of a value that another key has.
pub const TAKEN: &str = "API Key already exists";

/// Why a key cannot have this value. The reason does not repeat it.
pub fn check(value: &str, min_chars: usize) -> Result<(), String> {
    let chars = value.chars().count();
    if chars < min_chars {
        return Err(format!("API Key value should be at least {min_chars} characters"));
    }
    if chars > MAX_CHARS {
        return Err(format!("API Key value exceeds maximum size of {MAX_CHARS} characters"));
    }
    // A client could never send it.
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("API Key value has characters that a header field cannot carry".to_owned());
    }
    Ok(())
}

/// Why a key cannot have this name.
pub fn check_name(name: &str) -> Result<(), String> {
    if name.chars().count() > MAX_NAME_CHARS {
        let reason = format!("Invalid API Key name, can be at most {MAX_NAME_CHARS} characters.");
        return Err(reason);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_20_to_128_characters_that_can_be_sent() {
        #[track_caller]
        fn check(value: &str, expected: Result<(), &str>) {
            assert_eq!(super::check(value, MIN_CHARS), expected.map_err(str::to_owned));
        }
        check(&"x".repeat(20), Ok(()));
        check(&"x".repeat(128), Ok(()));
        check("", Err("API Key value should be at least 20 characters"));
        check(&"x".repeat(19), Err("API Key value should be at least 20 characters"));
        check(&"x".repeat(129), Err("API Key value exceeds maximum size of 128 characters"));
        let odd = Err("API Key value has characters that a header field cannot carry");
        check(&format!("{} y", "x".repeat(20)), odd);
        check(&"é".repeat(20), odd);
    }

    #[test]
    fn a_name_has_up_to_1024_characters() {
        assert_eq!(check_name(&"é".repeat(1_024)), Ok(()));
        assert_eq!(
            check_name(&"x".repeat(1_025)).unwrap_err(),
            "Invalid API Key name, can be at most 1024 characters."
        );
    }
}
