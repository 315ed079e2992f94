//! Texts with wildcards and variables in them.

use std::borrow::Cow;

use crate::keys::Keys;
use crate::malformed::Malformed;
use crate::variable::Variable;
use crate::work::Work;

/// A text with wildcards and variables in it.
#[derive(Debug)]
pub(crate) struct Pattern {
    parts: Box<[Part]>,
    /// How many of them are variables.
    variables: usize,
}

#[derive(Debug)]
enum Part {
    Text(Box<str>),
    /// `?`: one character.
    One,
    /// `*`: any characters.
    Many,
    /// A variable, and which of the pattern's it is.
    Variable(usize, Variable),
}

/// What may stand in a pattern besides text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Syntax {
    /// Whether `*` and `?` are wildcards.
    pub(crate) has_wildcards: bool,
    /// Whether `${` begins a variable.
    pub(crate) has_variables: bool,
}

impl Pattern {
    /// # Errors
    /// [`Malformed`] if there is a variable that is none.
    pub(crate) fn parse(written: &str, syntax: Syntax) -> Result<Self, Malformed> {
        let mut builder = Builder::default();
        let mut rest = written;
        while let Some(next) = rest.chars().next() {
            if let Some(inner) = rest.strip_prefix("${").filter(|_| syntax.has_variables) {
                let Some((name, after)) = inner.split_once('}') else {
                    return Err(Malformed::new(
                        "has a `${` without a `}`; for a dollar sign write `${$}`",
                    ));
                };
                match name {
                    "*" | "?" | "$" => builder.text.push_str(name),
                    name => builder.variable(Variable::parse(name)?),
                }
                rest = after;
                continue;
            }
            match next {
                '*' if syntax.has_wildcards => builder.many(),
                '?' if syntax.has_wildcards => builder.part(Part::One),
                next => builder.text.push(next),
            }
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
        }
        Ok(builder.finish())
    }

    /// A pattern that has wildcards and no variables.
    pub(crate) fn wildcards(written: &str) -> Self {
        let mut builder = Builder::default();
        for next in written.chars() {
            match next {
                '*' => builder.many(),
                '?' => builder.part(Part::One),
                next => builder.text.push(next),
            }
        }
        builder.finish()
    }

    /// Whether it is `*`, which every text matches.
    pub(crate) fn is_any(&self) -> bool {
        matches!(&*self.parts, [Part::Many])
    }

    /// The variables in it, in order.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(_, variable) => Some(variable),
            Part::Text(_) | Part::One | Part::Many => None,
        })
    }

    /// The keys that its variables ask for.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.variables().map(|variable| &*variable.key)
    }

    /// What its variables stand for. `None` if one stands for nothing.
    pub(crate) fn resolve<'k>(&'k self, keys: &'k dyn Keys) -> Option<Vec<Cow<'k, str>>> {
        if self.variables == 0 {
            return Some(Vec::new());
        }
        self.variables().map(|variable| variable.value(keys)).collect()
    }

    /// Whether the whole text matches, with these for variables. `None` if that is too much work to tell.
    ///
    /// Only the last `*` is ever taken back to, so there are never more steps than the length of the
    /// text times that of the pattern.
    pub(crate) fn matches(
        &self,
        variables: &[Cow<'_, str>],
        text: &str,
        work: &Work,
    ) -> Option<bool> {
        match &*self.parts {
            // Most parts of an ARN are of this kind.
            [Part::Text(expected)] => {
                work.take(1)?;
                return Some(**expected == *text);
            }
            [Part::Many] => return Some(true),
            _ => {}
        }
        let piece = |index: usize| self.parts.get(index).map(|part| part.piece(variables));
        let (mut part, mut rest) = (0_usize, text);
        // After the last `*`: its next part, and the text that has been tried from.
        let mut star: Option<(usize, &str)> = None;
        loop {
            work.take(1)?;
            let after = match piece(part) {
                None if rest.is_empty() => return Some(true),
                None => None,
                Some(Piece::Many) => {
                    part = part.saturating_add(1);
                    if part == self.parts.len() {
                        return Some(true);
                    }
                    star = Some((part, rest));
                    continue;
                }
                Some(Piece::One) => skip(rest),
                Some(Piece::Text(expected)) => {
                    work.take(expected.len() / 16)?;
                    rest.strip_prefix(expected)
                }
            };
            if let Some(after) = after {
                (part, rest) = (part.saturating_add(1), after);
                continue;
            }
            let Some((next, tried)) = star else { return Some(false) };
            let Some(tried) = skip(tried) else { return Some(false) };
            let tried = match piece(next) {
                Some(Piece::Text(expected)) => {
                    let found = tried.find(expected);
                    work.take(found.unwrap_or(tried.len()) / 16)?;
                    found.and_then(|at| tried.get(at..))
                }
                _ => Some(tried),
            };
            let Some(tried) = tried else { return Some(false) };
            star = Some((next, tried));
            (part, rest) = (next, tried);
        }
    }

    /// Whether a text is this one, but for small and capital letters. There are no wildcards then.
    pub(crate) fn equals_ignoring_case(&self, variables: &[Cow<'_, str>], text: &str) -> bool {
        let expected = self.parts.iter().filter_map(|part| match part.piece(variables) {
            Piece::Text(text) => Some(text),
            Piece::One | Piece::Many => None,
        });
        let small = |text: &str| -> String { text.chars().flat_map(char::to_lowercase).collect() };
        small(&expected.collect::<String>()) == small(text)
    }
}

/// The text without its first character.
fn skip(text: &str) -> Option<&str> {
    let mut rest = text.chars();
    rest.next().map(|_| rest.as_str())
}

enum Piece<'p> {
    Text(&'p str),
    One,
    Many,
}

impl Part {
    fn piece<'p>(&'p self, variables: &'p [Cow<'_, str>]) -> Piece<'p> {
        match self {
            Self::Text(text) => Piece::Text(text),
            Self::One => Piece::One,
            Self::Many => Piece::Many,
            Self::Variable(index, _) => Piece::Text(variables.get(*index).map_or("", |text| text)),
        }
    }
}

#[derive(Default)]
struct Builder {
    parts: Vec<Part>,
    text: String,
    variables: usize,
}

impl Builder {
    fn part(&mut self, part: Part) {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.text).into()));
        }
        self.parts.push(part);
    }

    /// Several `*` in a row are one.
    fn many(&mut self) {
        if !(self.text.is_empty() && matches!(self.parts.last(), Some(Part::Many))) {
            self.part(Part::Many);
        }
    }

    fn variable(&mut self, variable: Variable) {
        self.part(Part::Variable(self.variables, variable));
        self.variables = self.variables.saturating_add(1);
    }

    fn finish(mut self) -> Pattern {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(self.text.into()));
        }
        Pattern { parts: self.parts.into(), variables: self.variables }
    }
}
