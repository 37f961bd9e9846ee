//! Results in BigQuery's form: `{"f":[{"v":...}]}` rows and legacy type names.
//!
//! A type this version cannot print is refused by name before a query runs, never printed roughly.

#![expect(clippy::wildcard_enum_match_arm, reason = "an allow-list of printable types")]

use datafusion::arrow::array::{
    Array, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch,
    StringArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use serde_json::{Value, json};

use super::error::ApiError;

/// BigQuery's legacy name of a type.
pub(crate) fn type_name(field: &Field) -> Result<&'static str, ApiError> {
    Ok(match field.data_type() {
        DataType::Int64 | DataType::Int32 | DataType::UInt64 => "INTEGER",
        DataType::Float64 => "FLOAT",
        DataType::Decimal128(_, _) => "NUMERIC",
        DataType::Boolean => "BOOLEAN",
        DataType::Date32 => "DATE",
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => "STRING",
        other => return Err(ApiError::unsupported(format!("a result of type {other}"))),
    })
}

/// A schema as the wire has it.
pub(crate) fn schema(schema: &Schema) -> Result<Value, ApiError> {
    let fields = schema.fields().iter().map(|field| {
        Ok(json!({"name": field.name(), "type": type_name(field)?, "mode": "NULLABLE"}))
    });
    Ok(json!({"fields": fields.collect::<Result<Vec<_>, ApiError>>()?}))
}

/// All rows of the batches.
pub(crate) fn rows(batches: &[RecordBatch]) -> Result<Vec<Value>, ApiError> {
    let mut rows = Vec::new();
    for batch in batches {
        let columns = batch.columns().iter().map(texts).collect::<Result<Vec<_>, _>>()?;
        for index in 0..batch.num_rows() {
            let cell =
                |column: &Vec<Option<String>>| json!({"v": column.get(index).cloned().flatten()});
            rows.push(json!({"f": columns.iter().map(cell).collect::<Vec<_>>()}));
        }
    }
    Ok(rows)
}

fn texts(column: &std::sync::Arc<dyn Array>) -> Result<Vec<Option<String>>, ApiError> {
    let broken = || ApiError::unsupported("a result of this type");
    let plain = match column.data_type() {
        DataType::Int32 | DataType::UInt64 => {
            cast(column, &DataType::Int64).map_err(|_| broken())?
        }
        DataType::Utf8View | DataType::LargeUtf8 => {
            cast(column, &DataType::Utf8).map_err(|_| broken())?
        }
        _ => std::sync::Arc::clone(column),
    };
    let any = plain.as_any();
    if let Some(values) = any.downcast_ref::<Int64Array>() {
        return Ok(values.iter().map(|v| v.map(|v| v.to_string())).collect());
    }
    if let Some(values) = any.downcast_ref::<Float64Array>() {
        return Ok(values.iter().map(|v| v.map(|v| format!("{v:?}"))).collect());
    }
    if let Some(values) = any.downcast_ref::<BooleanArray>() {
        return Ok(values.iter().map(|v| v.map(|v| v.to_string())).collect());
    }
    if let Some(values) = any.downcast_ref::<StringArray>() {
        return Ok(values.iter().map(|v| v.map(str::to_owned)).collect());
    }
    if let Some(values) = any.downcast_ref::<Decimal128Array>() {
        let text = |i: usize| (!values.is_null(i)).then(|| numeric(&values.value_as_string(i)));
        return Ok((0..values.len()).map(text).collect());
    }
    if let Some(values) = any.downcast_ref::<Date32Array>() {
        let text = |i: usize| values.value_as_date(i).map(|day| day.to_string());
        return Ok((0..values.len())
            .map(|i| if values.is_null(i) { None } else { text(i) })
            .collect());
    }
    Err(broken())
}

/// BigQuery prints NUMERIC without trailing zeros.
fn numeric(text: &str) -> String {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::numeric;

    #[test]
    fn numerics_print_as_the_service_prints_them() {
        assert_eq!(numeric("29.330000000"), "29.33");
        assert_eq!(numeric("100.000000000"), "100");
        assert_eq!(numeric("100"), "100");
        assert_eq!(numeric("0.000000000"), "0");
    }
}
