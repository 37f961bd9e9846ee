//! What `schema.toml` says becomes the table's definition, or is refused with its line.

use super::{ask, folder, loaded, one, priced, refusal, source, warehouse};
use crate::bigquery::store::{Granularity, PartitionKey, Partitioning};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

const CSV: &str = "id,at,day,zip,amount,name\n\
    1,2026-01-01T10:00:00Z,2026-01-01,01234,1.5,ann\n\
    25,2026-01-02T10:00:00Z,2026-02-01,9,2.5,bob\n\
    99,,,7,3.5,\n";

const FULL: &str = r#"
description = "The shop"
labels = { team = "sales" }

[tables.orders]
description = "All \"orders\""
labels = { source = "till", tier = "gold" }
partitioning = { column = "at", by = "day" }
clustering = ["zip", "name"]
require_partition_filter = true

[tables.orders.columns.amount]
type = "FLOAT64"
description = "In dollars"
required = true

[tables.orders.columns.zip]
type = "string"
"#;

#[test]
fn the_definition_is_what_the_file_says() {
    let loaded = loaded(&[("orders.csv", CSV), ("schema.toml", FULL)]).unwrap();
    assert_eq!(loaded.description.as_deref(), Some("The shop"));
    assert_eq!(loaded.labels["team"], "sales");
    let def = &loaded.tables[0].def;
    assert_eq!(def.description.as_deref(), Some("All \"orders\""));
    assert_eq!(def.labels.len(), 2);
    let by = Partitioning::Time { column: "at".to_owned(), by: Granularity::Day };
    assert_eq!(def.partitioning, Some(by));
    assert_eq!(def.clustering, ["zip", "name"]);
    assert!(def.require_partition_filter);
    let amount = &def.columns[4];
    assert_eq!((&amount.of, amount.required), (&Type::Float64, true));
    assert_eq!(amount.description.as_deref(), Some("In dollars"));
    assert_eq!(def.columns[0].of, Type::Int64);
    let keys: Vec<_> = loaded.tables[0].chunks().iter().filter_map(|c| c.key.id()).collect();
    assert_eq!(keys, ["__NULL__", "20260101", "20260102"]);
}

#[tokio::test]
async fn a_partition_that_the_filter_leaves_out_is_not_billed() {
    // Without the row that lies in the partition of NULLs.
    let csv = CSV.rsplit_once("99,").unwrap().0;
    let warehouse = warehouse(&source(&folder(&[("orders.csv", csv), ("schema.toml", FULL)])));
    let day = "SELECT amount FROM orders WHERE at >= TIMESTAMP '2026-01-02' AND at < TIMESTAMP '2026-01-03'";
    // FLOAT64 and TIMESTAMP of one row.
    assert_eq!(priced(&warehouse, day).await, 16);
    assert_eq!(ask(&warehouse, day).await.rows, [[Value::Float(2.5)]]);
    let fault = warehouse.prepare(super::request("SELECT amount FROM orders")).await.err().unwrap();
    assert!(fault.message.contains("Cannot query over table"), "{}", fault.message);
    let sql =
        "SELECT option_value FROM d.INFORMATION_SCHEMA.TABLE_OPTIONS WHERE option_name = 'labels'";
    let labels = r#"[STRUCT("source", "till"), STRUCT("tier", "gold")]"#;
    assert_eq!(one(&warehouse, sql).await, Value::Str(labels.to_owned()));
}

