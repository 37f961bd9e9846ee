//! Searching with a compiled pattern.
//!
//! Decides where the next match is sought, what an empty match does and which group a function takes.
//! Places are bytes here; it must never step into the middle of a character of a STRING by itself.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::syntax;
use crate::bigquery::fault::Fault;

/// Patterns kept compiled by a thread.
const KEPT: usize = 64;

/// Bytes that one compiled pattern may take; what BigQuery finds too large takes more.
const MOST_COMPILED: usize = 16 << 20;

/// How deep groups may be nested.
const MOST_NESTED: u32 = 2000;

thread_local! {
    /// Patterns over STRING, then over BYTES. Shared, since a clone would search without warm caches.
    static COMPILED: RefCell<[BTreeMap<String, Rc<Pattern>>; 2]> = RefCell::default();
}

/// A pattern over STRING or over BYTES.
pub(super) struct Pattern {
    regex: Regex,
    bytes: bool,
    pub(super) empty: bool,
}

/// Compiles a pattern; one over BYTES is read as Latin-1.
pub(super) fn compile(pattern: &str, bytes: bool) -> Result<Rc<Pattern>, Fault> {
    let known = COMPILED.with_borrow(|[chars, others]| {
        if bytes { others.get(pattern).cloned() } else { chars.get(pattern).cloned() }
    });
    if let Some(known) = known {
        return Ok(known);
    }
    let regex = RegexBuilder::new(&syntax::translate(pattern, bytes)?)
        .size_limit(MOST_COMPILED)
        .nest_limit(MOST_NESTED)
        .build()
        .map_err(|_| Fault::unsupported("A regular expression of this size"))?;
    let fresh = Rc::new(Pattern { regex, bytes, empty: pattern.is_empty() });
    COMPILED.with_borrow_mut(|[chars, others]| {
        let kept = if bytes { others } else { chars };
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(pattern.to_owned(), Rc::clone(&fresh));
    });
    Ok(fresh)
}

/// A match of nothing inside a character, as `\B` may find one.
fn inside_character() -> Fault {
    Fault::query("Input argument to REGEXP_EXTRACT_ALL function is not valid UTF8 string")
}

/// What one step of an extraction found.
pub(super) struct Found {
    /// The group, or the whole match where there is none; `None` for a group that took no part.
    pub(super) part: Option<Range<usize>>,
    /// Where the search goes on: behind the match, and one unit further when it is empty.
    pub(super) next: usize,
}

impl Pattern {
    pub(super) fn is_match(&self, of: &[u8]) -> bool {
        self.regex.is_match(of)
    }

    /// Groups without the whole match.
    pub(super) fn groups(&self) -> usize {
        self.regex.captures_len().saturating_sub(1)
    }

    /// The length of the character at a place.
    fn step(&self, of: &[u8], at: usize) -> usize {
        if self.bytes {
            return 1;
        }
        match of.get(at) {
            Some(0xF0..) => 4,
            Some(0xE0..) => 3,
            Some(0xC0..) => 2,
            Some(_) | None => 1,
        }
    }

    /// Each match in turn, until one ends at the end.
    pub(super) fn extract<'a>(
        &'a self,
        of: &'a [u8],
    ) -> Result<impl Iterator<Item = Result<Found, Fault>> + 'a, Fault> {
        if self.groups() > 1 {
            return Err(Fault::query(
                "Regular expressions passed into extraction functions must not have more than 1 \
                 capturing group",
            ));
        }
        let mut from = Some(0);
        Ok(std::iter::from_fn(move || {
            let found = self.regex.captures_at(of, from?)?;
            let whole = found.get(0)?.range();
            let mut next = whole.end;
            if whole.is_empty() && next < of.len() {
                if !self.bytes && of.get(next).is_some_and(|byte| byte & 0xC0 == 0x80) {
                    from = None;
                    return Some(Err(inside_character()));
                }
                next = next.saturating_add(self.step(of, next));
            }
            from = (next < of.len()).then_some(next);
            Some(Ok(Found { part: found.get(self.groups()).map(|part| part.range()), next }))
        }))
    }

    /// Every match put into other words; an empty match right after a match is left alone.
    pub(super) fn replace(
        &self,
        of: &[u8],
        mut words: impl FnMut(&Captures<'_>, &mut Vec<u8>),
    ) -> Vec<u8> {
        let mut done = Vec::with_capacity(of.len());
        let (mut at, mut last) = (0_usize, None);
        while at <= of.len() {
            let found = self.regex.captures_at(of, at);
            let Some((found, whole)) =
                found.and_then(|f| f.get(0).map(|w| w.range()).map(|w| (f, w)))
            else {
                done.extend_from_slice(of.get(at..).unwrap_or_default());
                break;
            };
            done.extend_from_slice(of.get(at..whole.start).unwrap_or_default());
            at = whole.end;
            if !whole.is_empty() {
                words(&found, &mut done);
            } else {
                if last != Some(whole.start) {
                    words(&found, &mut done);
                }
                let next = at.saturating_add(self.step(of, at));
                done.extend_from_slice(of.get(at..next.min(of.len())).unwrap_or_default());
                at = next;
            }
            last = Some(whole.end);
        }
        done
    }
}
