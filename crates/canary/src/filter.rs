//! The split as a filter of its own.

use tollgate_policy::{Compile, Exchange, Host, Invalid, Needs, Origin, Policy, Response, Verdict};

use crate::config::Config;
use crate::meter::Meters;
use crate::split::{Split, Variant};
use crate::sticky;

const MAX_NAME_CHARS: usize = 128;

/// Says in a header field whether a request is for the canary.
#[derive(Debug)]
pub struct Canary {
    split: Split,
    header: String,
    meters: Meters,
}

/// What the policy remembers of one exchange.
#[derive(Debug, Default)]
pub struct Notes {
    /// Whose request it is, until it is counted.
    variant: Option<Variant>,
}

impl Policy for Canary {
    type Notes = Notes;

    fn needs(&self) -> Needs {
        Needs {
            source_address: self.split.needs_source_address(),
            responses: true,
            endings: true,
            ..Needs::default()
        }
    }

    fn on_request(&self, notes: &mut Notes, exchange: &mut Exchange, _: &dyn Host) -> Verdict {
        let variant = self.split.choose(exchange);
        let is_canary = variant == Variant::Canary;
        notes.variant = Some(variant);
        exchange.context.is_canary_request = Some(is_canary);
        let headers = &mut exchange.request.headers;
        headers.remove_alike(&self.header);
        headers.set(&self.header, if is_canary { "true" } else { "false" });
        Verdict::Continue
    }

    fn on_response(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        response: &mut Response,
        _: &Origin,
        host: &dyn Host,
    ) -> Verdict {
        if let Some(variant) = notes.variant.take() {
            let latency = host.now().since(exchange.arrived);
            self.meters.count(variant, response.status, latency, host);
        }
        Verdict::Continue
    }

    fn on_end(
        &self,
        notes: &mut Notes,
        exchange: &mut Exchange,
        host: &dyn Host,
    ) -> Option<String> {
        if let Some(variant) = notes.variant.take() {
            self.meters.abandon(variant, host.now().since(exchange.arrived), host);
        }
        None
    }
}

impl Compile for Canary {
    type Config = Config;

    fn compile(config: Config) -> Result<Self, Invalid> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
        let name = &config.name;
        if !(1..=MAX_NAME_CHARS).contains(&name.len()) || !name.bytes().all(plain) {
            let reason = format!("must be 1 to {MAX_NAME_CHARS} letters, digits and `-_./`");
            return Err(Invalid::new("name", reason));
        }
        sticky::check_token(&config.header).map_err(|invalid| invalid.within("header"))?;
        let chosen_by = config.chosen_by.as_ref();
        if let Some(chosen_by) = chosen_by
            && chosen_by.header.eq_ignore_ascii_case(&config.header)
        {
            let reason = "is also the field that says which of the two a request is for";
            return Err(Invalid::new("override.header", reason));
        }
        let split = Split::compile(config.percent_traffic, config.sticky, chosen_by, name)?;
        Ok(Self { split, header: config.header, meters: Meters::of(name, None) })
    }
}
