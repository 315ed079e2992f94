//! `OpenAPI` documents: refused, or translated to a definition that compiles.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_gateway::Gateway;
use tollgate_openapi::{Options, translate};
use tollgate_policy::Compile;

fuzz_target!(|text: &str| {
    if let Ok(translated) = translate(text, &Options::default()) {
        Gateway::compile(translated.definition).expect("what is accepted can be served");
    }
});