#[test]
fn rows_are_spread_by_every_kind_of_partitioning() {
    let table: &[(&str, &[&str])] = &[
        (r#"{ column = "day", by = "MONTH" }"#, &["__NULL__", "202601", "202602"]),
        (r#"{ column = "day", by = "year" }"#, &["__NULL__", "2026"]),
        (r#"{ column = "at", by = "hour" }"#, &["__NULL__", "2026010110", "2026010210"]),
        (r#"{ by = "day" }"#, &["20261123"]),
        (r#"{ column = "id", start = 0, end = 50, step = 10 }"#, &["__UNPARTITIONED__", "0", "20"]),
    ];
    for (partitioning, expected) in table {
        let toml = format!("[tables.orders]\npartitioning = {partitioning}\n");
        let loaded = loaded(&[("orders.csv", CSV), ("schema.toml", &toml)]).unwrap();
        let keys: Vec<PartitionKey> = loaded.tables[0].chunks().iter().map(|c| c.key).collect();
        let ids: Vec<String> = keys.into_iter().filter_map(PartitionKey::id).collect();
        assert_eq!(ids, *expected, "{partitioning}");
    }
}

#[tokio::test]
async fn types_that_are_asked_for_take_what_bigquery_takes() {
    let csv = "i,b,t,j,x,n,s\n007,yes,2024-01-05,\"{\"\"b\"\": 1, \"\"a\"\": [ ]}\",aGk=,0.12345678901,1\n";
    let of = [
        ("i", "INT64"),
        ("b", "BOOL"),
        ("t", "TIMESTAMP"),
        ("j", "JSON"),
        ("x", "BYTES"),
        ("n", "BIGNUMERIC"),
        ("s", "STRING"),
    ];
    let toml: String = of
        .iter()
        .map(|(name, of)| format!("[tables.t.columns.{name}]\ntype = \"{of}\"\n"))
        .collect();
    let warehouse = warehouse(&source(&folder(&[("t.csv", csv), ("schema.toml", &toml)])));
    let sql = "SELECT i, b, UNIX_SECONDS(t), TO_JSON_STRING(j), x, CAST(n AS STRING), s FROM t";
    let expected = [
        Value::Int(7),
        Value::Bool(true),
        Value::Int(1_704_412_800),
        Value::Str(r#"{"a":[],"b":1}"#.to_owned()),
        Value::Bytes(b"hi".to_vec()),
        Value::Str("0.12345678901".to_owned()),
        Value::Str("1".to_owned()),
    ];
    assert_eq!(ask(&warehouse, sql).await.rows[0], expected);
}

#[test]
fn what_the_file_cannot_say_is_refused_with_its_line() {
    let table: &[(&str, &str)] = &[
        ("tables = 5", "line 1: "),
        ("\n[tables.orders]\nclusterd = [\"id\"]", "line 3: unknown field `clusterd`"),
        ("descripton = \"x\"", "line 1: unknown field `descripton`"),
        ("[tables.orders.columns.id]\ntyp = \"INT64\"", "line 2: unknown field `typ`"),
        (
            "[tables.orders]\n\n[tables.order]\n",
            "line 3: no file makes a table order; there are orders",
        ),
        (
            "[tables.orders.columns.zap]\ntype = \"INT64\"",
            "line 1: orders.csv has no column zap; it has id, at",
        ),
        ("[tables.orders.columns.id]\ntype = \"INT\"", "line 2: \"INT\" is no type of a column"),
        ("[tables.orders]\nclustering = [\"zap\"]", "line 2: there is no column zap"),
        ("[tables.orders]\nclustering = []", "line 2: a table is clustered by one to four columns"),
        ("[tables.orders]\nclustering = [\"id\", \"id\"]", "line 2: id is named twice"),
        ("[tables.orders]\nrequire_partition_filter = true", "line 2: orders is not partitioned"),
        (
            "[tables.orders]\nlabels = { Team = \"x\" }",
            "line 1: the label \"Team\" = \"x\" is not possible",
        ),
        (
            "[tables.orders]\npartitioning = { column = \"at\" }",
            "line 2: a partitioning is { column, by }",
        ),
        (
            "[tables.orders]\npartitioning = { column = \"zap\", by = \"day\" }",
            "line 2: there is no column zap",
        ),
        (
            "[tables.orders]\npartitioning = { column = \"zip\", by = \"day\" }",
            "line 2: zip is STRING, not DATE",
        ),
        (
            "[tables.orders]\npartitioning = { column = \"day\", by = \"hour\" }",
            "line 2: day is a DATE; it has no hours",
        ),
        (
            "[tables.orders]\npartitioning = { column = \"at\", by = \"week\" }",
            "line 2: \"week\" is no unit",
        ),
        (
            "[tables.orders]\npartitioning = { column = \"id\", start = 5, end = 5, step = 1 }",
            "line 2: start must be less",
        ),
        (
            "[tables.orders]\npartitioning = { column = \"id\", start = 0, end = 100000, step = 1 }",
            "line 2: more than 10000",
        ),
        (
            "[tables.orders]\npartitioning = { column = \"zip\", start = 0, end = 9, step = 1 }",
            "line 2: zip is STRING, not INT64",
        ),
        ("[tables.orders]\n[tables.orders]", "line 2: "),
    ];
    for (toml, expected) in table {
        let told = refusal(&[("orders.csv", CSV), ("schema.toml", toml)]);
        assert!(told.starts_with(&format!("schema.toml, {expected}")), "{toml}: {told}");
    }
}
