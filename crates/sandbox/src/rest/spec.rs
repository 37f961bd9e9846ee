//! What a job is asked to be: a job's configuration, read once.
//!
//! Decides nothing about SQL. Everything a client may set and this simulator does not act on is
//! either harmless (priority, cache) or refused by name (legacy SQL, load and copy jobs).

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::destination::Destination;
use crate::bigquery::session::{Parameter, Request};
use crate::key::Account;
use crate::wire::error::ApiError;
use crate::wire::parameters;

/// A job's configuration.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) id: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) sql: String,
    pub(crate) dry: bool,
    /// Bytes that may be billed.
    pub(crate) limit: Option<u64>,
    /// How long it may run.
    pub(crate) timeout: Option<Duration>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) destination: Option<Destination>,
    pub(crate) default_dataset: Option<String>,
    pub(crate) parameters: Vec<Parameter>,
    /// The configuration as jobs.get shows it.
    pub(crate) shown: Value,
}

/// Settings of jobs.query that belong to the query, not to the job.
const OF_QUERY: [&str; 8] = [
    "query",
    "useLegacySql",
    "defaultDataset",
    "maximumBytesBilled",
    "parameterMode",
    "queryParameters",
    "useQueryCache",
    "createSession",
];

impl Spec {
    /// The body of jobs.insert.
    pub(crate) fn of_insert(body: &Value, project: &str) -> Result<Self, ApiError> {
        let configuration = body.get("configuration").cloned().unwrap_or_else(|| json!({}));
        let reference = |name: &str| {
            body.pointer(&format!("/jobReference/{name}"))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        for kind in ["load", "copy", "extract"] {
            if configuration.get(kind).is_some() {
                return Err(ApiError::unsupported(format!("A {kind} job")));
            }
        }
        Self::read(&configuration, reference("jobId"), reference("location"), project)
    }

    /// The body of jobs.query.
    pub(crate) fn of_query(body: &Value, project: &str) -> Result<Self, ApiError> {
        let mut query = Map::new();
        let mut configuration = Map::new();
        for (name, value) in body.as_object().into_iter().flatten() {
            if OF_QUERY.contains(&name.as_str()) {
                query.insert(name.clone(), value.clone());
            } else if ["dryRun", "labels", "jobTimeoutMs"].contains(&name.as_str()) {
                configuration.insert(name.clone(), value.clone());
            }
        }
        configuration.insert("query".to_owned(), Value::Object(query));
        let location = body.get("location").and_then(Value::as_str).map(str::to_owned);
        Self::read(&Value::Object(configuration), None, location, project)
    }

    fn read(
        configuration: &Value,
        id: Option<String>,
        location: Option<String>,
        project: &str,
    ) -> Result<Self, ApiError> {
        let empty = json!({});
        let query = configuration.get("query").unwrap_or(&empty);
        let sql = query.get("query").and_then(Value::as_str).filter(|sql| !sql.trim().is_empty());
        let sql = sql.ok_or_else(|| ApiError::invalid("Required parameter is missing: query"))?;
        if query.get("useLegacySql").and_then(Value::as_bool) != Some(false) {
            return Err(ApiError::unsupported("Legacy SQL"));
        }
        if let Some(bad) = id.as_deref().filter(|id| !valid_id(id)) {
            return Err(ApiError::invalid(format!(
                "Invalid job ID \"{bad}\". Job IDs must be alphanumeric (plus underscores and dashes) and must be at most 1024 characters long."
            )));
        }
        Ok(Self {
            id: id.filter(|id| !id.is_empty()),
            location: location.filter(|place| !place.is_empty()),
            sql: sql.to_owned(),
            dry: configuration.get("dryRun").and_then(Value::as_bool).unwrap_or(false),
            limit: int64(query, "maximumBytesBilled")?,
            timeout: int64(configuration, "jobTimeoutMs")?
                .filter(|ms| *ms > 0)
                .map(Duration::from_millis),
            labels: labels(configuration.get("labels"))?,
            destination: Destination::read(query, project)?,
            default_dataset: default_dataset(query, project)?,
            parameters: parameters::read(query)?,
            shown: shown(configuration, project),
        })
    }

    /// What the engine is asked.
    pub(crate) fn request(&self, account: &Account) -> Request {
        Request {
            sql: self.sql.clone(),
            default_dataset: self.default_dataset.clone(),
            parameters: self.parameters.clone(),
            granted: account.datasets.clone(),
            now: None,
        }
    }
}

fn valid_id(id: &str) -> bool {
    id.len() <= 1024 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// An int64 that may come as text or as a number.
pub(crate) fn int64(object: &Value, name: &str) -> Result<Option<u64>, ApiError> {
    let number = match object.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(other) => other.as_u64(),
    };
    let bad = || ApiError::invalid(format!("Invalid value for {name}: a whole number is wanted"));
    number.map(Some).ok_or_else(bad)
}

fn default_dataset(query: &Value, project: &str) -> Result<Option<String>, ApiError> {
    let part =
        |name: &str| query.pointer(&format!("/defaultDataset/{name}")).and_then(Value::as_str);
    match part("projectId") {
        Some(other) if other != project => Err(ApiError::new(
            crate::wire::error::Reason::AccessDenied,
            format!(
                "Access Denied: Dataset {other}:{}: User does not have permission to access the data set, or perhaps it does not exist.",
                part("datasetId").unwrap_or_default()
            ),
        )),
        Some(_) | None => Ok(part("datasetId").map(str::to_owned)),
    }
}

/// Labels by BigQuery's rules: at most 64, keys and values of 63 characters, lower case.
pub(crate) fn labels(given: Option<&Value>) -> Result<BTreeMap<String, String>, ApiError> {
    let Some(given) = given.and_then(Value::as_object) else { return Ok(BTreeMap::new()) };
    if given.len() > 64 {
        return Err(ApiError::invalid("At most 64 labels are allowed."));
    }
    let fits = |text: &str| {
        text.chars().count() <= 63
            && text.chars().all(|c| {
                c == '_' || c == '-' || c.is_numeric() || (c.is_alphabetic() && !c.is_uppercase())
            })
    };
    let one = |(key, value): (&String, &Value)| {
        let head = key.chars().next().is_some_and(char::is_alphabetic);
        match value.as_str().filter(|value| head && fits(key) && fits(value)) {
            Some(value) => Ok((key.clone(), value.to_owned())),
            None => Err(ApiError::invalid(format!(
                "Label key or value \"{key}\" is invalid: keys start with a lowercase letter; keys and values have at most 63 lowercase letters, digits, underscores and dashes."
            ))),
        }
    };
    given.iter().map(one).collect()
}

/// The configuration with what BigQuery fills in.
fn shown(configuration: &Value, project: &str) -> Value {
    let mut shown = configuration.clone();
    let Some(fields) = shown.as_object_mut() else { return shown };
    fields.insert("jobType".to_owned(), json!("QUERY"));
    if let Some(query) = fields.get_mut("query").and_then(Value::as_object_mut) {
        let anonymous = json!({"projectId": project, "datasetId": "_simulated", "tableId": format!("anon{}", uuid::Uuid::new_v4().simple())});
        for (name, value) in [
            ("destinationTable", anonymous),
            ("writeDisposition", json!("WRITE_TRUNCATE")),
            ("priority", json!("INTERACTIVE")),
            ("useLegacySql", json!(false)),
        ] {
            query.entry(name).or_insert(value);
        }
    }
    shown
}
