//! `accessLogSettings`: the line that is written about each request of a stage.

use tollgate_access_log::{AccessLog, Config};
use tollgate_source::{At, Findings};

/// Reads the settings.
pub(crate) fn read(at: &At<'_>, out: &mut Findings) -> Option<Config> {
    let mut fields = at.fields(out)?;
    let unused =
        "`destinationArn` is not looked at: lines go where the proxy writes its access log";
    fields.notice("destinationArn", unused, out);
    let format = fields.need("format", out);
    fields.finish(out);
    let format = format?;
    let config = Config { format: format.filled(out)?.to_owned() };
    match AccessLog::compile(&config) {
        Ok(_) => Some(config),
        Err(invalid) => {
            out.refuse(&format, invalid.reason);
            None
        }
    }
}
