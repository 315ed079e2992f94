//! Why something was not done. What was there before is there still.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tollgate_policy::Invalid;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What is asked for is not possible, in API Gateway's words where it has some.
    #[error("{0}")]
    Refused(String),
    /// A field cannot be honoured.
    #[error("{0}")]
    Invalid(Invalid),
    /// Somebody else is changing the same folder.
    #[error(
        "`{folder}` is being changed by {holder}: waited {} s, try again once it is done",
        waited.as_secs()
    )]
    Busy {
        /// The folder.
        folder: PathBuf,
        /// Who is in the way.
        holder: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A file is not what was written there.
    #[error("`{file}` cannot be used: {reason}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The machine did not do its part.
    #[error("cannot {what} `{file}`: {source}")]
    File {
        /// What was tried.
        what: &'static str,
        /// With which file or folder.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

impl Error {
    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        Self::Refused(reason.into())
    }

    pub(crate) fn unreadable(file: &Path, reason: impl Into<String>) -> Self {
        Self::Unreadable { file: file.to_owned(), reason: reason.into() }
    }

    /// Turns what the system says into what could not be done with a file.
    pub(crate) fn at(what: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_owned();
        move |source| Self::File { what, file, source }
    }

    /// Whether it is for the operator to say something else, rather than for the machine to be mended.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Invalid(_))
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}
