//! What can go wrong in the demo, as sentences for a newcomer.
//!
//! Every variant says what happened and what to do next; nothing of a database or an upstream error
//! text gets in.

/// The demo could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The private services did not start.
    #[error("{0}")]
    Services(String),
    /// A file of the demo's state could not be read or written.
    #[error("the demo's state folder cannot be used ({0}); choose another with --state DIR")]
    State(String),
    /// The simulator did not come up.
    #[error("the warehouse simulator did not start: {0}")]
    Sandbox(String),
    /// The server did not come up.
    #[error("the server did not start: {0}")]
    Server(String),
    /// An API call was refused.
    #[error("{call} was answered with {status} {code}: {detail} {next}")]
    Refused {
        /// Method and path.
        call: String,
        /// HTTP status.
        status: u16,
        /// Error code.
        code: String,
        /// What happened.
        detail: String,
        /// What to do next.
        next: String,
    },
    /// An API call got no usable answer.
    #[error("{0} got no usable answer; is another program in the way? Run the demo again")]
    NoAnswer(String),
    /// An argument does not fit.
    #[error("{0}")]
    Argument(String),
}
