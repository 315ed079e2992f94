//! Follows `$ref`.

use tollgate_source::text::{cut, quoted};
use tollgate_source::{At, Findings};

/// How many references may lead from one to the next.
const MAX_HOPS: usize = 16;

/// The value that a reference leads to, or the value itself where it is none.
pub(crate) fn follow<'a>(at: At<'a>, root: &At<'a>, out: &mut Findings) -> Option<At<'a>> {
    let mut here = at;
    for _ in 0..MAX_HOPS {
        let Some(reference) = here.get("$ref") else {
            return Some(here);
        };
        for (key, beside) in here.entries() {
            if !matches!(key, "$ref" | "summary" | "description") {
                out.refuse_key(&beside, "stands beside `$ref`, and is not looked at there");
            }
        }
        let text = reference.string(out)?;
        let Some(pointer) = text.strip_prefix("#/") else {
            let name = quoted(text);
            out.refuse(&reference, format!("{name} is not in this document: `#/...` belongs here"));
            return None;
        };
        let mut target = Some(root.clone());
        for step in pointer.split('/') {
            let step =
                step.replace("~1", "/").replace("~0", "~").replace("%7B", "{").replace("%7D", "}");
            target = target.and_then(|at| at.get(&step));
        }
        let Some(target) = target else {
            out.refuse(&reference, format!("there is no `#/{}` in this document", cut(pointer)));
            return None;
        };
        here = target;
    }
    out.refuse(&here, "this reference leads to itself, or through too many others");
    None
}
