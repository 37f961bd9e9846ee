//! Why a program of this crate could not measure.
//! A sentence each; what the database said is left to its own log.

use autopilot::ports::StoreError;

/// A benchmark could not be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The private servers did not start.
    #[error("{0}")]
    Services(String),
    /// The store refused.
    #[error("the store refused: {0}")]
    Store(#[from] StoreError),
    /// The bare database refused.
    #[error("the database refused a bare statement")]
    Bare(#[from] tokio_postgres::Error),
    /// The service did not answer.
    #[error("the service did not answer")]
    Http(#[from] reqwest::Error),
    /// The schemas could not be made.
    #[error("{0}")]
    Migration(String),
    /// Something that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
}
