//! `$context.error.validationErrorString`: what is wrong with a body, as a list.

/// Writes messages as API Gateway writes them: each once, in the order of a hash table.
///
/// API Gateway keeps the messages in a set of Java and prints that. Recorded answers show it; whoever
/// compares ours with theirs sees the same.
pub(crate) fn list(messages: impl IntoIterator<Item = String>) -> String {
    let mut unique: Vec<String> = Vec::new();
    for message in messages {
        if !unique.contains(&message) {
            unique.push(message);
        }
    }
    let slots = slots(unique.len());
    let mut table = vec![Vec::new(); slots];
    for message in unique {
        let slot = hash(&message) as usize % slots;
        table.get_mut(slot).into_iter().for_each(|slot| slot.push(message.clone()));
    }
    format!("[{}]", table.concat().join(", "))
}

/// The slots of a `java.util.HashSet` that has grown to hold so many.
fn slots(count: usize) -> usize {
    let mut slots = 16_usize;
    while count > slots / 4 * 3 {
        slots = slots.saturating_mul(2);
    }
    slots
}

/// The hash of a `java.lang.String`, spread as `java.util.HashMap` spreads it.
fn hash(text: &str) -> u32 {
    let hash = text
        .encode_utf16()
        .fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    hash ^ hash >> 16
}
