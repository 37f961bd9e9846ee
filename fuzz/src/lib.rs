//! What the targets share: an independent reading of a text by GoogleSQL's lexical rules.
//!
//! It must never use the engine's own lexer, whose work it checks; so it is written from the rules
//! alone, as simply as it can be, and refuses nothing that it can cut in any way.

pub mod catalog;
pub mod splitter;
