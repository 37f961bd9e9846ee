//! INFORMATION_SCHEMA views over the store.
//!
//! Decides their columns and rows as BigQuery documents them; a view that is not listed is refused by
//! name. Data sets the caller may not see were left out before.

use super::fault::Fault;
use super::store::{Content, Store, Table};
use super::types::Type;
use super::value::Value;

/// A metadata view.
pub(crate) struct View {
    pub(crate) columns: Vec<(&'static str, Type)>,
    pub(crate) rows: Vec<Vec<Value>>,
}

fn text(text: impl Into<String>) -> Value {
    Value::Str(text.into())
}

fn yes(yes: bool) -> Value {
    text(if yes { "YES" } else { "NO" })
}

fn count(count: u64) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

fn instant(millis: i64) -> Value {
    Value::Timestamp(millis.saturating_mul(1000))
}

/// A view of these data sets.
///
/// # Errors
/// A view that is not claimed.
pub(crate) fn view(
    name: &str,
    project: &str,
    store: &Store,
    datasets: &[String],
) -> Result<View, Fault> {
    let tables: Vec<(&String, std::sync::Arc<Table>)> = datasets
        .iter()
        .filter_map(|name| store.dataset(name).map(|found| (name, found)))
        .flat_map(|(name, found)| {
            found.tables().map(|table| (name, std::sync::Arc::clone(table))).collect::<Vec<_>>()
        })
        .collect();
    Ok(match name {
        "SCHEMATA" => schemata(project, store, datasets),
        "TABLES" => of_tables(project, &tables),
        "COLUMNS" => of_columns(project, &tables),
        "VIEWS" => of_views(project, &tables),
        "TABLE_OPTIONS" => of_options(project, &tables),
        "PARTITIONS" => of_partitions(project, &tables),
        "TABLE_STORAGE" => of_storage(project, &tables),
        _ => return Err(Fault::unsupported(format!("INFORMATION_SCHEMA.{name}"))),
    })
}

fn schemata(project: &str, store: &Store, datasets: &[String]) -> View {
    let columns = vec![
        ("catalog_name", Type::String),
        ("schema_name", Type::String),
        ("schema_owner", Type::String),
        ("creation_time", Type::Timestamp),
        ("last_modified_time", Type::Timestamp),
        ("location", Type::String),
    ];
    let row = |name: &String| {
        let created = store.dataset(name)?.created;
        Some(vec![
            text(project),
            text(name),
            Value::Null,
            instant(created),
            instant(created),
            text("US"),
        ])
    };
    View { columns, rows: datasets.iter().filter_map(row).collect() }
}

type Tables<'a> = [(&'a String, std::sync::Arc<Table>)];

fn names() -> Vec<(&'static str, Type)> {
    vec![
        ("table_catalog", Type::String),
        ("table_schema", Type::String),
        ("table_name", Type::String),
    ]
}

fn named(project: &str, dataset: &str, table: &Table) -> Vec<Value> {
    vec![text(project), text(dataset), text(&table.def.name)]
}

fn of_tables(project: &str, tables: &Tables<'_>) -> View {
    let mut columns = names();
    columns.extend([
        ("table_type", Type::String),
        ("is_insertable_into", Type::String),
        ("is_typed", Type::String),
        ("creation_time", Type::Timestamp),
    ]);
    let rows = tables.iter().map(|(dataset, table)| {
        let view = matches!(table.content, Content::View(_));
        let mut row = named(project, dataset, table);
        row.extend([
            text(if view { "VIEW" } else { "BASE TABLE" }),
            yes(!view),
            yes(false),
            instant(table.def.created),
        ]);
        row
    });
    View { columns, rows: rows.collect() }
}

fn of_columns(project: &str, tables: &Tables<'_>) -> View {
    let mut columns = names();
    columns.extend([
        ("column_name", Type::String),
        ("ordinal_position", Type::Int64),
        ("is_nullable", Type::String),
        ("data_type", Type::String),
        ("is_generated", Type::String),
        ("is_hidden", Type::String),
        ("is_system_defined", Type::String),
        ("is_partitioning_column", Type::String),
        ("clustering_ordinal_position", Type::Int64),
    ]);
    let mut rows = Vec::new();
    for (dataset, table) in tables {
        let def = &table.def;
        let partitioned = def.partitioning.as_ref().and_then(|partitioning| partitioning.column());
        for (at, column) in def.columns.iter().enumerate() {
            let same = |name: &str| name.eq_ignore_ascii_case(&column.name);
            let clustered = def.clustering.iter().position(|name| same(name));
            let mut row = named(project, dataset, table);
            row.extend([
                text(&column.name),
                count(at as u64 + 1),
                yes(!column.required && !matches!(column.of, Type::Array(_))),
                text(column.of.to_string()),
                text("NEVER"),
                yes(false),
                yes(false),
                yes(partitioned.is_some_and(same)),
                clustered.map_or(Value::Null, |at| count(at as u64 + 1)),
            ]);
            rows.push(row);
        }
    }
    View { columns, rows }
}

