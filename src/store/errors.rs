//! Database and Redis errors as the port's error, with the detail in the log alone.
//!
//! A stale fence is `Lost`; anything a broken connection, a restart or a timeout can cause is
//! `Unavailable`; the rest is a defect. No statement text or row value is ever logged.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "foreign error enums: what is not named is passing"
)]

use tokio_postgres::error::SqlState;

use crate::ports::StoreError;

/// What the function `fence` raises.
pub const FENCED: &str = "AP001";

/// The port's error behind a PostgreSQL error.
pub fn of_postgres(error: &tokio_postgres::Error) -> StoreError {
    match error.code() {
        Some(code) if code.code() == FENCED => StoreError::Lost,
        Some(code) if is_passing(code) => StoreError::Unavailable,
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => {
            // Two at once, of whom one was first; sealers of the same chain meet so every day.
            tracing::debug!("a row was there before");
            StoreError::Corrupt("a row was there before")
        }
        Some(code) => {
            tracing::error!(sqlstate = code.code(), "a statement was refused");
            StoreError::Corrupt("a statement was refused")
        }
        None if error.is_closed() || std::error::Error::source(error).is_some_and(is_io) => {
            StoreError::Unavailable
        }
        None => {
            tracing::error!("a value did not have the type the code expects");
            StoreError::Corrupt("a value did not have the expected type")
        }
    }
}

fn is_io(source: &(dyn std::error::Error + 'static)) -> bool {
    source.is::<std::io::Error>()
}

/// Whether a later try may succeed.
fn is_passing(code: &SqlState) -> bool {
    let class = code.code().get(..2).unwrap_or_default();
    matches!(class, "08" | "53" | "57" | "58" | "40")
        || *code == SqlState::LOCK_NOT_AVAILABLE
        || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
}

/// The port's error behind a pool error.
pub fn of_pool(error: &deadpool_postgres::PoolError) -> StoreError {
    match error {
        deadpool_postgres::PoolError::Backend(inner) => match of_postgres(inner) {
            // Refused at the door (starting up, wrong password): nothing a row could cause.
            StoreError::Corrupt(_) | StoreError::Unavailable => StoreError::Unavailable,
            StoreError::Lost => StoreError::Lost,
        },
        _ => StoreError::Unavailable,
    }
}
