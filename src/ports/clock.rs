//! The wall clock as a port, so that a test or a demo can say what time it is.
//!
//! Only for business time (windows, event times). Waiting uses the runtime's timer, and leases use
//! the database's clock.

use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}
