//! BigQuery's SQL over DataFusion: types, values, names and functions as BigQuery has them.
//!
//! Decides what a text means by BigQuery's rules and hands DataFusion a plan in which nothing is left
//! to its own rules. What is not known here is refused by name; it is never answered roughly.

mod bind;
mod change;
pub(crate) mod engine;
pub(crate) mod fault;
pub(crate) mod functions;
mod metadata;
mod price;
pub(crate) mod session;
pub(crate) mod store;
pub(crate) mod syntax;
#[cfg(test)]
mod tests;
pub(crate) mod types;
pub(crate) mod value;