fn of_views(project: &str, tables: &Tables<'_>) -> View {
    let mut columns = names();
    columns.extend([
        ("view_definition", Type::String),
        ("check_option", Type::String),
        ("use_standard_sql", Type::String),
    ]);
    let rows = tables.iter().filter_map(|(dataset, table)| {
        let Content::View(sql) = &table.content else { return None };
        let mut row = named(project, dataset, table);
        row.extend([text(sql), Value::Null, yes(true)]);
        Some(row)
    });
    View { columns, rows: rows.collect() }
}

fn of_options(project: &str, tables: &Tables<'_>) -> View {
    let mut columns = names();
    columns.extend([
        ("option_name", Type::String),
        ("option_type", Type::String),
        ("option_value", Type::String),
    ]);
    let mut rows = Vec::new();
    for (dataset, table) in tables {
        for (name, value) in &table.def.options {
            let of = match name.as_str() {
                "require_partition_filter" => "BOOL",
                "partition_expiration_days" => "FLOAT64",
                "expiration_timestamp" => "TIMESTAMP",
                "labels" => "ARRAY<STRUCT<STRING, STRING>>",
                _ => "STRING",
            };
            let mut row = named(project, dataset, table);
            row.extend([text(name), text(of), text(value)]);
            rows.push(row);
        }
    }
    View { columns, rows }
}

fn of_partitions(project: &str, tables: &Tables<'_>) -> View {
    let mut columns = names();
    columns.extend([
        ("partition_id", Type::String),
        ("total_rows", Type::Int64),
        ("total_logical_bytes", Type::Int64),
        ("total_billable_bytes", Type::Int64),
        ("last_modified_time", Type::Timestamp),
        ("storage_tier", Type::String),
    ]);
    let mut rows = Vec::new();
    for (dataset, table) in
        tables.iter().filter(|(_, table)| matches!(table.content, Content::Rows(_)))
    {
        for chunk in table.chunks() {
            let bytes: u64 = chunk.sizes.iter().sum();
            let mut row = named(project, dataset, table);
            row.extend([
                chunk.key.id().map_or(Value::Null, text),
                count(chunk.rows),
                count(bytes),
                count(bytes),
                instant(table.def.modified),
                text("ACTIVE"),
            ]);
            rows.push(row);
        }
        if table.chunks().is_empty() && table.def.partitioning.is_none() {
            let mut row = named(project, dataset, table);
            row.extend([
                Value::Null,
                count(0),
                count(0),
                count(0),
                instant(table.def.modified),
                text("ACTIVE"),
            ]);
            rows.push(row);
        }
    }
    View { columns, rows }
}

fn of_storage(project: &str, tables: &Tables<'_>) -> View {
    let columns = vec![
        ("project_id", Type::String),
        ("table_catalog", Type::String),
        ("table_schema", Type::String),
        ("table_name", Type::String),
        ("creation_time", Type::Timestamp),
        ("total_rows", Type::Int64),
        ("total_partitions", Type::Int64),
        ("total_logical_bytes", Type::Int64),
        ("active_logical_bytes", Type::Int64),
        ("long_term_logical_bytes", Type::Int64),
        ("storage_last_modified_time", Type::Timestamp),
        ("deleted", Type::Bool),
        ("table_type", Type::String),
    ];
    let stored = tables.iter().filter(|(_, table)| matches!(table.content, Content::Rows(_)));
    let rows = stored.map(|(dataset, table)| {
        let partitions =
            if table.def.partitioning.is_some() { table.chunks().len() as u64 } else { 0 };
        vec![
            text(project),
            text(project),
            text(dataset.as_str()),
            text(&table.def.name),
            instant(table.def.created),
            count(table.rows()),
            count(partitions),
            count(table.bytes()),
            count(table.bytes()),
            count(0),
            instant(table.def.modified),
            Value::Bool(false),
            text("BASE TABLE"),
        ]
    });
    View { columns, rows: rows.collect() }
}
