//! What the operator writes.

use serde::{Deserialize, Serialize};

/// A Lambda function, and where it is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// Its name, with or without a `:QUALIFIER`, or its ARN. Up to 256 characters.
    pub name: String,
    /// Where the Invoke API is: `https://lambda.us-east-1.amazonaws.com`, or what stands in for it, such
    /// as `http://127.0.0.1:9000`. A path may follow, after which comes
    /// `/2015-03-31/functions/NAME/invocations`.
    pub endpoint: String,
    /// The region for which calls are signed, such as `us-east-1`. The proxy signs them with the
    /// credentials of its own environment. They are not signed where absent, which AWS refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_region: Option<String>,
}
