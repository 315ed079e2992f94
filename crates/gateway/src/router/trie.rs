//! A tree of path segments, searched from the most to the least specific.

use tollgate_policy::Invalid;

use super::MAX_STEPS;
use super::key::RouteKey;
use super::path::{Path, decoded};
use super::template::Segment;

/// A tree of path segments, searched from the most to the least specific.
///
/// Parameter names are no part of it: they belong to what it holds.
#[derive(Clone, Debug)]
pub(super) struct Trie<V> {
    /// Sorted by their bytes.
    literals: Vec<(Box<[u8]>, Trie<V>)>,
    variable: Option<Box<Trie<V>>>,
    /// What ends here.
    whole: Option<V>,
    /// What takes all the rest.
    greedy: Option<V>,
    /// The most nodes that a search can visit below any one of the literals.
    literal_steps: usize,
}

impl<V> Trie<V> {
    pub(super) const fn new() -> Self {
        Self { literals: Vec::new(), variable: None, whole: None, greedy: None, literal_steps: 0 }
    }

    /// The most specific entry for a path: segment by segment, a literal before a variable before a
    /// greedy variable.
    pub(super) fn find(&self, path: &Path<'_>, steps: &mut usize) -> Option<&V> {
        self.find_from(0, path, steps)
    }

    /// INVARIANT: this calls itself no deeper than the longest template, which has a limit.
    fn find_from(&self, index: usize, path: &Path<'_>, steps: &mut usize) -> Option<&V> {
        *steps += 1;
        let Some(segment) = path.segment(index) else {
            return self.whole.as_ref();
        };
        if let Some(child) = self.literal_of_request(segment)
            && let Some(found) = child.find_from(index + 1, path, steps)
        {
            return Some(found);
        }
        if let Some(child) = &self.variable
            && !segment.is_empty()
            && let Some(found) = child.find_from(index + 1, path, steps)
        {
            return Some(found);
        }
        self.greedy.as_ref().filter(|_| path.is_filled_from(index))
    }

    fn literal_of_request(&self, segment: &[u8]) -> Option<&Self> {
        let order =
            |(literal, _): &(Box<[u8]>, Self)| literal.iter().copied().cmp(decoded(segment));
        let index = self.literals.binary_search_by(order).ok()?;
        self.literals.get(index).map(|(_, child)| child)
    }

    /// Where an entry of this key belongs, and what is there already.
    ///
    /// Refuses a key with which some path could visit more than [`MAX_STEPS`] nodes.
    pub(super) fn entry(&mut self, key: &RouteKey) -> Result<&mut Option<V>, Invalid> {
        let segments = key.template().map_or(&[][..], |template| template.segments());
        if self.steps_with(segments) > MAX_STEPS {
            let reason = format!(
                "with `{key}` there are too many ways to read a path: \
                 let fewer routes have a literal where others have a variable"
            );
            return Err(Invalid::new("", reason));
        }
        Ok(self.entry_from(segments))
    }

    fn entry_from(&mut self, segments: &[Segment]) -> &mut Option<V> {
        match segments.split_first() {
            None => &mut self.whole,
            Some((Segment::Greedy(_), _)) => &mut self.greedy,
            Some((Segment::Variable(_), rest)) => {
                self.variable.get_or_insert_with(|| Box::new(Self::new())).entry_from(rest)
            }
            Some((Segment::Literal(literal), rest)) => {
                self.literal_steps = self.literal_steps_with(literal, rest);
                self.literal_or_new(literal).entry_from(rest)
            }
        }
    }

    /// The most nodes, this one included, that a search can visit from here: a segment is the same
    /// as one literal at most, and may be tried as the variable as well.
    pub(super) fn steps(&self) -> usize {
        1 + self.literal_steps + self.variable_steps()
    }

    /// The same, were these segments among the rest.
    fn steps_with(&self, segments: &[Segment]) -> usize {
        match segments.split_first() {
            None | Some((Segment::Greedy(_), _)) => self.steps(),
            Some((Segment::Variable(_), rest)) => {
                1 + self.literal_steps + Self::child_steps_with(self.variable.as_deref(), rest)
            }
            Some((Segment::Literal(literal), rest)) => {
                1 + self.literal_steps_with(literal, rest) + self.variable_steps()
            }
        }
    }

    fn literal_steps_with(&self, literal: &[u8], rest: &[Segment]) -> usize {
        let index = self.literals.binary_search_by(|(other, _)| (**other).cmp(literal));
        let child = index.ok().and_then(|index| self.literals.get(index)).map(|(_, child)| child);
        self.literal_steps.max(Self::child_steps_with(child, rest))
    }

    fn child_steps_with(child: Option<&Self>, rest: &[Segment]) -> usize {
        match child {
            Some(child) => child.steps_with(rest),
            None => Self::new().steps_with(rest),
        }
    }

    fn variable_steps(&self) -> usize {
        self.variable.as_ref().map_or(0, |child| child.steps())
    }

    fn literal_or_new(&mut self, literal: &[u8]) -> &mut Self {
        let index = match self.literals.binary_search_by(|(other, _)| (**other).cmp(literal)) {
            Ok(index) => index,
            Err(index) => {
                self.literals.insert(index, (literal.into(), Self::new()));
                index
            }
        };
        #[expect(clippy::indexing_slicing, reason = "the index was found or made just above")]
        &mut self.literals[index].1
    }
}
