//! What a document does not say itself.

use std::collections::BTreeMap;

use tollgate_gateway::definition::Protocol;
use tollgate_lambda::Functions;
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings};

/// What a document does not say itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The document's name in messages. What ends in `.json` has to be JSON.
    pub file: String,
    /// The API's id; made from the title where absent.
    pub api_id: Option<String>,
    /// The stage; `$default` for an HTTP API and `prod` for a REST API where absent.
    pub stage: Option<String>,
    /// The stage's variables.
    pub stage_variables: BTreeMap<String, String>,
    /// The stages that the API will be served on instead, and the variables of each. Those of
    /// `stage_variables` come on top. Integrations' URIs have to make sense on each.
    pub stages: BTreeMap<String, BTreeMap<String, String>>,
    /// What happens to the document's base path.
    pub base_path: BasePath,
    /// Whose rules the API follows; found out from the document where absent.
    pub protocol: Option<Protocol>,
    /// Who will reach the API: a private one is refused where everybody may.
    pub endpoint_type: EndpointType,
    /// What `${AWS::Region}` stands for.
    pub region: String,
    /// What `${AWS::AccountId}` stands for.
    pub account_id: String,
    /// Where functions are called.
    pub functions: Functions,
}

/// Values of stage variables by their names.
pub(crate) type Variables<'a> = BTreeMap<&'a str, &'a str>;

/// What happens to the base path of a document: that of `basePath` (Swagger), or of the server
/// variable `basePath` or the first server's URL (OpenAPI 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BasePath {
    /// It is not part of the routes: `/v1/shop` and `/pets` make `/pets`.
    #[default]
    Ignore,
    /// It stands before every route: `/v1/shop/pets`.
    Prepend,
    /// All but its first segment stands before every route: `/shop/pets`.
    Split,
}

/// Who will reach the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndpointType {
    /// Whoever reaches the proxy's listener.
    #[default]
    Regional,
    /// Those whom the operator names.
    Private,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            file: "api.yaml".to_owned(),
            api_id: None,
            stage: None,
            stage_variables: BTreeMap::new(),
            stages: BTreeMap::new(),
            base_path: BasePath::default(),
            protocol: None,
            endpoint_type: EndpointType::default(),
            region: "us-east-1".to_owned(),
            account_id: "123456789012".to_owned(),
            functions: Functions::default(),
        }
    }
}

impl Options {
    /// The stage's name.
    pub(crate) fn stage(&self, protocol: Protocol, root: &At<'_>, out: &mut Findings) -> String {
        let stage = self.stage.as_deref().unwrap_or(match protocol {
            Protocol::Http => "$default",
            Protocol::Rest => "prod",
        });
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        match protocol {
            Protocol::Http if stage == "$default" => {}
            Protocol::Rest if stage == "$default" => {
                out.refuse(root, "only an HTTP API has a stage `$default`, and this is a REST API");
            }
            _ if (1..=128).contains(&stage.len()) && stage.bytes().all(letter) => {}
            _ => {
                let name = quoted(stage);
                out.refuse(
                    root,
                    format!("the stage {name} is named with 1 to 128 letters, digits, `-` and `_`"),
                );
            }
        }
        stage.to_owned()
    }

    /// Checks the stage variables by API Gateway's rules.
    pub(crate) fn check_variables(&self, root: &At<'_>, out: &mut Findings) {
        const MOST: usize = 100;
        if self.stage_variables.len() > MOST {
            out.refuse(root, format!("a stage has at most {MOST} variables"));
        }
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let in_value = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#&=,".contains(&byte);
        for (name, value) in self.stage_variables.iter().take(MOST) {
            let name_shown = quoted(name);
            if !(1..=64).contains(&name.len()) || !name.bytes().all(in_name) {
                let reason = format!(
                    "the stage variable {name_shown} is named with 1 to 64 letters, digits and `_`"
                );
                out.refuse(root, reason);
            }
            if !(1..=512).contains(&value.len()) || !value.bytes().all(in_value) {
                let reason = format!(
                    "the value of the stage variable {name_shown} has 1 to 512 letters, digits \
                     and `-._~:/?#&=,`"
                );
                out.refuse(root, reason);
            }
        }
    }

    /// The variables of every stage that is served, and its name where there may be several.
    pub(crate) fn variables<'a>(&'a self) -> Vec<(Option<&'a str>, Variables<'a>)> {
        let own = || self.stage_variables.iter().map(|(name, value)| (&**name, &**value));
        if self.stages.is_empty() {
            return vec![(None, own().collect())];
        }
        let with_own = |variables: &'a BTreeMap<String, String>| {
            let theirs = variables.iter().map(|(name, value)| (&**name, &**value));
            theirs.chain(own()).collect()
        };
        let stages = self.stages.iter();
        stages.map(|(stage, variables)| (Some(&**stage), with_own(variables))).collect()
    }

    /// Puts values where `${AWS::Region}`, `${AWS::AccountId}` and `${AWS::Partition}` stand, as
    /// API Gateway does on import.
    pub(crate) fn substitute(&self, text: &str) -> String {
        if !text.contains("${AWS::") {
            return text.to_owned();
        }
        text.replace("${AWS::Region}", &self.region)
            .replace("${AWS::AccountId}", &self.account_id)
            .replace("${AWS::Partition}", tollgate_iam::Api::partition(&self.region))
    }
}
