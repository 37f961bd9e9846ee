//! Connections as the API shows and takes them. A key goes in and never comes out.
//!
//! Names of projects and data sets are held to Google's own forms, so that none can change an address.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::problem::Problem;
use crate::ports::connections::{ConnectionView, KeyFacts, Place};
use crate::services::connections::key_facts;

/// A connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connection)]
pub(in crate::http) struct ConnectionDto {
    /// Its id.
    pub(in crate::http) id: Uuid,
    /// What it is called.
    name: String,
    /// Cloud project that jobs run in.
    project: String,
    /// The data set.
    dataset: String,
    /// Its location.
    location: String,
    /// The service account.
    account: String,
    /// The beginning of the key's SHA-256, to tell keys apart.
    key_fingerprint: String,
    /// `created`, `active` or `disconnected`.
    state: String,
    /// Counts the keys it has had.
    version: i32,
    /// When it was made.
    created_at: String,
    /// When it was last tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    tested_at: Option<String>,
    /// The code the last test ended with; absent when it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    test_code: Option<String>,
}

impl From<ConnectionView> for ConnectionDto {
    fn from(view: ConnectionView) -> Self {
        let Place { project, dataset, location } = view.place;
        Self {
            id: view.id,
            name: view.name,
            project,
            dataset,
            location,
            account: view.key.account,
            key_fingerprint: view.key.fingerprint,
            state: view.state,
            version: view.version,
            created_at: view.created_at.to_string(),
            tested_at: view.tested_at.map(|at| at.to_string()),
            test_code: view.test_code,
        }
    }
}

/// All connections of the organisation, newest first; at most 200.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connections)]
pub(in crate::http) struct ConnectionsDto {
    /// The connections.
    pub(in crate::http) items: Vec<ConnectionDto>,
}

/// A connection to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewConnection)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewConnectionDto {
    /// What it is called; at most 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Cloud project that jobs run in.
    project: String,
    /// The data set.
    dataset: String,
    /// Its location, e.g. `EU` or `europe-west3`.
    location: String,
    /// The JSON of the service account's key, as an object.
    #[schema(value_type = Object)]
    service_account_key: Value,
}

/// Another key for a connection.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewKey)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct RotateDto {
    /// The JSON of the service account's key, as an object.
    #[schema(value_type = Object)]
    service_account_key: Value,
}

/// A key and what may be shown of it.
type Key = (SecretString, KeyFacts);

fn key(json: &Value, recorder: Option<&str>) -> Result<Key, Problem> {
    let key = SecretString::from(json.to_string());
    let facts = key_facts(&key, recorder)
        .map_err(|why| Problem::input(format!("service_account_key: {why}.")))?;
    Ok((key, facts))
}

fn plain(field: &str, text: &str, most: usize, more: &str) -> Result<String, Problem> {
    let fits = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
    // It becomes part of an address: nothing that begins with or repeats a dot may stand in it.
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !begins || text.len() > most || !text.chars().all(fits) || text.contains("..") {
        let sentence = format!(
            "{field}: 1 to {most} of the characters A-Z, a-z, 0-9 and `{more}` are expected."
        );
        return Err(Problem::input(sentence));
    }
    Ok(text.to_owned())
}

impl NewConnectionDto {
    pub(in crate::http) fn checked(
        self,
        recorder: Option<&str>,
    ) -> Result<((String, Place), Key), Problem> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            return Err(Problem::input("name: 1 to 100 characters on one line are expected."));
        }
        let place = Place {
            project: plain("project", &self.project, 100, "-.:")?,
            dataset: plain("dataset", &self.dataset, 1_024, "_")?,
            location: plain("location", &self.location, 50, "-")?,
        };
        Ok(((name.to_owned(), place), key(&self.service_account_key, recorder)?))
    }
}

impl RotateDto {
    pub(in crate::http) fn checked(self, recorder: Option<&str>) -> Result<Key, Problem> {
        key(&self.service_account_key, recorder)
    }
}
