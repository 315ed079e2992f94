//! The CSV that AWS's `ImportApiKeys` reads.

use csv::{ByteRecord, ReaderBuilder};

use tollgate_api_keys::check_plans;

use crate::failure::{Code, Failure};
use crate::keys::value;

/// A key with its value, as it is imported.
pub struct Imported {
    pub value: String,
    pub name: String,
    pub description: String,
    pub enabled: bool,
    pub usage_plans: Vec<String>,
}

/// A line that is refused. The reason does not repeat what the line says.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    pub line: u64,
    pub reason: String,
}

/// Where each column is. Columns with other names count for nothing, as with API Gateway.
struct Columns {
    name: usize,
    key: usize,
    description: Option<usize>,
    enabled: Option<usize>,
    usage_plans: Option<usize>,
    count: usize,
}

/// Reads keys, line by line.
///
/// # Errors
/// A failure where the header has no `Name` or no `Key`: then there are no keys.
pub fn parse(content: &[u8]) -> Result<Vec<Result<Imported, Refused>>, Failure> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(content);
    let refuse = |reason: &str| Failure::new(Code::Refused, reason);
    let header = reader.byte_headers().map_err(|_| refuse("the header cannot be read"))?;
    let columns = Columns::read(header).map_err(|reason| refuse(&reason))?;
    let rows = reader.into_byte_records().map(|row| {
        // Reading from memory cannot fail, and any number of fields is allowed.
        let row = row.unwrap_or_default();
        let line = row.position().map_or(0, csv::Position::line);
        columns.imported(&row).map_err(|reason| Refused { line, reason })
    });
    Ok(rows.collect())
}

impl Columns {
    fn read(header: &ByteRecord) -> Result<Self, String> {
        let find = |wanted: &str| {
            header.iter().position(|name| name.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes()))
        };
        let must = |wanted: &str| find(wanted).ok_or(format!("the header has no `{wanted}`"));
        Ok(Self {
            name: must("Name")?,
            key: must("Key")?,
            description: find("description"),
            enabled: find("Enabled"),
            usage_plans: find("usageplanIds"),
            count: header.len(),
        })
    }

    fn imported(&self, row: &ByteRecord) -> Result<Imported, String> {
        let mut fields = Vec::with_capacity(row.len());
        for field in row {
            let text = str::from_utf8(field).map_err(|_| "is not UTF-8 text")?;
            fields.push(text.trim().to_owned());
        }
        let fields = if fields.len() > self.count { unquoted(fields) } else { fields };
        if fields.len() > self.count {
            return Err("has more fields than the header".to_owned());
        }
        let field = |place: usize| fields.get(place).map(String::as_str).unwrap_or_default();
        let optional = |place: Option<usize>| place.map(field).unwrap_or_default();

        let secret = field(self.key);
        value::check(secret, value::MIN_IMPORTED_CHARS)?;
        value::check_name(field(self.name))?;
        let enabled = match optional(self.enabled).to_ascii_lowercase().as_str() {
            "" | "true" => true,
            "false" => false,
            _ => return Err("`Enabled` must be `true` or `false`".to_owned()),
        };
        let plans = optional(self.usage_plans).trim_matches(['\'', '"']);
        let plans = plans.split(',').map(str::trim).filter(|plan| !plan.is_empty());
        let usage_plans: Vec<_> = plans.map(str::to_owned).collect();
        check_plans(&usage_plans).map_err(|invalid| invalid.within("usageplanIds").to_string())?;
        Ok(Imported {
            value: secret.to_owned(),
            name: field(self.name).to_owned(),
            description: optional(self.description).to_owned(),
            enabled,
            usage_plans,
        })
    }
}

