//! Header fields behave as a plain list of names and values would.

use proptest::prelude::*;

use crate::{Edit, Headers};

/// What is done to them.
#[derive(Clone, Debug)]
enum Step {
    Set(&'static str, Vec<u8>),
    Append(&'static str, Vec<u8>),
    Copy(&'static str, &'static str),
    Remove(&'static str),
    Conceal(&'static str),
}

/// A plain list.
type List = Vec<(Vec<u8>, Vec<u8>)>;

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&[":path", "a", "A", "b", "x-a", "X-A", "x-b", "\u{e9}", ""][..])
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..3)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (name(), value()).prop_map(|(name, value)| Step::Set(name, value)),
        (name(), value()).prop_map(|(name, value)| Step::Append(name, value)),
        (name(), name()).prop_map(|(from, name)| Step::Copy(from, name)),
        name().prop_map(Step::Remove),
        name().prop_map(Step::Conceal),
    ]
}

fn is(name: &str) -> impl Fn(&(Vec<u8>, Vec<u8>)) -> bool {
    move |(other, _)| other.eq_ignore_ascii_case(name.as_bytes())
}

fn set(list: &mut List, name: &str, value: &[u8]) {
    let mut there = list.iter().filter(|field| is(name)(field));
    if there.next().is_some_and(|(_, only)| only == value) && there.next().is_none() {
        return;
    }
    list.retain(|field| !is(name)(field));
    list.push((name.as_bytes().to_vec(), value.to_vec()));
}

fn values(list: &List, name: &str) -> List {
    list.iter().filter(|field| is(name)(field)).cloned().collect()
}

/// What a proxy has once it has been told the edits.
fn written(mut list: List, headers: &Headers) -> List {
    for edit in headers.edits() {
        let (Edit::Set(name, _) | Edit::Append(name, _) | Edit::Remove(name)) = edit;
        if !matches!(edit, Edit::Append(..)) {
            list.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        }
        if let Edit::Set(name, value) | Edit::Append(name, value) = edit {
            list.push((name.to_vec(), value.to_vec()));
        }
    }
    list
}

proptest! {
    #[test]
    fn header_fields_are_a_list_of_names_and_values(
        came in prop::collection::vec((name(), value()), 0..8),
        steps in prop::collection::vec(step(), 0..12),
    ) {
        let first: List =
            came.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.clone())).collect();
        let mut headers = {
            let (mut buffer, mut places) = (Vec::new(), Vec::new());
            for (name, value) in &first {
                let start = buffer.len();
                buffer.extend_from_slice(name);
                let middle = buffer.len();
                buffer.extend_from_slice(value);
                places.push((start..middle, middle..buffer.len()));
            }
            Headers::from_parts(buffer, places.len(), |_, index| places.get(index).cloned())
                .expect("places inside")
        };
        let mut list = first.clone();
        let mut is_concealed = false;
        for step in &steps {
            match step {
                Step::Set(name, value) => {
                    headers.set(name, value);
                    set(&mut list, name, value);
                }
                Step::Append(name, value) => {
                    headers.append(name, value);
                    list.push((name.as_bytes().to_vec(), value.clone()));
                }
                Step::Copy(from, name) => {
                    headers.copy(from, name);
                    if let Some((_, value)) = values(&list, from).first() {
                        list.retain(|field| !is(name)(field));
                        list.push((name.as_bytes().to_vec(), value.clone()));
                    }
                }
                Step::Remove(name) => {
                    headers.remove(name);
                    list.retain(|field| !is(name)(field));
                }
                Step::Conceal(name) => {
                    headers.conceal(name);
                    is_concealed = true;
                    list.retain(|field| !is(name)(field));
                }
            }
        }
        let owned = |(name, value): (&[u8], &[u8])| (name.to_vec(), value.to_vec());
        prop_assert_eq!(headers.iter().map(owned).collect::<List>(), list.clone());
        prop_assert_eq!(headers.arrivals().map(owned).collect::<List>(), first.clone());
        for name in [":path", "a", "x-a", "x-b", "b", "\u{e9}", "", "none"] {
            let there = values(&list, name).into_iter().map(|(_, value)| value);
            let found: Vec<_> = headers.get_all(name).map(<[u8]>::to_vec).collect();
            prop_assert_eq!(found, there.collect::<Vec<_>>());
            let arrived = values(&first, name).into_iter().next().map(|(_, value)| value);
            prop_assert_eq!(headers.arrived(name).map(<[u8]>::to_vec), arrived);
        }
        if !is_concealed {
            let sorted = |mut list: List| { list.sort(); list };
            prop_assert_eq!(sorted(written(first, &headers)), sorted(list));
        }
    }
}
