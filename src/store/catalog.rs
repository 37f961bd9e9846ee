//! The stored catalog: tables, columns and people's decisions.
//!
//! A refresh replaces what the warehouse said and keeps what people found.

use std::collections::BTreeMap;

use autopilot_domain::catalog::{Catalog, ColumnFacts, Examination, TableFacts, TableRef};
use tokio_postgres::Row;

use super::rows::{corrupt, get, json, signed, small_signed, to_json, unsigned};
use super::statements::{COLUMN_INSERT, COLUMNS, COLUMNS_DELETE, TABLE_UPSERT, TABLES};
use super::tenant_db::TenantTx;
use crate::ports::StoreError;

fn table_ref(row: &Row) -> Result<TableRef, StoreError> {
    Ok(TableRef {
        project: get(row, "project")?,
        dataset: get(row, "dataset")?,
        table: get(row, "table_name")?,
    })
}

fn column(row: &Row) -> Result<ColumnFacts, StoreError> {
    let examination = match get::<String>(row, "examination")?.as_str() {
        "unexamined" => Examination::Unexamined,
        "clear" => Examination::Clear,
        "personal" => Examination::Personal,
        _ => return Err(corrupt()),
    };
    Ok(ColumnFacts {
        name: get(row, "column_name")?,
        column_type: json(serde_json::Value::String(get(row, "column_type")?))?,
        repeated: get(row, "repeated")?,
        examination,
    })
}

/// Reads the whole catalog.
///
/// # Errors
/// As the database answered.
pub async fn read(tx: &TenantTx) -> Result<Catalog, StoreError> {
    let mut tables = BTreeMap::new();
    for row in tx.query(TABLES, &[]).await? {
        let table = table_ref(&row)?;
        let facts = TableFacts {
            table: table.clone(),
            columns: Vec::new(),
            rows: unsigned(&row, "row_count")?,
            bytes: unsigned(&row, "byte_count")?,
            partition_column: get(&row, "partition_column")?,
            partition_filter_required: get(&row, "partition_filter_required")?,
        };
        tables.insert(table, facts);
    }
    for row in tx.query(COLUMNS, &[]).await? {
        if let Some(facts) = tables.get_mut(&table_ref(&row)?) {
            facts.columns.push(column(&row)?);
        }
    }
    Ok(Catalog::of(tables.into_values()))
}

/// Inserts or refreshes tables.
///
/// # Errors
/// As the database answered.
pub async fn upsert(tx: &TenantTx, tables: &[TableFacts]) -> Result<(), StoreError> {
    for facts in tables {
        let TableRef { project, dataset, table } = &facts.table;
        let (rows, bytes) = (signed(facts.rows)?, signed(facts.bytes)?);
        tx.execute(
            TABLE_UPSERT,
            &[
                project,
                dataset,
                table,
                &rows,
                &bytes,
                &facts.partition_column,
                &facts.partition_filter_required,
            ],
        )
        .await?;
        tx.execute(COLUMNS_DELETE, &[project, dataset, table]).await?;
        for (ordinal, column) in facts.columns.iter().enumerate() {
            let ordinal = small_signed(u32::try_from(ordinal).map_err(|_| corrupt())?)?;
            let kind = to_json(&column.column_type)?;
            let kind = kind.as_str().ok_or_else(corrupt)?;
            tx.execute(
                COLUMN_INSERT,
                &[project, dataset, table, &column.name, &ordinal, &kind, &column.repeated],
            )
            .await?;
        }
    }
    Ok(())
}
