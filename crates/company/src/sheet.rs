//! Turns rows into the columns of a table, each column with a random stream of its own.
//!
//! A column's values depend on the seed, the table's and the column's name and the rows alone; the
//! order in which columns are added must never matter to their values.

use crate::rng::Rng;
use crate::table::{Column, Values};

/// The columns of one table under construction.
pub(crate) struct Sheet<'a, R> {
    seed: u64,
    table: &'static str,
    rows: &'a [R],
    columns: Vec<Column>,
}

impl<'a, R> Sheet<'a, R> {
    /// A table without columns yet.
    pub(crate) fn new(seed: u64, table: &'static str, rows: &'a [R]) -> Self {
        Self { seed, table, rows, columns: Vec::new() }
    }

    fn each<T>(&self, name: &str, mut value: impl FnMut(&mut Rng, &R) -> T) -> Vec<T> {
        let mut rng = Rng::keyed(self.seed, &format!("{}.{name}", self.table), 0);
        self.rows.iter().map(|row| value(&mut rng, row)).collect()
    }

    fn add(&mut self, name: &str, description: &str, values: Values) -> &mut Self {
        let (name, description) = (name.to_owned(), description.to_owned());
        self.columns.push(Column { name, description, values });
        self
    }

    /// Adds an INT64 column.
    pub(crate) fn int(
        &mut self,
        name: &str,
        description: &str,
        value: impl FnMut(&mut Rng, &R) -> Option<i64>,
    ) -> &mut Self {
        let values = Values::Int64(self.each(name, value));
        self.add(name, description, values)
    }

    /// Adds a FLOAT64 column.
    pub(crate) fn float(
        &mut self,
        name: &str,
        description: &str,
        value: impl FnMut(&mut Rng, &R) -> Option<f64>,
    ) -> &mut Self {
        let values = Values::Float64(self.each(name, value));
        self.add(name, description, values)
    }

    /// Adds a NUMERIC column; values in billionths.
    pub(crate) fn numeric(
        &mut self,
        name: &str,
        description: &str,
        value: impl FnMut(&mut Rng, &R) -> Option<i128>,
    ) -> &mut Self {
        let values = Values::Numeric(self.each(name, value));
        self.add(name, description, values)
    }

    /// Adds a BOOL column.
    pub(crate) fn bool(
        &mut self,
        name: &str,
        description: &str,
        value: impl FnMut(&mut Rng, &R) -> Option<bool>,
    ) -> &mut Self {
        let values = Values::Bool(self.each(name, value));
        self.add(name, description, values)
    }

    /// Adds a STRING column.
    pub(crate) fn text(
        &mut self,
        name: &str,
        description: &str,
        value: impl FnMut(&mut Rng, &R) -> Option<String>,
    ) -> &mut Self {
        let values = Values::String(self.each(name, value));
        self.add(name, description, values)
    }

    /// Adds a DATE column; days since 1970.
    pub(crate) fn date(
        &mut self,
        name: &str,
        description: &str,
        value: impl FnMut(&mut Rng, &R) -> Option<i32>,
    ) -> &mut Self {
        let values = Values::Date(self.each(name, value));
        self.add(name, description, values)
    }

    /// Adds a TIMESTAMP column; microseconds since 1970.
    pub(crate) fn instant(
        &mut self,
        name: &str,
        description: &str,
        value: impl FnMut(&mut Rng, &R) -> Option<i64>,
    ) -> &mut Self {
        let values = Values::Timestamp(self.each(name, value));
        self.add(name, description, values)
    }

    /// Adds a JSON column.
    pub(crate) fn json(
        &mut self,
        name: &str,
        description: &str,
        value: impl FnMut(&mut Rng, &R) -> Option<String>,
    ) -> &mut Self {
        let values = Values::Json(self.each(name, value));
        self.add(name, description, values)
    }

    /// Adds a repeated STRING column.
    pub(crate) fn texts(
        &mut self,
        name: &str,
        description: &str,
        value: impl FnMut(&mut Rng, &R) -> Vec<String>,
    ) -> &mut Self {
        let values = Values::StringArray(self.each(name, value));
        self.add(name, description, values)
    }

    /// The columns, in the order in which they were added.
    pub(crate) fn columns(self) -> Vec<Column> {
        self.columns
    }
}

/// A value that is NULL `per_mille` times in a thousand.
pub(crate) fn nullable<T>(
    rng: &mut Rng,
    per_mille: u64,
    value: impl FnOnce(&mut Rng) -> T,
) -> Option<T> {
    // The value is drawn either way, so that a change of the share leaves the other values alone.
    let null = rng.chance(per_mille);
    let value = value(rng);
    (!null).then_some(value)
}
