//! One route: its key, what it leads to, and where its parameters stand.

use std::rc::Rc;

use tollgate_policy::Invalid;

use super::Match;
use super::key::{Method, RouteKey};
use super::path::Path;
use super::template::Segment;

/// One route: its key, and what it leads to.
#[derive(Clone, Debug)]
pub(super) struct Route<T> {
    pub(super) key: RouteKey,
    value: T,
    parameters: Vec<Parameter>,
}

/// A parameter, and the index of the segment it takes or begins at.
#[derive(Clone, Debug)]
enum Parameter {
    Variable(Rc<str>, usize),
    Greedy(Rc<str>, usize),
}

impl<T> Route<T> {
    pub(super) fn new(key: RouteKey, value: T) -> Self {
        let segments = key.template().map_or(&[][..], |template| template.segments());
        let parameter = |(index, segment): (usize, &Segment)| match segment {
            Segment::Literal(_) => None,
            Segment::Variable(name) => Some(Parameter::Variable(Rc::clone(name), index)),
            Segment::Greedy(name) => Some(Parameter::Greedy(Rc::clone(name), index)),
        };
        let parameters = segments.iter().enumerate().filter_map(parameter).collect();
        Self { key, value, parameters }
    }

    /// Reads the parameters off a path that this route matches.
    pub(super) fn read<'p>(&self, path: &Path<'p>) -> Match<'_, 'p, T> {
        let parameters = self.parameters.iter().map(|parameter| match parameter {
            Parameter::Variable(name, index) => (name, path.segment(*index).unwrap_or_default()),
            Parameter::Greedy(name, index) => (name, path.tail(*index)),
        });
        Match { value: &self.value, parameters: parameters.collect() }
    }

    /// Puts the route where there is none yet.
    pub(super) fn settle(self, place: &mut Option<Self>) -> Result<(), Invalid> {
        match place {
            None => *place = Some(self),
            Some(other) if other.key == self.key => {
                return Err(Invalid::new("", format!("`{}` is there twice", self.key)));
            }
            Some(other) => {
                let reason = format!("`{}` matches the same requests as `{}`", self.key, other.key);
                return Err(Invalid::new("", reason));
            }
        }
        Ok(())
    }
}

/// One thing for each method that has one. There are eight methods, so a list will do.
#[derive(Clone, Debug)]
pub(super) struct ByMethod<V>(Vec<(Method, Option<V>)>);

impl<V> ByMethod<V> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn of(&self, method: Method) -> Option<&V> {
        self.0.iter().find(|(of, _)| *of == method)?.1.as_ref()
    }

    /// Where the thing of this method belongs, and what is there already.
    pub(super) fn entry(&mut self, method: Method) -> &mut Option<V> {
        let index = self.0.iter().position(|(of, _)| *of == method).unwrap_or_else(|| {
            self.0.push((method, None));
            self.0.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the index was found or made just above")]
        &mut self.0[index].1
    }
}
