//! Pages of rows: where one starts, how many rows it has, and the token of the next.
//!
//! A token is opaque to the caller and holds only the next row's number. A page also ends when it is
//! full, whatever the caller asked for, but it never leaves without a row while rows are left.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::spec::int64;
use crate::bigquery::session::Outcome;
use crate::wire::error::ApiError;
use crate::wire::values::{self, Stamp};

/// Bytes of a page.
const FULL: usize = 20 << 20;
const MARK: &str = "rows:";

/// The part of a result that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Slice {
    pub(crate) from: usize,
    /// All that fit when absent.
    pub(crate) take: Option<usize>,
    pub(crate) stamp: Stamp,
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Slice {
    /// From the body of jobs.query.
    pub(crate) fn of_body(body: &Value) -> Result<Self, ApiError> {
        let options = body.get("formatOptions").unwrap_or(&Value::Null);
        let micros = options.get("useInt64Timestamp") == Some(&json!(true));
        let stamp = if micros { Stamp::Micros } else { Stamp::Seconds };
        Ok(Self { from: 0, take: int64(body, "maxResults")?.map(size), stamp })
    }

    /// From the parameters of a GET.
    pub(crate) fn of_url(query: &BTreeMap<String, String>) -> Result<Self, ApiError> {
        let number = |name: &str| {
            let text = query.get(name).filter(|text| !text.is_empty());
            text.map(|text| text.parse().map(size)).transpose().map_err(|_| {
                ApiError::invalid(format!("Invalid value for {name}: a whole number is wanted"))
            })
        };
        let token = query.get("pageToken").filter(|token| !token.is_empty());
        let from = match token {
            Some(token) => offset(token).ok_or_else(|| ApiError::invalid("Invalid page token"))?,
            None => number("startIndex")?.unwrap_or(0),
        };
        let micros = query
            .get("formatOptions.useInt64Timestamp")
            .is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let stamp = if micros { Stamp::Micros } else { Stamp::Seconds };
        Ok(Self { from, take: number("maxResults")?, stamp })
    }

    /// The items of a list, and the next token.
    pub(crate) fn of_list<T>(self, all: Vec<T>) -> (Vec<T>, Option<String>) {
        let total = all.len();
        let take = self.take.unwrap_or(1_000).min(10_000);
        let next = self.from.saturating_add(take);
        let page = all.into_iter().skip(self.from).take(take).collect();
        (page, (next < total).then(|| token(next)))
    }
}

/// The token of the page that starts at a row.
pub(crate) fn token(from: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("{MARK}{from}"))
}

fn offset(token: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    text.strip_prefix(MARK)?.parse().ok()
}

/// Puts rows and the next token into an answer; a partial page loses its last rows and the token.
pub(crate) fn fill(body: &mut Value, outcome: &Outcome, slice: Slice, partial: bool) {
    let take = slice.take.unwrap_or(usize::MAX);
    let mut page = values::page(outcome, slice.from, take, FULL, slice.stamp);
    let next = slice.from.saturating_add(page.len());
    let Some(fields) = body.as_object_mut() else { return };
    if partial {
        page.truncate(page.len() / 2);
    } else if next < outcome.rows.len() {
        fields.insert("pageToken".to_owned(), json!(token(next)));
    }
    // BigQuery leaves the field out when there is nothing in it.
    if !page.is_empty() {
        fields.insert("rows".to_owned(), json!(page));
    }
}
