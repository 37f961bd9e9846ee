//! What must not be read in a result, place by place, and the redaction itself.
//!
//! Redaction happens before a result leaves the path, so that no step row, cache or stream ever holds
//! the clear value. A result whose places are not the ones that were decided about is given to nobody.

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};

use crate::ports::{Cell, QueryResult};

/// For each column of the result: what it would show, if it must not be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    places: Vec<Option<&'static str>>,
}

impl Masks {
    pub(crate) const fn new(places: Vec<Option<&'static str>>) -> Self {
        Self { places }
    }

    /// How many columns are redacted.
    pub(crate) fn count(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Replaces every protected value; NULL stays NULL.
    ///
    /// # Errors
    /// `WAREHOUSE_MALFORMED` when the result has other columns than were decided about.
    pub(crate) fn redact(&self, mut result: QueryResult) -> Result<QueryResult, Failure> {
        if self.count() == 0 {
            return Ok(result);
        }
        let same = |columns: usize| columns == self.places.len();
        if !same(result.columns.len()) || !result.rows.iter().all(|row| same(row.len())) {
            let class = FailureClass::MalformedResponse;
            return Err(Failure::of(class, ErrorCode::WarehouseMalformed));
        }
        for row in &mut result.rows {
            for (cell, place) in row.iter_mut().zip(&self.places) {
                if let (Cell::Text(text), Some(word)) = (cell, place) {
                    *text = format!("[REDACTED:{word}]");
                }
            }
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use autopilot_domain::units::Bytes;

    use super::*;

    fn result(rows: Vec<Vec<Cell>>) -> QueryResult {
        let columns = vec!["region".to_owned(), "email".to_owned()];
        let (processed, billed) = (Bytes(1), Bytes(1));
        let total_rows = u64::try_from(rows.len()).unwrap();
        QueryResult { columns, rows, total_rows, processed, billed, adopted: false }
    }

    #[test]
    fn protected_places_are_replaced_and_null_stays_null() {
        let text = |text: &str| Cell::Text(text.to_owned());
        let rows = vec![vec![text("north"), text("a@b.example")], vec![text("south"), Cell::Null]];
        let masks = Masks::new(vec![None, Some("email")]);
        let redacted = masks.redact(result(rows)).unwrap();
        let expected =
            vec![vec![text("north"), text("[REDACTED:email]")], vec![text("south"), Cell::Null]];
        assert_eq!((redacted.rows, masks.count()), (expected, 1));
    }

    #[test]
    fn a_result_with_other_columns_is_given_to_nobody() {
        let text = |text: &str| Cell::Text(text.to_owned());
        let masks = Masks::new(vec![None, None, Some("email")]);
        assert!(masks.redact(result(vec![vec![text("x"), text("y")]])).is_err());
        let masks = Masks::new(vec![None, Some("email")]);
        assert!(masks.redact(result(vec![vec![text("x")]])).is_err());
    }
}
