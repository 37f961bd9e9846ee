//! Tables and columns from tables.list and tables.get, which are free of charge.
//!
//! Every column comes back unexamined: this module knows names and types, and nothing about people.

use autopilot_domain::catalog::{ColumnFacts, ColumnType, Examination, TableFacts, TableRef};
use autopilot_domain::failure::Failure;
use gcp_bigquery_client::Client;
use gcp_bigquery_client::model::field_type::FieldType;
use gcp_bigquery_client::model::table_field_schema::TableFieldSchema;
use gcp_bigquery_client::model::table_reference::TableReference;
use gcp_bigquery_client::table::ListOptions;

use super::Target;
use super::errors::failure_of;

/// Most tables that are listed; a data set with more is listed up to here.
const MAX_TABLES: usize = 5_000;

pub(super) fn table_ref(reference: TableReference) -> TableRef {
    TableRef {
        project: reference.project_id,
        dataset: reference.dataset_id,
        table: reference.table_id,
    }
}

pub(super) async fn list_tables(
    client: &Client,
    target: &Target,
) -> Result<Vec<TableRef>, Failure> {
    let mut tables = Vec::new();
    let mut options = ListOptions::default().max_results(1_000);
    loop {
        let answer = client.table().list(&target.project, &target.dataset, options).await;
        let page = answer.map_err(|error| failure_of(&error))?;
        tables.extend(
            page.tables.unwrap_or_default().into_iter().map(|t| table_ref(t.table_reference)),
        );
        match page.next_page_token {
            Some(token) if tables.len() < MAX_TABLES => {
                options = ListOptions::default().max_results(1_000).page_token(token);
            }
            _ => return Ok(tables),
        }
    }
}

pub(super) async fn describe(client: &Client, table: &TableRef) -> Result<TableFacts, Failure> {
    let answer = client.table().get(&table.project, &table.dataset, &table.table, None).await;
    let found = answer.map_err(|error| failure_of(&error))?;
    let partitioning = found.time_partitioning.as_ref();
    let required = found.require_partition_filter.unwrap_or(false)
        || partitioning.and_then(|p| p.require_partition_filter).unwrap_or(false);
    Ok(TableFacts {
        table: table.clone(),
        columns: found.schema.fields.unwrap_or_default().iter().map(column).collect(),
        rows: count(found.num_rows.as_deref()),
        bytes: count(found.num_bytes.as_deref()),
        partition_column: partitioning.and_then(|p| p.field.clone()),
        partition_filter_required: required,
    })
}

fn count(text: Option<&str>) -> u64 {
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn column(field: &TableFieldSchema) -> ColumnFacts {
    ColumnFacts {
        name: field.name.clone(),
        column_type: column_type(&field.r#type),
        repeated: field.mode.as_deref() == Some("REPEATED"),
        examination: Examination::Unexamined,
    }
}

const fn column_type(field: &FieldType) -> ColumnType {
    match field {
        FieldType::String => ColumnType::String,
        FieldType::Bytes => ColumnType::Bytes,
        FieldType::Integer | FieldType::Int64 => ColumnType::Int64,
        FieldType::Float | FieldType::Float64 => ColumnType::Float64,
        FieldType::Numeric => ColumnType::Numeric,
        FieldType::Bignumeric => ColumnType::Bignumeric,
        FieldType::Boolean | FieldType::Bool => ColumnType::Bool,
        FieldType::Timestamp => ColumnType::Timestamp,
        FieldType::Date => ColumnType::Date,
        FieldType::Time => ColumnType::Time,
        FieldType::Datetime => ColumnType::Datetime,
        FieldType::Record | FieldType::Struct => ColumnType::Record,
        FieldType::Geography => ColumnType::Geography,
        FieldType::Json => ColumnType::Json,
        FieldType::Interval => ColumnType::Interval,
    }
}
