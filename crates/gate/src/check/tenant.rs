//! A tenant's catalog as a JSON file: tables with rows, partition, time columns and PII tags.
//!
//! Decides what each column counts as. A tag of the high tier protects its column, a null or a tag of
//! a lower tier clears it, and a column without any tag has not been examined, so it is protected. A
//! file that is not understood whole is refused; nothing in it is guessed.

use std::collections::{BTreeMap, BTreeSet};

use autopilot_domain::catalog::{
    Catalog, ColumnFacts, ColumnType, Examination, TableFacts, TableRef,
};
use serde::{Deserialize, Deserializer};

use super::strict;
use crate::safety::{Policy, SafetyCatalog, SafetyTable};

#[derive(Debug, Deserialize)]
struct File {
    #[serde(deserialize_with = "strict::distinct")]
    tables: BTreeMap<String, Table>,
}

#[derive(Debug, Deserialize)]
struct Table {
    #[serde(default)]
    rows: Option<u64>,
    #[serde(default)]
    partition: Option<String>,
    #[serde(default)]
    time_columns: Vec<String>,
    #[serde(default)]
    require_partition_filter: bool,
    #[serde(deserialize_with = "strict::distinct")]
    columns: BTreeMap<String, Column>,
}

#[derive(Debug, Deserialize)]
struct Column {
    #[serde(rename = "type")]
    column_type: String,
    #[serde(default, deserialize_with = "given")]
    pii: Tag,
}

/// What the file says about personal data in a column.
#[derive(Debug, Default)]
enum Tag {
    /// Nothing, not even null.
    #[default]
    Absent,
    /// Null: looked at, nothing found.
    Null,
    /// A tag of this tier.
    Of(Tier),
}

#[derive(Debug, Deserialize)]
struct TagLine {
    tier: Tier,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tier {
    None,
    Low,
    High,
}

fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Tag, D::Error> {
    Ok(Option::<TagLine>::deserialize(from)?.map_or(Tag::Null, |tag| Tag::Of(tag.tier)))
}

/// Why a catalog file is refused.
#[derive(Debug, thiserror::Error)]
pub enum CatalogRefusal {
    /// Not JSON, or not of this form.
    #[error("it is not a catalog: {0}")]
    Form(#[from] serde_json::Error),
    /// A table's name is not `project.dataset.table`.
    #[error("the table name {0:?} is not project.dataset.table")]
    TableName(String),
    /// A table's partition or time column is not one of its columns.
    #[error("{table} has no column {column:?}")]
    NoColumn {
        /// The table.
        table: String,
        /// The name that is no column.
        column: String,
    },
}

/// What calls of one tenant are judged by. The tenant owns the projects of its tables.
#[derive(Debug, Clone)]
pub struct TenantCatalog {
    /// Names, types and tags only, without what makes a filter necessary.
    names: Catalog,
    /// What makes a filter necessary.
    filters: BTreeMap<TableRef, SafetyTable>,
    policy: Policy,
}

impl TenantCatalog {
    /// Reads a catalog file.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence without a subject.
    pub fn parse(text: &str) -> Result<Self, CatalogRefusal> {
        let File { tables } = serde_json::from_str(text)?;
        let mut facts = Vec::new();
        let mut filters = BTreeMap::new();
        let mut projects = BTreeSet::new();
        let usual = Policy::default();
        for (name, table) in tables {
            let of = table_ref(&name).ok_or(CatalogRefusal::TableName(name))?;
            projects.insert(of.project.clone());
            filters.insert(of.clone(), filter_facts(&of, &table, usual.large_rows)?);
            facts.push(names_of(of, table.columns));
        }
        let policy = Policy { projects: Some(projects.into_iter().collect()), ..usual };
        Ok(Self { names: Catalog::of(facts), filters, policy })
    }

    /// All tables, without what makes a filter necessary.
    pub(super) const fn names(&self) -> &Catalog {
        &self.names
    }

    /// The tenant's projects and the usual limits.
    pub(super) fn policy(&self) -> Policy {
        self.policy.clone()
    }

