//! The governed query path, whole: the only road from a text to a warehouse.
//!
//! One consumed value moves Draft -> Safe -> Cataloged -> PiiDecided -> Priced -> Reserved ->
//! Approved. No stage has a public constructor, so a skipped check does not compile, and
//! [`ports::Warehouse::execute`] takes nothing but an [`stages::ApprovedQuery`]. Nothing here knows
//! a database, a network or an actor: what the path needs from outside stands in [`ports`].

pub mod check;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod fuzzing {
    //! Inner parts of the engine for fuzz targets; no part of the interface.

    pub use crate::safety::fuzzing::{canonical, shows_nothing_protected};
}
mod asking;
pub mod estimate;
pub mod gate;
mod masks;
pub mod permit;
pub mod ports;
pub mod receipt;
mod recover;
mod safety;
pub mod selftest;
mod settling;
/// The safety engine's public face: policy, facts, verdict, and the threads it runs on.
pub mod sql {
    pub use crate::safety::{
        Outcome, Policy, RuleHit, SafetyCatalog, SafetyTable, TableName, Verdict, Worker, analyze,
        analyze_on_this_thread,
    };
}
pub mod stages;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use estimate::Estimate;
pub use gate::{Gate, GatePolicy, Governed};
pub use permit::{Condition, Permit, RealConditions};
pub use recover::Recovered;
pub use stages::{Draft, Protected};
