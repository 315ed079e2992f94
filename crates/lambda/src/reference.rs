//! Which function a document means, and where it is called.

use std::collections::BTreeMap;

use crate::Function;

/// A function, as a document names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its name, with a qualifier if it has one. Variables of stages may be part of it.
    pub name: String,
    /// Its ARN, if that is given.
    arn: Option<String>,
    /// Where it is, if that is given.
    region: Option<String>,
    /// Whether the name is one that only `CloudFormation` can turn into a function.
    is_logical: bool,
    /// Whether what it writes is asked for as a stream.
    pub streams: bool,
}

/// Where functions are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Functions {
    /// Those that have no place of their own; at Lambda itself, in their region, where absent.
    pub all: Option<Place>,
    /// Single ones, by name without a qualifier.
    pub by_name: BTreeMap<String, Place>,
}

/// Where a function is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Where the Invoke API is; where all functions are called where absent.
    pub endpoint: Option<String>,
    /// What the function is called there, if it has another name.
    pub name: Option<String>,
    /// The region for which calls are signed; they are not where absent.
    pub signing_region: Option<String>,
}

/// What stands before the name of a function in a URI, after the version of the API.
const FUNCTIONS: &str = "/functions/";
const ENDS: [(&str, bool); 2] =
    [("/invocations", false), ("/response-streaming-invocations", true)];

impl Reference {
    /// Reads the ARN of a function, or of the action that calls it: `arn:aws:apigateway:REGION:lambda:path/\
    /// 2015-03-31/functions/FUNCTION/invocations`. `${NAME.Arn}` and `${NAME}`, which stand for functions
    /// in templates of `CloudFormation`, count as functions of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut outer_region = None;
        let mut streams = false;
        let mut function = text;
        if let Some((action, rest)) = text.split_once(":lambda:path/") {
            let (region, _) = region_of(action, "apigateway")?;
            outer_region = Some(region);
            let (_, rest) = rest.split_once("functions/")?;
            let ends =
                ENDS.iter().find_map(|(end, streams)| Some((rest.strip_suffix(end)?, *streams)));
            (function, streams) = ends?;
        }
        if let Some(logical) = logical(function) {
            return Some(Self {
                name: logical.to_owned(),
                arn: None,
                region: outer_region,
                is_logical: true,
                streams,
            });
        }
        let Some((head, name)) = function.split_once(":function:") else {
            // A name alone is one within a URI only.
            let is_name = text.contains(FUNCTIONS) && !function.starts_with("arn:");
            return is_name.then(|| Self {
                name: function.to_owned(),
                arn: None,
                region: outer_region,
                is_logical: false,
                streams,
            });
        };
        let (region, _) = region_of(head, "lambda")?;
        let logical = logical(name);
        Some(Self {
            name: logical.unwrap_or(name).to_owned(),
            arn: Some(function.to_owned()),
            region: Some(region),
            is_logical: logical.is_some(),
            streams,
        })
    }

    /// The function, where it is called.
    ///
    /// # Errors
    /// What would have to be said first.
    pub fn resolve(&self, functions: &Functions) -> Result<Function, &'static str> {
        let plain = self.name.split_once(':').map_or(self.name.as_str(), |(name, _)| name);
        let (own, all) = (functions.by_name.get(plain), functions.all.as_ref());
        let name = own.and_then(|place| place.name.clone());
        let region = own.and_then(|place| place.signing_region.clone());
        // A region belongs to an endpoint: an emulator elsewhere is not called with signatures.
        let endpoint = match (own.and_then(|place| place.endpoint.clone()), all) {
            (Some(endpoint), _) => Some((endpoint, region.clone())),
            (None, Some(Place { endpoint: Some(endpoint), signing_region, .. })) => {
                Some((endpoint.clone(), region.clone().or_else(|| signing_region.clone())))
            }
            (None, _) => None,
        };
        if let Some((endpoint, signing_region)) = endpoint {
            let name = name.unwrap_or_else(|| self.name.clone());
            return Ok(Function { name, endpoint, signing_region });
        }
        if self.is_logical && name.is_none() {
            return Err(
                "only CloudFormation knows which function this is: say where functions are \
                        called, with `--lambda-endpoint` or in the overlay's `lambda`",
            );
        }
        let Some(region) = region.as_ref().or(self.region.as_ref()) else {
            return Err("the function has no region: its ARN belongs here");
        };
        // The other parts of AWS have domains of their own.
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        Ok(Function {
            name: name.or_else(|| self.arn.clone()).unwrap_or_else(|| self.name.clone()),
            endpoint: format!("https://lambda.{region}.{domain}"),
            signing_region: Some(region.clone()),
        })
    }
}

/// The region of `arn:PARTITION:SERVICE:REGION`, and what follows it.
fn region_of<'a>(arn: &'a str, service: &str) -> Option<(String, &'a str)> {
    let mut parts = arn.splitn(5, ':');
    let is_arn =
        parts.next() == Some("arn") && parts.next().is_some_and(|part| part.starts_with("aws"));
    if !is_arn || parts.next() != Some(service) {
        return None;
    }
    let region = parts.next()?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if region.is_empty() || !region.bytes().all(plain) {
        return None;
    }
    Some((region.to_owned(), parts.next().unwrap_or_default()))
}

/// The name in `${NAME.Arn}` or `${NAME}`, which is not a variable of a stage.
fn logical(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    let name = name.split_once('.').map_or(name, |(name, attribute)| {
        // Of a stage's variables the first part is always the same.
        if matches!(attribute, "Arn" | "Alias" | "Version") { name } else { "" }
    });
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then_some(name)
}
