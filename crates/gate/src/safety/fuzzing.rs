//! What fuzz targets need of the engine's inner parts, as plain data.
//!
//! Exists in builds with the feature `testing` only and decides nothing: each function asks one part
//! of the engine and passes its answer on.

use autopilot_domain::catalog::Catalog;

use super::{engine, lexer, lineage};

/// The canonical text, or None if characters or lexer refuse the text.
#[must_use]
pub fn canonical(text: &str) -> Option<String> {
    lexer::check_characters(text).ok()?;
    lexer::lex(text).ok().map(|lexed| lexed.canonical)
}

/// Whether a text, followed through the catalog, uses no protected column in a way that shows it;
/// None if it is refused before. Call it on a thread with a large stack.
#[must_use]
pub fn shows_nothing_protected(text: &str, catalog: &Catalog) -> Option<bool> {
    let lineage = engine::follow(text, catalog).ok()?;
    Some(lineage::decide(&lineage).allowed)
}
