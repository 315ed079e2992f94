//! A resource policy as a filter of its own.

use tollgate_iam::{Api, Decision, Malformed, Principal, denied_message};
use tollgate_policy::{
    Compile, Exchange, Fault, Headers, Host, Invalid, Needs, Policy, Response, Verdict,
};

use crate::config::Config;
use crate::policy::ResourcePolicy;

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
        let refuse = |malformed: Malformed| Invalid::new(malformed.path, malformed.reason);
        let Config { region, account_id, api_id, .. } = &config;
        let api = Api::named(region.as_deref(), account_id.as_deref(), api_id.as_deref())
            .map_err(refuse)?;
        let stage = config.stage.unwrap_or_else(|| "$default".to_owned());
        Api::check_name(&stage).map_err(|malformed| refuse(malformed).within("stage"))?;
        let policy = ResourcePolicy::new(&config.policy, &api)
            .map_err(|invalid| invalid.within("policy"))?;
        Ok(Self { policy, api, stage })
    }
}
