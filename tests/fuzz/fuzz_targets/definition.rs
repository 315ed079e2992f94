//! Definitions, as the filter is configured with them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_gateway::Gateway;
use tollgate_policy::load;

fuzz_target!(|json: &[u8]| {
    // Refused or not, but judged.
    let _ = load::<Gateway>(json);
});
