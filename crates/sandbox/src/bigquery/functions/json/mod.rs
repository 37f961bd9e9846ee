//! The JSON type and its functions.
//!
//! Decides nothing itself: each file holds one group. The documents are a type of our own, because
//! BigQuery's rules on numbers, equal keys and the order of members are its own too.

mod build;
mod change;
mod convert;
mod document;
mod encode;
mod extract;
mod lexer;
pub(crate) mod named;
mod number;
mod parse;
mod path;
#[cfg(test)]
mod tests;
mod text;

use super::{AnySig, Sig};

/// Every overload of this folder.
pub(crate) static GROUPS: &[&[Sig]] = &[build::SIGS, extract::SIGS, convert::SIGS, change::SIGS];

/// Functions of any type.
pub(crate) static ANY: &[&[AnySig]] = &[build::ANY, encode::ANY, change::ANY];

pub(crate) use document::Json;
pub(crate) use extract::subscript;
