//! The tables a simulator starts with, from the loaded files.
//!
//! Decides which BigQuery type stands for a loaded column; nothing is converted roughly.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;

use super::clock;
use crate::bigquery::session::Warehouse;
use crate::bigquery::store::{ColumnDef, Dataset, Table, TableDef};
use crate::bigquery::types::Type;
use crate::load::Loaded;
use crate::options::StartError;

/// Makes the data set and puts every loaded table into it.
pub(crate) fn seed(
    warehouse: &Warehouse,
    dataset: &str,
    loaded: &[Loaded],
) -> Result<(), StartError> {
    let now = clock::millis();
    let made = Dataset::at(now);
    let trouble = |error: &dyn std::fmt::Display| StartError::Engine(error.to_string());
    warehouse.store.create_dataset(dataset, made).map_err(|error| trouble(&error))?;
    for one in loaded {
        let schema = one.rows.schema();
        let columns: Vec<ColumnDef> = schema
            .fields()
            .iter()
            .map(|field| type_of(field.data_type()).map(|of| ColumnDef::new(field.name(), of)))
            .collect::<Option<_>>()
            .ok_or_else(|| {
                trouble(&format!("a column of {} has a type without a name", one.name))
            })?;
        let def = TableDef {
            name: one.name.clone(),
            columns,
            created: now,
            modified: now,
            ..TableDef::default()
        };
        let arrays = one.rows.columns().iter().zip(&def.columns);
        let arrays = arrays.map(|(array, column)| cast(array, &column.of.arrow()));
        let arrays = arrays.collect::<Result<Vec<_>, _>>().map_err(|error| trouble(&error))?;
        let batch = RecordBatch::try_new(def.schema(), arrays).map_err(|error| trouble(&error))?;
        let table = Table::empty(def)
            .with_rows(&[batch], clock::micros())
            .map_err(|error| trouble(&error))?;
        warehouse.store.put(dataset, table).map_err(|error| trouble(&error))?;
    }
    Ok(())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "an allow-list of the loader's types")]
fn type_of(of: &DataType) -> Option<Type> {
    match of {
        DataType::Int64 => Some(Type::Int64),
        DataType::Decimal128(..) => Some(Type::Numeric),
        DataType::Float64 => Some(Type::Float64),
        DataType::Boolean => Some(Type::Bool),
        DataType::Date32 => Some(Type::Date),
        DataType::Utf8 => Some(Type::String),
        _ => None,
    }
}
