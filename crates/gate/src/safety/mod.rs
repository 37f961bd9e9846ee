//! Reads a text, and decides whether it may run as it is, in a safer form, or not at all.
//!
//! Order: caps on the bytes, our own canonical lexer, the parser, the allow-list over its tree, then
//! block, require and enforce rules. No parser type leaves the thread it was made on, and a text that
//! was changed is read again from the start and must give the tree that was meant.

mod cost;
mod cut;
mod engine;
mod facts;
mod filters;
mod functions;
#[cfg(feature = "testing")]
pub(crate) mod fuzzing;
mod guess;
mod lexer;
mod lineage;
mod links;
mod parse;
mod policy;
mod prefix;
mod reading;
#[cfg(test)]
mod tests;
mod thread;
mod tokens;
mod verdict;
mod walk;

pub use engine::analyze_on_this_thread;
pub use facts::{SafetyCatalog, SafetyTable};
pub(crate) use lineage::{Clause, Lineage, OutputColumn, ProtectedUse, decide};
pub use policy::Policy;
pub(crate) use reading::Reading;
pub(crate) use thread::follow;
pub use thread::{Worker, analyze};
pub(crate) use verdict::Blocked;
pub use verdict::{Outcome, RuleHit, TableName, Verdict};
