//! JOIN ... USING, and whether the keys of a join can be compared.
//!
//! The key becomes one column that comes first and hides both others from plain names and stars.
//! Types are compared only where the catalog tells both; nothing is refused on a guess.

use autopilot_domain::catalog::ColumnType;
use sqlparser::ast::ObjectName;

use super::names::{name, near};
use super::projection::idents;
use super::tracer::{Checked, Tracer};
use super::value::{Bound, Column, Kind, Name, Seen, Value};
use super::{Blocked, Clause};

impl Tracer<'_> {
    /// The keys of a USING, with the right side from `right` on.
    pub(super) fn using(
        &mut self,
        keys: &[ObjectName],
        start: usize,
        right: usize,
        bounds: &mut Vec<Bound>,
    ) -> Checked<()> {
        let mut merged = Vec::with_capacity(keys.len());
        for key in keys {
            let path = idents(key)?;
            let [key] = path.as_slice() else {
                return Err(Blocked::new("lineage.using", "USING takes plain names of columns."));
            };
            let key = name(key)?;
            let (left_side, right_side) = split(bounds, start, right);
            let left = self.take(key, left_side)?;
            let right = self.take(key, right_side)?;
            comparable(&left, &right)?;
            self.record(Clause::Join, &left);
            self.record(Clause::Join, &right);
            let value = self.join(&left, &right)?;
            merged.push(Column::new(Name::Given(key.to_owned()), value));
        }
        bounds.insert(start, Bound { name: None, columns: merged, element: None });
        Ok(())
    }

    /// The key's value on one side; from now on it needs its relation's name.
    fn take(&mut self, key: &str, side: &mut [Bound]) -> Checked<Value> {
        let hint = near(
            key,
            side.iter().flat_map(|one| &one.columns).filter_map(|column| column.name.given()),
        );
        let columns = side.iter_mut().flat_map(|bound| &mut bound.columns);
        let mut sure: Option<Value> = None;
        let mut perhaps = Vec::new();
        for column in columns.filter(|column| column.seen != Seen::Qualified) {
            if column.name.is(key) {
                if sure.is_some() {
                    let reason = format!("The join key {key} fits more than one column.");
                    return Err(Blocked::new("catalog.ambiguous_column", reason));
                }
                column.seen = Seen::Qualified;
                sure = Some(column.value.clone());
            } else if column.name.may_be(key) {
                perhaps.push(column.value.clone());
            }
        }
        match (sure, perhaps.is_empty()) {
            (Some(value), true) => Ok(value),
            (None, true) => {
                let reason = format!("One side of the join has no column {key}.{hint}");
                Err(Blocked::new("catalog.unknown_column", reason))
            }
            (sure, false) => self.join_all(sure.iter().chain(&perhaps)),
        }
    }
}

/// Both sides of a join.
fn split(bounds: &mut [Bound], start: usize, right: usize) -> (&mut [Bound], &mut [Bound]) {
    let (before, right_side) = bounds.split_at_mut(right.min(bounds.len()));
    let (_, left_side) = before.split_at_mut(start.min(before.len()));
    (left_side, right_side)
}

/// Refuses two columns that no `=` can compare.
pub(super) fn comparable(left: &Value, right: &Value) -> Checked<()> {
    let (Some(left), Some(right)) = (left.kind, right.kind) else {
        return Ok(());
    };
    let fits = match (family(left), family(right)) {
        (Some(Family::Never), _) | (_, Some(Family::Never)) => false,
        (Some(left), Some(right)) => left == right,
        (None, _) | (_, None) => true,
    };
    if fits {
        return Ok(());
    }
    let reason = format!(
        "Columns of the types {:?} and {:?} cannot be compared; cast one of them.",
        left.column_type, right.column_type
    );
    Err(Blocked::new("catalog.join_types", reason))
}

/// Types that compare with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Number,
    Text,
    Bytes,
    Truth,
    Day,
    Time,
    Instant,
    Interval,
    Record,
    /// Arrays, documents and places compare with nothing.
    Never,
}

/// The family of a type; none if the type is not known.
const fn family(kind: Kind) -> Option<Family> {
    if kind.repeated {
        return Some(Family::Never);
    }
    Some(match kind.column_type {
        ColumnType::Int64 | ColumnType::Float64 | ColumnType::Numeric | ColumnType::Bignumeric => {
            Family::Number
        }
        ColumnType::String => Family::Text,
        ColumnType::Bytes => Family::Bytes,
        ColumnType::Bool => Family::Truth,
        // A day is read as the datetime of its midnight.
        ColumnType::Date | ColumnType::Datetime => Family::Day,
        ColumnType::Time => Family::Time,
        ColumnType::Timestamp => Family::Instant,
        ColumnType::Interval => Family::Interval,
        ColumnType::Record => Family::Record,
        ColumnType::Json | ColumnType::Geography => Family::Never,
        ColumnType::Other => return None,
    })
}