    /// What makes a filter necessary, table by table.
    pub(super) fn safety(&self) -> SafetyCatalog {
        let table = |(of, facts): (&TableRef, &SafetyTable)| (of.to_string(), facts.clone());
        SafetyCatalog::of(self.filters.iter().map(table))
    }
}

/// Three parts, none of them empty or a pattern.
fn table_ref(name: &str) -> Option<TableRef> {
    let mut parts = name.split('.');
    let mut part = || parts.next().filter(|part| !part.is_empty() && !part.contains('*'));
    let (project, dataset, table) = (part()?, part()?, part()?);
    let [project, dataset, table] = [project, dataset, table].map(str::to_owned);
    parts.next().is_none().then_some(TableRef { project, dataset, table })
}

/// As in the governed path, a table that is partitioned asks for its filter when the warehouse does
/// or when it is large; one of unknown size counts as large.
fn filter_facts(of: &TableRef, table: &Table, large: u64) -> Result<SafetyTable, CatalogRefusal> {
    let known = |column: &String| {
        let pseudo = column.to_ascii_uppercase().starts_with("_PARTITION");
        pseudo || table.columns.keys().any(|name| name.eq_ignore_ascii_case(column))
    };
    if let Some(column) = table.partition.iter().chain(&table.time_columns).find(|c| !known(c)) {
        return Err(CatalogRefusal::NoColumn { table: of.to_string(), column: column.clone() });
    }
    let filtered = table.require_partition_filter || table.rows.is_none_or(|rows| rows >= large);
    Ok(SafetyTable {
        rows: table.rows,
        partition: table.partition.clone().filter(|_| filtered),
        time_columns: table.time_columns.clone(),
        require_partition_filter: table.require_partition_filter,
        columns: None,
    })
}

fn names_of(table: TableRef, columns: BTreeMap<String, Column>) -> TableFacts {
    let column = |(name, Column { column_type, pii }): (String, Column)| {
        let (column_type, repeated) = type_of(&column_type);
        let examination = match pii {
            Tag::Absent => Examination::Unexamined,
            Tag::Null | Tag::Of(Tier::None | Tier::Low) => Examination::Clear,
            Tag::Of(Tier::High) => Examination::Personal,
        };
        ColumnFacts { name, column_type, repeated, examination }
    };
    TableFacts {
        table,
        columns: columns.into_iter().map(column).collect(),
        rows: 0,
        bytes: 0,
        partition_column: None,
        partition_filter_required: false,
    }
}

/// The type behind a name as BigQuery prints it, and whether it is an array of it.
fn type_of(written: &str) -> (ColumnType, bool) {
    let name = written.trim().to_ascii_uppercase();
    let inside = name.strip_prefix("ARRAY<").and_then(|rest| rest.strip_suffix('>'));
    let of = inside.unwrap_or(&name);
    let base = of.split(['(', '<', ' ']).next().unwrap_or_default();
    let column_type = match base {
        "INT64" | "INTEGER" | "INT" | "SMALLINT" | "BIGINT" | "TINYINT" | "BYTEINT" => {
            ColumnType::Int64
        }
        "FLOAT64" | "FLOAT" => ColumnType::Float64,
        "NUMERIC" | "DECIMAL" => ColumnType::Numeric,
        "BIGNUMERIC" | "BIGDECIMAL" => ColumnType::Bignumeric,
        "STRING" => ColumnType::String,
        "BYTES" => ColumnType::Bytes,
        "BOOL" | "BOOLEAN" => ColumnType::Bool,
        "DATE" => ColumnType::Date,
        "TIME" => ColumnType::Time,
        "DATETIME" => ColumnType::Datetime,
        "TIMESTAMP" => ColumnType::Timestamp,
        "JSON" => ColumnType::Json,
        "GEOGRAPHY" => ColumnType::Geography,
        "INTERVAL" => ColumnType::Interval,
        "STRUCT" | "RECORD" => ColumnType::Record,
        _ => ColumnType::Other,
    };
    (column_type, inside.is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parsed(column: &Value) -> Result<TenantCatalog, CatalogRefusal> {
        let file = json!({"tables": {"a.b.c": {"rows": 1, "columns": {"x": column}}}});
        TenantCatalog::parse(&file.to_string())
    }

    #[test]
    fn only_a_null_or_a_tag_below_high_clears_a_column() {
        for (column, examination) in [
            (json!({"type": "STRING"}), Examination::Unexamined),
            (json!({"type": "STRING", "pii": null}), Examination::Clear),
            (json!({"type": "STRING", "pii": {"tier": "none"}}), Examination::Clear),
            (
                json!({"type": "STRING", "pii": {"label": "name", "tier": "low"}}),
                Examination::Clear,
            ),
            (
                json!({"type": "STRING", "pii": {"label": "email", "tier": "high"}}),
                Examination::Personal,
            ),
        ] {
            let catalog = parsed(&column).unwrap();
            let table = catalog.names().tables().next().unwrap();
            assert_eq!(table.columns[0].examination, examination, "{column}");
        }
        for column in [
            json!("STRING"),
            json!({"pii": null}),
            json!({"type": "STRING", "pii": "email"}),
            json!({"type": "STRING", "pii": {"label": "email"}}),
            json!({"type": "STRING", "pii": {"tier": "HIGH"}}),
        ] {
            assert!(matches!(parsed(&column), Err(CatalogRefusal::Form(_))), "{column}");
        }
    }

    #[test]
    fn a_table_needs_three_plain_parts_and_columns_that_exist() {
        let columns = json!({"d": {"type": "DATE", "pii": null}});
        for name in ["b.c", "a.b.c.d", "a..c", "a.*.c", "", "*.b.c"] {
            let file = json!({"tables": {name: {"columns": columns}}}).to_string();
            let refusal = TenantCatalog::parse(&file).unwrap_err();
            assert!(matches!(refusal, CatalogRefusal::TableName(_)), "{name}");
        }
        for (key, value, fits) in [
            ("partition", json!("D"), true),
            ("partition", json!("_PARTITIONTIME"), true),
            ("partition", json!("e"), false),
            ("time_columns", json!(["d", "e"]), false),
        ] {
            let file = json!({"tables": {"a.b.c": {"columns": columns, key: value}}}).to_string();
            assert_eq!(TenantCatalog::parse(&file).is_ok(), fits, "{file}");
        }
    }

    #[test]
    fn types_are_read_as_bigquery_prints_them() {
        for (written, of) in [
            ("INT64", (ColumnType::Int64, false)),
            ("numeric(10, 2)", (ColumnType::Numeric, false)),
            ("ARRAY<STRING>", (ColumnType::String, true)),
            ("ARRAY<STRUCT<a INT64>>", (ColumnType::Record, true)),
            ("STRUCT<a ARRAY<INT64>>", (ColumnType::Record, false)),
            ("RANGE<DATE>", (ColumnType::Other, false)),
            ("", (ColumnType::Other, false)),
        ] {
            assert_eq!(type_of(written), of, "{written}");
        }
    }
}