/// A list may stand in single quotes, which mean nothing to other readers of CSV.
fn unquoted(fields: Vec<String>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::with_capacity(fields.len());
    let mut is_open = false;
    for field in fields {
        let closes = is_open && field.ends_with('\'');
        match joined.last_mut().filter(|_| is_open) {
            Some(last) => {
                last.push(',');
                last.push_str(&field);
            }
            None => {
                is_open = field.starts_with('\'') && (field.len() == 1 || !field.ends_with('\''));
                joined.push(field);
                continue;
            }
        }
        if closes {
            is_open = false;
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "apikey1234abcdefghij0123456789";

    /// Name, enabled, plans and description of the only line.
    #[track_caller]
    fn check(header: &str, line: &str, expected: (&str, bool, &[&str], &str)) {
        let mut rows = parse(format!("{header}\n{line}\n").as_bytes()).unwrap();
        assert_eq!(rows.len(), 1);
        let found = rows.remove(0).unwrap_or_else(|refused| panic!("{}", refused.reason));
        assert_eq!(found.value, VALUE);
        let plans: Vec<_> = found.usage_plans.iter().map(String::as_str).collect();
        let text =
            (found.name.as_str(), found.enabled, plans.as_slice(), found.description.as_str());
        assert_eq!(text, expected);
    }

    #[test]
    fn the_examples_of_the_documentation_are_read() {
        check("Key,name", &format!("{VALUE},MyFirstApiKey"), ("MyFirstApiKey", true, &[], ""));
        check(
            "Name,key,description,Enabled,usageplanIds",
            &format!("MyFirstApiKey,{VALUE},An imported key,TRUE,c7y23b"),
            ("MyFirstApiKey", true, &["c7y23b"], "An imported key"),
        );
        for quote in ['"', '\''] {
            check(
                "Enabled,Name,key,UsageplanIds",
                &format!("true,MyFirstApiKey,{VALUE},{quote}c7y23b,glvrsr{quote}"),
                ("MyFirstApiKey", true, &["c7y23b", "glvrsr"], ""),
            );
        }
    }

    #[test]
    fn what_editors_make_of_it_is_read_too() {
        let line = format!("a,{VALUE},false\r");
        check("\u{feff}Name,Key,Enabled\r", &line, ("a", false, &[], ""));
        check("Owner,NAME,KEY", &format!("me, a , {VALUE}"), ("a", true, &[], ""));
        check(
            "Name,usageplanIds,Key",
            &format!("'a','b, c',{VALUE}"),
            ("'a'", true, &["b", "c"], ""),
        );
    }

    #[test]
    fn every_refused_line_says_why_and_no_more() {
        let long = "x".repeat(129);
        let lines = [
            format!("a,{VALUE},true"),
            "b,too-short,true".to_owned(),
            format!("c,{long},"),
            format!("d,{VALUE},maybe"),
            format!("{},{VALUE},", "n".repeat(1_025)),
            format!("p,{VALUE},,\"x,x\""),
            format!("e,{VALUE},true,,more"),
            "f".to_owned(),
        ];
        let rows = parse(format!("Name,Key,Enabled,usageplanIds\n{}", lines.join("\n")).as_bytes())
            .unwrap();
        let refused = rows.into_iter().filter_map(Result::err);
        let refused: Vec<_> = refused.map(|refused| (refused.line, refused.reason)).collect();
        let expected = [
            (3, "API Key value should be at least 30 characters"),
            (4, "API Key value exceeds maximum size of 128 characters"),
            (5, "`Enabled` must be `true` or `false`"),
            (6, "Invalid API Key name, can be at most 1024 characters."),
            (7, "usageplanIds[1]: is named twice"),
            (8, "has more fields than the header"),
            (9, "API Key value should be at least 30 characters"),
        ];
        assert_eq!(refused, expected.map(|(line, reason)| (line, reason.to_owned())));
    }

    #[test]
    fn without_name_and_key_there_is_nothing() {
        for header in ["", "Name", "Key,description"] {
            let failure = parse(header.as_bytes()).err().unwrap();
            assert!(failure.message.starts_with("the header has no `"), "{}", failure.message);
        }
    }
}
