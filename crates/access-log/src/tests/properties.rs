use proptest::prelude::*;

use super::{CLF, CSV, JSON, XML, exchange};
use crate::{AccessLog, Config};

proptest! {
    /// Whatever a client calls itself, the line is one line, and what was JSON is JSON.
    #[test]
    fn a_line_is_one_line_in_every_format(agent in "\\PC*|[\\x00-\\x7f]{0,40}") {
        for format in [CLF, CSV, JSON, XML] {
            let log = AccessLog::compile(&Config { format: format.to_owned() }).expect("it compiles");
            let line = log.line(&exchange(&agent));
            prop_assert!(!line.contains(char::is_control), "{line:?}");
            if format == JSON {
                let read: serde_json::Value = serde_json::from_str(&line).expect("JSON");
                prop_assert_eq!(read["agent"].as_str(), Some(agent.as_str()));
            }
        }
    }
}
