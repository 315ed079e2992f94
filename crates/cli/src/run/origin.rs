//! Where what is served comes from.

use std::path::{Path, PathBuf};

use tollgate_policy::Endpoint;
use tollgate_releases::Store;

use crate::arguments::Source;
use crate::document::{self, Document};
use crate::failure::{Code, Failure};
use crate::terminal;

/// Where what is served comes from.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// An OpenAPI document, and what it does not say itself.
    Document(&'a Source),
    /// What has been deployed.
    Releases(&'a Store),
}

impl Origin<'_> {
    /// Reads what is to be served, and says the notices.
    ///
    /// # Errors
    /// Why it cannot be served.
    pub fn read(&self) -> Result<Document, Failure> {
        let document = match self {
            Self::Document(source) => {
                document::read(source)?.map_err(|problems| document::refused(source, problems))?
            }
            Self::Releases(store) => deployed(store)?,
        };
        for notice in &document.notices {
            terminal::warning(&notice.text);
        }
        Ok(document)
    }

    /// The files whose changes are to be noticed, apart from that of the keys.
    pub fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::Document(source) => {
                let overlay = source.overlay.iter().cloned();
                std::iter::once(source.document.clone()).chain(overlay).collect()
            }
            Self::Releases(store) => vec![store.stages_file()],
        }
    }

    /// What it is called where it is told of.
    pub fn name(&self, file: &Path) -> String {
        match self {
            Self::Document(_) => file.display().to_string(),
            Self::Releases(store) => store.folder().display().to_string(),
        }
    }
}

/// What the stages in a folder serve.
fn deployed(store: &Store) -> Result<Document, Failure> {
    let state = store.read().map_err(failure)?;
    if state.releases.stages().next().is_none() {
        let folder = store.folder().display();
        let reason = format!(
            "nothing is deployed in `{folder}` yet: try `tollgate deploy API.YAML --stage NAME`"
        );
        return Err(Failure::new(Code::Refused, reason));
    }
    let shared = &state.releases.shared;
    let counters = (shared.counters_address.as_deref()).map(Endpoint::split).transpose().map_err(
        |invalid| Failure::new(Code::Refused, invalid.within("counters_address").to_string()),
    )?;
    let mut definition = state.definition().map_err(failure)?;
    let credentials = shared.credentials_file.as_deref().map(PathBuf::from);
    if let Some(path) = &credentials {
        definition.credentials = document::credentials(path).map_err(|problems| {
            let lines = problems.into_iter().map(|problem| problem.text).collect();
            let message = format!("`{}` is refused", path.display());
            Failure::new(Code::Refused, message).with_details(lines)
        })?;
    }
    Ok(Document {
        definition,
        notices: Vec::new(),
        credentials,
        keys: shared.keys_file.as_deref().map(PathBuf::from),
        counters: counters.map(|(endpoint, _)| endpoint),
    })
}

/// What the shell is told of a release that was refused or could not be kept.
pub fn failure(error: tollgate_releases::Error) -> Failure {
    let code = if error.is_refusal() { Code::Refused } else { Code::Environment };
    Failure::new(code, error.to_string())
}
