//! A reference company as a data set.
//!
//! Decides nothing about the company: names, descriptions, labels, partitions and rows are taken as
//! they were made, a hostile company's too. JSON is stored in the engine's canonical form.

use std::collections::HashMap;
use std::sync::Arc;

use autopilot_company::{
    Column, Company, CompanyError, Options, Partition, PartitionUnit, Table as Made, Values,
};
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::Field;

use super::{Loaded, Progress, filled, settings};
use crate::bigquery::functions::json::Json;
use crate::bigquery::store::{ColumnDef, Granularity, Partitioning, Table, TableDef};
use crate::bigquery::types::Type;
use crate::options::StartError;

fn refused(error: &CompanyError) -> StartError {
    StartError::Engine(error.to_string())
}

/// Makes the company and its tables.
///
/// # Errors
/// A zone that is not known, or a history that leaves the calendar.
pub(super) fn read(
    options: &Options,
    now: i64,
    progress: &mut dyn FnMut(Progress),
) -> Result<Loaded, StartError> {
    let company = Company::generate(options.clone()).map_err(|error| refused(&error))?;
    let mut tables = Vec::new();
    for made in company.tables {
        let name = made.name.clone();
        let total = made.rows() as u64;
        let mut tell = |rows, percent| {
            progress(Progress { name: name.clone(), rows, total: Some(total), percent });
        };
        tell(0, 0);
        tables.push(table(made, now)?);
        tell(total, 100);
    }
    Ok(Loaded { description: Some(company.description), labels: company.labels, tables })
}

/// The company's truth as JSON.
///
/// # Errors
/// A zone that is not known, or a history that leaves the calendar.
pub(super) fn truth(options: &Options) -> Result<String, StartError> {
    let company = Company::generate(options.clone()).map_err(|error| refused(&error))?;
    let truth = company.truth().map_err(|error| refused(&error))?;
    truth.to_json().map_err(|error| StartError::Engine(error.to_string()))
}

fn table(made: Made, now: i64) -> Result<Table, StartError> {
    let mut columns = Vec::new();
    let mut arrays = Vec::new();
    for Column { name, description, values } in made.columns {
        let (of, array) = array(values);
        let description = (!description.is_empty()).then_some(description);
        columns.push(ColumnDef { name, of, required: false, description });
        arrays.push(array);
    }
    let partitioning = made.partition.map(|Partition { column, by }| match by {
        PartitionUnit::Day => Partitioning::Time { column, by: Granularity::Day },
    });
    let def = TableDef {
        name: made.name.clone(),
        columns,
        partitioning,
        clustering: made.clustering,
        require_partition_filter: made.require_partition_filter,
        description: (!made.description.is_empty()).then_some(made.description),
        labels: made.labels,
        ..TableDef::default()
    };
    let def = settings::finished(def, now);
    let rows = RecordBatch::try_new(def.schema(), arrays)
        .map_err(|error| StartError::Engine(format!("{}: {error}", made.name)))?;
    filled(&made.name, def, &[rows], now)
}

fn array(values: Values) -> (Type, ArrayRef) {
    match values {
        Values::Int64(rows) => (Type::Int64, Arc::new(Int64Array::from(rows))),
        Values::Float64(rows) => (Type::Float64, Arc::new(Float64Array::from(rows))),
        Values::Numeric(rows) => {
            let array = Decimal128Array::from(rows).with_data_type(Type::Numeric.arrow());
            (Type::Numeric, Arc::new(array))
        }
        Values::Bool(rows) => (Type::Bool, Arc::new(BooleanArray::from(rows))),
        Values::String(rows) => (Type::String, Arc::new(StringArray::from(rows))),
        Values::Date(rows) => (Type::Date, Arc::new(Date32Array::from(rows))),
        Values::Timestamp(rows) => {
            let of = Type::Timestamp;
            let array = TimestampMicrosecondArray::from(rows).with_data_type(of.arrow());
            (of, Arc::new(array))
        }
        Values::Json(rows) => (Type::Json, Arc::new(canonical(&rows))),
        Values::StringArray(rows) => {
            let offsets = OffsetBuffer::from_lengths(rows.iter().map(Vec::len));
            let texts: StringArray = rows.iter().flatten().map(Some).collect();
            let item = Arc::new(Field::new("item", Type::String.arrow(), true));
            let lists = ListArray::new(item, offsets, Arc::new(texts), None);
            (Type::Array(Box::new(Type::String)), Arc::new(lists))
        }
    }
}

/// Documents in the engine's form. Most are repeated, so each is read once; a text that is no
/// document is kept as it is.
fn canonical(rows: &[Option<String>]) -> StringArray {
    let mut known: HashMap<&str, String> = HashMap::new();
    for text in rows.iter().flatten() {
        known.entry(text).or_insert_with(|| {
            Json::stored(text).map_or_else(|_| text.clone(), |json| json.compact())
        });
    }
    rows.iter().map(|row| row.as_deref().and_then(|text| known.get(text))).collect()
}
