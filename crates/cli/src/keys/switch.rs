//! `tollgate keys disable` and `tollgate keys enable`

use clap::Args;

use crate::failure::{Code, Failure};
use crate::keys::{Kept, file};
use crate::terminal;

/// `tollgate keys disable` and `tollgate keys enable`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    kept: Kept,
    /// The id of the key, or its name where no other key has it
    #[arg(value_name = "ID|NAME")]
    key: String,
}

/// What becomes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    Enabled,
    Disabled,
}

/// Switches a key on or off.
pub fn switch(arguments: &Arguments, to: To) -> Result<(), Failure> {
    let mut kept = file::Kept::open(&arguments.kept.path)?;
    let wanted = &arguments.key;
    let by_id = kept.records.iter().position(|record| record.key.id == *wanted);
    let named = || {
        let all = kept.records.iter().enumerate();
        let found: Vec<_> = all.filter(|(_, record)| record.name == *wanted).collect();
        match found.as_slice() {
            [(place, _)] => Ok(*place),
            [] => Err(format!("no key has the id or the name `{wanted}`")),
            many => {
                let ids: Vec<_> = many.iter().map(|(_, record)| record.key.id.as_str()).collect();
                Err(format!("several keys are named `{wanted}`, say which: {}", ids.join(", ")))
            }
        }
    };
    let place = by_id.map_or_else(named, Ok);
    let place = place.map_err(|reason| Failure::new(Code::Refused, reason))?;
    let Some(record) = kept.records.get_mut(place) else { return Ok(()) };
    let id = record.key.id.clone();
    let is_other = record.key.enabled != (to == To::Enabled);
    record.key.enabled = to == To::Enabled;
    if is_other {
        kept.save()?;
    }
    let what = match to {
        To::Enabled => "enabled",
        To::Disabled => "disabled",
    };
    terminal::done(what, &id);
    Ok(())
}
