//! A value against a schema.

use serde_json::{Map, Value};

use crate::keyword::{Id, Items, Keyword, Node, Slot};
use crate::violation::Report;
use crate::work::{Spent, Work};
use crate::{equal, limits, object};

/// Judges one value.
pub(crate) struct Judge<'a> {
    slots: &'a [Slot],
    work: Work,
}

impl<'a> Judge<'a> {
    pub(crate) const fn new(slots: &'a [Slot]) -> Self {
        Self { slots, work: Work::new() }
    }

    /// Adds what is wrong with a value to the report.
    pub(crate) fn judge(
        &mut self,
        id: Id,
        value: &Value,
        report: &mut Report,
    ) -> Result<(), Spent> {
        let node = self.node(id)?;
        self.work.down()?;
        for keyword in &node.keywords {
            self.work.take(1)?;
            self.keyword(keyword, node, value, report)?;
            if report.is_settled() {
                break;
            }
        }
        // What is in a value is looked at only if nothing is wrong with what is around it.
        if !report.failed() {
            match value {
                Value::Array(items) => self.items(&node.items, items, report)?,
                Value::Object(members) => self.members(node, members, report)?,
                _ => {}
            }
        }
        self.work.up();
        Ok(())
    }

    fn node(&self, id: Id) -> Result<&'a Node, Spent> {
        // INVARIANT: every id leads to a node, at most by way of one alias.
        let id = match self.slots.get(id) {
            Some(Slot::Alias(id)) => *id,
            _ => id,
        };
        match self.slots.get(id) {
            Some(Slot::Node(node)) => Ok(node),
            _ => Err(Spent),
        }
    }

    fn items(&mut self, by: &Items, items: &[Value], report: &mut Report) -> Result<(), Spent> {
        for (index, item) in items.iter().enumerate() {
            let id = match by {
                Items::Any => return Ok(()),
                Items::Each(id) => Some(*id),
                Items::Listed(first, rest) => first.get(index).copied().or(*rest),
            };
            let Some(id) = id else { return Ok(()) };
            self.judge(id, item, report)?;
            if report.is_settled() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn members(
        &mut self,
        node: &Node,
        members: &Map<String, Value>,
        report: &mut Report,
    ) -> Result<(), Spent> {
        let by = &node.members;
        if by.named.is_empty() && by.matched.is_empty() && by.others.is_none() {
            return Ok(());
        }
        for (name, member) in members {
            self.work.take(1)?;
            let named = by.named.get(name).copied();
            let mut known = named.is_some();
            if let Some(id) = named {
                self.judge(id, member, report)?;
            }
            for (pattern, id) in &by.matched {
                if pattern.is_match(name, &mut self.work)? {
                    known = true;
                    self.judge(*id, member, report)?;
                }
            }
            if let (false, Some(id)) = (known, by.others) {
                self.judge(id, member, report)?;
            }
            if report.is_settled() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Not part of [`judge`](Self::judge), which is on the stack once for each level.
    #[inline(never)]
    fn keyword(
        &mut self,
        keyword: &Keyword,
        node: &Node,
        value: &Value,
        report: &mut Report,
    ) -> Result<(), Spent> {
        match keyword {
            Keyword::AllOf(ids) => {
                let matched = self.count(ids, value)?;
                if matched < ids.len() {
                    report.add("allOf", || limits::all_of(matched, ids.len()));
                }
            }
            Keyword::AnyOf(ids) => {
                if !self.any(ids, value)? {
                    report.add("anyOf", || limits::any_of(ids.len()));
                }
            }
            Keyword::OneOf(ids) => {
                let matched = self.count(ids, value)?;
                if matched != 1 {
                    report.add("oneOf", || limits::one_of(matched, ids.len()));
                }
            }
            Keyword::Not(id) => {
                if self.any(&[*id], value)? {
                    let message = "instance matched a schema which it should not have";
                    report.add("not", || message.to_owned());
                }
            }
            Keyword::Dependencies(dependencies) => {
                if let Value::Object(members) = value {
                    object::dependencies(dependencies, members, &mut self.work, report)?;
                    for id in object::dependent(dependencies, members) {
                        self.judge(id, value, report)?;
                    }
                }
            }
            Keyword::Enum(values) => {
                for allowed in values.as_array().into_iter().flatten() {
                    self.work.take(1)?;
                    if equal::equal(allowed, value, &mut self.work)? {
                        return Ok(());
                    }
                }
                report.add("enum", || limits::not_in(values, value));
            }
            _ => match value {
                Value::Number(number) => limits::number(keyword, number, report),
                Value::String(text) => limits::string(keyword, text, &mut self.work, report)?,
                Value::Array(items) => limits::array(keyword, items, &mut self.work, report)?,
                Value::Object(members) => {
                    object::members(keyword, node, members, &mut self.work, report)?;
                }
                Value::Null | Value::Bool(_) => {}
            },
        }
        if let Keyword::Type(types) = keyword {
            limits::types(*types, value, report);
        }
        Ok(())
    }

    /// How many of some schemas a value satisfies.
    fn count(&mut self, ids: &[Id], value: &Value) -> Result<usize, Spent> {
        let mut count = 0;
        for id in ids {
            if self.any(&[*id], value)? {
                count += 1;
            }
        }
        Ok(count)
    }

    /// Whether a value satisfies one of some schemas.
    fn any(&mut self, ids: &[Id], value: &Value) -> Result<bool, Spent> {
        for id in ids {
            let mut report = Report::silent();
            self.judge(*id, value, &mut report)?;
            if !report.failed() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
