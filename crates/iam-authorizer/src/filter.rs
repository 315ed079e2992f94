//! The authorizer as a filter of its own.

use tollgate_iam::{Action, Api, Malformed, Principal, denied_message};
use tollgate_policy::{Compile, Exchange, Host, Invalid, Needs, Policy, Verdict};

use crate::answer::{self, Style};
use crate::authorizer::{IamAuthorizer, Notes};
use crate::config::Config;
use crate::exchange::withdraw_signature;

/// Characters of a service's name. None of AWS's has so many.
const MAX_SERVICE_CHARS: usize = 128;

/// Refuses whoever has not signed, and whoever no policy of theirs allows what they ask for.
#[derive(Debug)]
pub struct Filter {
    authorizer: IamAuthorizer,
    api: Api,
    stage: String,
    style: Style,
}

impl Policy for Filter {
    type Notes = Notes;

    fn needs(&self) -> Needs {
        Needs {
            source_address: self.authorizer.needs_source_address(),
            bounded_bodies: true,
            ..Needs::default()
        }
    }

    fn on_request(&self, notes: &mut Notes, exchange: &mut Exchange, _: &dyn Host) -> Verdict {
        self.judge(notes, exchange, None)
    }

    fn on_request_body(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        body: &mut Vec<u8>,
        _: &dyn Host,
    ) -> Verdict {
        self.judge(notes, exchange, Some(body))
    }

    fn inherit(&self, previous: &Self) {
        self.authorizer.inherit(&previous.authorizer);
    }
}

impl Filter {
    fn judge(&self, notes: &mut Notes, exchange: &mut Exchange, body: Option<&[u8]>) -> Verdict {
        let verdict = self.authorizer.authenticate(notes, exchange, body, self.style);
        if !matches!(verdict, Verdict::Continue) {
            return verdict;
        }
        let Some(signer) = notes.signer() else { return answer::missing(exchange, self.style) };
        let method = String::from_utf8_lossy(exchange.request.method());
        let decide = |arn: &str| signer.decide(exchange, Action::Invoke, arn);
        let path = exchange.request.path();
        let (decision, arn) = self.api.decide_call(&self.stage, &method, path, decide);
        if !decision.is_allow() {
            let message = denied_message(Principal::Caller(signer.caller()), &arn, decision);
            return answer::denied(exchange, self.style, message);
        }
        withdraw_signature(&mut exchange.request);
        Verdict::Continue
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
        let service = config.service.as_deref().unwrap_or("execute-api");
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if service.is_empty() || service.len() > MAX_SERVICE_CHARS || !service.bytes().all(is_plain)
        {
            let reason = format!("`{service}` is no service such as `execute-api`");
            return Err(Invalid::new("service", reason));
        }
        let authorizer = IamAuthorizer::new(&api.region, service, &config.credentials)
            .map_err(|invalid| invalid.within("credentials"))?;
        Ok(Self { authorizer, api, stage, style: config.style })
    }
}
