//! A resource policy as a filter of its own.

use tollgate_iam::{Api, Decision, Principal, denied_message};
use tollgate_policy::{
    Compile, Exchange, Fault, Headers, Host, Invalid, Needs, Policy, Response, Verdict,
};

use crate::config::Config;
use crate::policy::ResourcePolicy;

/// Characters of an API's id and of a stage's name: API Gateway's own bound for the latter.
const MAX_NAME_CHARS: usize = 128;

/// Refuses whoever a resource policy does not allow.
#[derive(Debug)]
pub struct Filter {
    policy: ResourcePolicy,
    api: Api,
    stage: String,
}

impl Policy for Filter {
    type Notes = ();

    fn needs(&self) -> Needs {
        Needs { source_address: self.policy.needs_source_address(), ..Needs::default() }
    }

    fn on_request(&self, (): &mut (), exchange: &mut Exchange, _: &dyn Host) -> Verdict {
        let (decision, arn) = self.decide(exchange);
        if decision.is_allow() {
            return Verdict::Continue;
        }
        let message = denied_message(Principal::Anonymous, &arn, decision);
        let body = serde_json::json!({ "Message": message }).to_string().into_bytes();
        let headers = Headers::from_iter([
            ("content-type", "application/json"),
            ("x-amzn-errortype", "AccessDeniedException"),
        ]);
        exchange.context.error = Some(Fault::AccessDenied);
        exchange.context.error_message = Some(message);
        Verdict::Respond(Response { status: 403, headers, body })
    }
}

impl Filter {
    /// What the policy says of a request, and the ARN that it is told by.
    fn decide(&self, exchange: &Exchange) -> (Decision, String) {
        let method = String::from_utf8_lossy(exchange.request.method());
        let decide = |arn: &str| self.policy.decide(exchange, arn, Principal::Anonymous);
        self.api.decide_call(&self.stage, &method, exchange.request.path(), decide)
    }
}

impl Compile for Filter {
    type Config = Config;

    fn compile(config: Config) -> Result<Self, Invalid> {
        let region = config.region.unwrap_or_else(|| "us-east-1".to_owned());
        let is_small =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.is_empty() || region.len() > MAX_NAME_CHARS || !region.bytes().all(is_small) {
            return Err(Invalid::new(
                "region",
                format!("`{region}` is no region such as `us-east-1`"),
            ));
        }
        let account = config.account_id.unwrap_or_else(|| "123456789012".to_owned());
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Invalid::new("account_id", format!("`{account}` is not twelve digits")));
        }
        let api_id = config.api_id.unwrap_or_else(|| "tollgate".to_owned());
        check_name(&api_id).map_err(|invalid| invalid.within("api_id"))?;
        let stage = config.stage.unwrap_or_else(|| "$default".to_owned());
        check_name(&stage).map_err(|invalid| invalid.within("stage"))?;
        let api = Api::new(&region, &account, &api_id);
        let policy = ResourcePolicy::new(&config.policy, &api)
            .map_err(|invalid| invalid.within("policy"))?;
        Ok(Self { policy, api, stage })
    }
}

/// Refuses what would be more than a name in an ARN: a `*`, or a colon.
fn check_name(name: &str) -> Result<(), Invalid> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_$".contains(&byte);
    if name.is_empty() || name.len() > MAX_NAME_CHARS || !name.bytes().all(is_plain) {
        let reason =
            format!("`{name}` is not 1 to {MAX_NAME_CHARS} letters, digits, `-`, `_` and `$`");
        return Err(Invalid::new("", reason));
    }
    Ok(())
}
