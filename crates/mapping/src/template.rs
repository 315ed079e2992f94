//! Text in which variables stand.

use std::borrow::Cow;

use tollgate_policy::{Exchange, Invalid, Needs};

use crate::{Dialect, Expression, Form, Scene, Variable, names};

/// Text in which variables stand. It is no language: variables are put in their places and nothing
/// else, as in API Gateway's gateway responses and access logs.
#[derive(Clone, Debug)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Context(Variable),
    Expression(Expression),
}

impl Template {
    /// Reads the format of an access log, in which `$context.NAME` stands.
    ///
    /// # Errors
    /// [`Invalid`] for a variable that there is not.
    pub fn log(format: &str) -> Result<Self, Invalid> {
        read(format, &["$context."])
    }

    /// Reads the template of a gateway response, in which `$context.NAME`, `$stageVariables.NAME` and
    /// `$method.request.PLACE.NAME` stand; in braces too.
    ///
    /// # Errors
    /// [`Invalid`] for a variable that there is not.
    pub fn response(template: &str) -> Result<Self, Invalid> {
        read(template, &["$context.", "$stageVariables.", "$method.request."])
    }

    /// Reads the template of an integration response, in which `$context.NAME` and
    /// `$stageVariables.NAME` stand and nothing else that the Velocity Template Language has.
    ///
    /// # Errors
    /// [`Invalid`] for a variable that there is not, and for what is a program.
    pub fn integration(template: &str) -> Result<Self, Invalid> {
        if let Some(program) = program(template) {
            let reason = format!(
                "`{program}` needs the Velocity Template Language, which is not served by this version"
            );
            return Err(Invalid::new("", reason));
        }
        read(template, &["$context.", "$stageVariables."])
    }

    /// The text. `put` says how a value is written, and what is written where there is none.
    pub fn render<'e>(
        &self,
        exchange: &'e Exchange,
        mut put: impl FnMut(Option<Cow<'e, str>>, Form, &mut String),
    ) -> String {
        let scene = Scene::new(exchange);
        let mut text = String::with_capacity(256);
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Context(variable) => {
                    put(variable.value(exchange), variable.form(), &mut text);
                }
                Part::Expression(expression) => {
                    let value = expression.value(&scene);
                    let value = value.map(|value| String::from_utf8_lossy(&value).into_owned());
                    put(value.map(Cow::from), Form::Text, &mut text);
                }
            }
        }
        text
    }

    /// What has to be known of an exchange.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let needs = |part: &Part| match part {
            Part::Text(_) => false,
            Part::Context(variable) => variable.needs().source_address,
            Part::Expression(expression) => expression.needs().source_address,
        };
        Needs { source_address: self.0.iter().any(needs), ..Needs::default() }
    }
}

/// The first thing in a template that is neither text nor a variable.
fn program(template: &str) -> Option<&str> {
    let at = template.bytes().enumerate().find_map(|(at, byte)| {
        let rest = template.get(at.saturating_add(1)..).unwrap_or_default();
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let begins = |letters: &str| rest.starts_with(letters);
        let is_program = match byte {
            b'$' => {
                let is_variable = begins("context.") || begins("stageVariables.");
                let is_name =
                    rest.starts_with(|char: char| char.is_ascii_alphabetic() || char == '!');
                is_name && !is_variable
            }
            b'#' => {
                begins("#")
                    || begins("*")
                    || rest.starts_with(|char: char| char.is_ascii_alphabetic())
            }
            _ => false,
        };
        is_program.then_some(at)
    })?;
    let rest = template.get(at..)?;
    let end = rest.find(|char: char| char.is_whitespace() || char == '(').unwrap_or(rest.len());
    rest.get(..rest.floor_char_boundary(end.min(40)))
}

fn read(text: &str, prefixes: &[&str]) -> Result<Template, Invalid> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        plain.push_str(before);
        let (name, after_name) = match after.strip_prefix('{') {
            Some(inner) => inner.split_once('}').unwrap_or(("", after)),
            None => names::split(after),
        };
        let is_ours = prefixes
            .iter()
            .any(|prefix| prefix.strip_prefix('$').is_some_and(|prefix| name.starts_with(prefix)));
        if !is_ours {
            plain.push('$');
            rest = after;
            continue;
        }
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(match name.strip_prefix("context.") {
            Some(name) => Part::Context(Variable::parse(name)?),
            None => Part::Expression(Expression::parse(name, Dialect::Rest)?),
        });
        rest = after_name;
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(Template(parts))
}
