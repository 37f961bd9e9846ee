//! Tables as their resources describe them, in both directions.
//!
//! Decides which partitioning and clustering a resource asks for; what BigQuery would refuse is
//! refused here before anything is made.

use serde_json::{Value, json};

use super::clock;
use super::spec::labels;
use crate::bigquery::store::{Content, Granularity, Partitioning, Table, TableDef};
use crate::wire::error::ApiError;
use crate::wire::schema;

/// Partitioning and clustering only, of a table or of a query's destination.
pub(crate) fn shape(from: &Value) -> Result<TableDef, ApiError> {
    let clustering = from.pointer("/clustering/fields").and_then(Value::as_array);
    let clustering = clustering.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let filter = |at: &str| from.pointer(at).and_then(Value::as_bool).unwrap_or(false);
    Ok(TableDef {
        partitioning: partitioning(from)?,
        clustering: clustering.collect(),
        require_partition_filter: filter("/requirePartitionFilter")
            || filter("/timePartitioning/requirePartitionFilter"),
        ..TableDef::default()
    })
}

fn partitioning(from: &Value) -> Result<Option<Partitioning>, ApiError> {
    if let Some(time) = from.get("timePartitioning").filter(|time| time.is_object()) {
        let by = match time.get("type").and_then(Value::as_str) {
            None | Some("DAY") => Granularity::Day,
            Some("HOUR") => Granularity::Hour,
            Some("MONTH") => Granularity::Month,
            Some("YEAR") => Granularity::Year,
            Some(other) => {
                return Err(ApiError::invalid(format!(
                    "Invalid value for timePartitioning.type: {other}"
                )));
            }
        };
        return Ok(Some(match time.get("field").and_then(Value::as_str) {
            Some(column) => Partitioning::Time { column: column.to_owned(), by },
            None => Partitioning::Ingestion { by },
        }));
    }
    let Some(range) = from.get("rangePartitioning").filter(|range| range.is_object()) else {
        return Ok(None);
    };
    let number = |name: &str| {
        let value = range.pointer(&format!("/range/{name}"));
        let number = value.and_then(|value| {
            value.as_str().map_or_else(|| value.as_i64(), |text| text.parse().ok())
        });
        number.ok_or_else(|| {
            ApiError::invalid(format!("rangePartitioning.range.{name} must be a whole number"))
        })
    };
    let column = range.get("field").and_then(Value::as_str);
    let column =
        column.ok_or_else(|| ApiError::invalid("rangePartitioning.field is missing"))?.to_owned();
    let (start, end, step) = (number("start")?, number("end")?, number("interval")?);
    if step <= 0 || start >= end {
        return Err(ApiError::invalid(
            "rangePartitioning.range needs start < end and interval > 0",
        ));
    }
    Ok(Some(Partitioning::Range { column, start, end, step }))
}

/// The table a tables.insert asks for.
pub(crate) fn read(body: &Value) -> Result<Table, ApiError> {
    let name = body.pointer("/tableReference/tableId").and_then(Value::as_str);
    let name = name
        .filter(|name| !name.is_empty())
        .ok_or_else(|| ApiError::invalid("Required parameter is missing: tableId"))?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let now = clock::millis();
    let columns = match body.get("schema") {
        Some(schema) if schema.get("fields").is_some() => schema::columns(schema)?,
        Some(_) | None => Vec::new(),
    };
    let def = TableDef {
        name: name.to_owned(),
        columns,
        description: text("description"),
        labels: labels(body.get("labels"))?,
        created: now,
        modified: now,
        ..shape(body)?
    };
    let named = def.clustering.iter().map(String::as_str);
    let named = named.chain(def.partitioning.as_ref().and_then(Partitioning::column));
    for column in named {
        if def.position(column).is_none() {
            return Err(ApiError::invalid(format!(
                "The field specified for partitioning or clustering cannot be found in the schema: {column}"
            )));
        }
    }
    Ok(match body.pointer("/view/query").and_then(Value::as_str) {
        Some(query) => Table { def, content: Content::View(query.to_owned()) },
        None => Table::empty(def),
    })
}

fn kind(table: &Table) -> &'static str {
    match table.content {
        Content::Rows(_) => "TABLE",
        Content::View(_) => "VIEW",
    }
}

/// Partitioning, clustering, labels and kind: what tables.list shows too.
pub(crate) fn listed(table: &Table, project: &str, dataset: &str) -> Value {
    let def = &table.def;
    let mut body = json!({
        "kind": "bigquery#table", "id": format!("{project}:{dataset}.{}", def.name),
        "tableReference": {"projectId": project, "datasetId": dataset, "tableId": def.name},
        "type": kind(table), "creationTime": def.created.to_string(),
    });
    let Some(fields) = body.as_object_mut() else { return body };
    let width = |by: &Granularity| match by {
        Granularity::Hour => "HOUR",
        Granularity::Day => "DAY",
        Granularity::Month => "MONTH",
        Granularity::Year => "YEAR",
    };
    match &def.partitioning {
        None => None,
        Some(Partitioning::Time { column, by }) => fields.insert("timePartitioning".to_owned(), json!({"type": width(by), "field": column})),
        Some(Partitioning::Ingestion { by }) => fields.insert("timePartitioning".to_owned(), json!({"type": width(by)})),
        Some(Partitioning::Range { column, start, end, step }) => fields.insert("rangePartitioning".to_owned(), json!({"field": column, "range": {"start": start.to_string(), "end": end.to_string(), "interval": step.to_string()}})),
    };
    if !def.clustering.is_empty() {
        fields.insert("clustering".to_owned(), json!({"fields": def.clustering}));
    }
    if def.require_partition_filter {
        fields.insert("requirePartitionFilter".to_owned(), json!(true));
    }
    if !def.labels.is_empty() {
        fields.insert("labels".to_owned(), json!(def.labels));
    }
    if let Content::View(_) = table.content {
        fields.insert("view".to_owned(), json!({"useLegacySql": false}));
    }
    body
}

/// The whole resource.
pub(crate) fn resource(table: &Table, project: &str, dataset: &str) -> Value {
    let mut body = listed(table, project, dataset);
    let bytes = table.bytes().to_string();
    let more = json!({
        "etag": "simulated", "location": "US",
        "selfLink": format!("https://simulated.invalid/bigquery/v2/projects/{project}/datasets/{dataset}/tables/{}", table.def.name),
        "schema": schema::of_table(&table.def.columns),
        "numRows": table.rows().to_string(), "numBytes": bytes, "numLongTermBytes": "0",
        "numTotalLogicalBytes": bytes, "numActiveLogicalBytes": bytes, "numLongTermLogicalBytes": "0",
        "lastModifiedTime": table.def.modified.to_string(),
    });
    if let (Some(fields), Value::Object(more)) = (body.as_object_mut(), more) {
        fields.extend(more);
        if let Some(text) = &table.def.description {
            fields.insert("description".to_owned(), json!(text));
        }
        if let Content::View(query) = &table.content {
            fields.insert("view".to_owned(), json!({"query": query, "useLegacySql": false}));
        }
    }
    body
}
