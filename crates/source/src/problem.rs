//! What is found in a document: problems, which refuse it, and notices, which do not.

use std::collections::BTreeMap;
use std::fmt;

use crate::cursor::At;
use crate::path::Path;
use crate::tree::Mark;

/// The most different problems reported for one document. A document with more is not helped by a
/// longer list.
pub const MAX_PROBLEMS: usize = 50;

/// The most places reported for one problem, or one notice. Every route can have it once.
const MAX_PLACES: usize = 300;

/// How many of the places are written out where a problem is displayed.
const SHOWN_PLACES: usize = 5;

/// Why a document is refused: what is wrong and where, and what would be right.
///
/// The reason is for the operator: lower case, no full stop, their own words in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The document's name.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The character of the line, from 1.
    pub column: u32,
    /// The place in the document's structure: `$.paths./orders.post.security`.
    pub path: String,
    /// What is wrong, and what would be right.
    pub reason: String,
    /// Other places with the same problem. Up to 299.
    pub also: Vec<Place>,
}

/// Where what is served is not what API Gateway would serve, without harm: nothing is opened, and
/// nothing is answered wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The document's name.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The character of the line, from 1.
    pub column: u32,
    /// The place in the document's structure.
    pub path: String,
    /// What is left out or different, by name.
    pub reason: String,
    /// Other places with the same notice. Up to 299.
    pub also: Vec<Place>,
}

/// A place in a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The character of the line, from 1.
    pub column: u32,
    /// The place in the document's structure.
    pub path: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, path, reason, also } = self;
        write!(out, "{file}:{line}:{column}: {path}: {reason}")?;
        show_places(out, file, also)
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, path, reason, also } = self;
        write!(out, "{file}:{line}:{column}: {path}: {reason}")?;
        show_places(out, file, also)
    }
}

impl std::error::Error for Problem {}

fn show_places(out: &mut fmt::Formatter<'_>, file: &str, places: &[Place]) -> fmt::Result {
    for Place { line, column, path } in places.iter().take(SHOWN_PLACES) {
        write!(out, "\n    also {file}:{line}:{column}: {path}")?;
    }
    match places.len().saturating_sub(SHOWN_PLACES) {
        0 => Ok(()),
        1 => out.write_str("\n    and at 1 other place"),
        more => write!(out, "\n    and at {more} other places"),
    }
}

/// Collects what is found, each reason once with all its places.
#[derive(Debug, Default)]
pub struct Findings {
    problems: Reasons,
    notices: Reasons,
}

#[derive(Debug, Default)]
struct Reasons {
    places: BTreeMap<String, Vec<Place>>,
    left_out: usize,
}

impl Findings {
    /// Refuses the document for what stands here.
    pub fn refuse(&mut self, at: &At<'_>, reason: impl Into<String>) {
        self.refuse_at(at.mark(), &at.path, reason);
    }

    /// Refuses the document for the key that leads here: it is wrong itself, or its value lacks
    /// something.
    pub fn refuse_key(&mut self, at: &At<'_>, reason: impl Into<String>) {
        self.refuse_at(at.key_mark(), &at.path, reason);
    }

    /// Refuses the document for what stands at a place.
    pub fn refuse_at(&mut self, mark: Mark, path: &Path<'_>, reason: impl Into<String>) {
        self.problems.add(reason.into(), mark, path, MAX_PROBLEMS);
    }

    /// Reports what is left out here.
    pub fn notice(&mut self, at: &At<'_>, reason: impl Into<String>) {
        self.notices.add(reason.into(), at.key_mark(), &at.path, usize::MAX);
    }

    /// Whether there is any problem.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        !self.problems.places.is_empty()
    }

    /// Whether there are so many problems that no new one is kept.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.problems.places.len() >= MAX_PROBLEMS
    }

    /// The problems in the order of the document, then the notices.
    #[must_use]
    pub fn report(self, file: &str) -> (Vec<Problem>, Vec<Notice>) {
        let left_out = self.problems.left_out;
        let mut problems: Vec<_> = self
            .problems
            .in_order()
            .map(|(Place { line, column, path }, reason, also)| Problem {
                file: file.to_owned(),
                line,
                column,
                path,
                reason,
                also,
            })
            .collect();
        if left_out > 0 {
            problems.push(Problem {
                file: file.to_owned(),
                line: 1,
                column: 1,
                path: "$".to_owned(),
                reason: format!("{left_out} more problems are not shown"),
                also: Vec::new(),
            });
        }
        let notices = self
            .notices
            .in_order()
            .map(|(Place { line, column, path }, reason, also)| Notice {
                file: file.to_owned(),
                line,
                column,
                path,
                reason,
                also,
            })
            .collect();
        (problems, notices)
    }
}

impl Reasons {
    fn add(&mut self, reason: String, mark: Mark, path: &Path<'_>, most: usize) {
        let known = self.places.len();
        let place = || Place { line: mark.line, column: mark.column, path: path.to_string() };
        match self.places.get_mut(&reason) {
            Some(places) if places.len() >= MAX_PLACES => self.left_out += 1,
            Some(places) => {
                let place = place();
                // What many places refer to is found many times.
                if !places.contains(&place) {
                    places.push(place);
                }
            }
            None if known >= most => self.left_out += 1,
            None => {
                self.places.insert(reason, vec![place()]);
            }
        }
    }

    fn in_order(self) -> impl Iterator<Item = (Place, String, Vec<Place>)> {
        let mut found: Vec<_> = self
            .places
            .into_iter()
            .filter_map(|(reason, mut places)| {
                places.sort();
                let mut places = places.into_iter();
                Some((places.next()?, reason, places.collect()))
            })
            .collect();
        found.sort();
        found.into_iter()
    }
}
