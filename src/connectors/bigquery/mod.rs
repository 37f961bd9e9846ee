//! BigQuery over gcp-bigquery-client: one tenant's connection.
//!
//! Decides nothing about queries: it runs what the governed path approved, under the path's own job
//! id, byte limit and deadline, and maps every answer to a class. It never retries, never sends
//! legacy SQL, never calls a method that writes, and never follows the client's own polling loops.

mod errors;
mod metadata;
mod results;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use autopilot_domain::catalog::{TableFacts, TableRef};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::cost::Accuracy;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::RunId;
use autopilot_domain::units::Bytes;
use autopilot_gate::ports::{ConnectionKind, DryRun, JobState, QueryResult, Warehouse};
use autopilot_gate::receipt::JobId;
use autopilot_gate::stages::{ApprovedQuery, SafeQuery};
use gcp_bigquery_client::Client;
use gcp_bigquery_client::client_builder::ClientBuilder;
use gcp_bigquery_client::model::job::Job;
use gcp_bigquery_client::model::job_configuration::JobConfiguration;
use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;
use gcp_bigquery_client::model::job_reference::JobReference;
use gcp_bigquery_client::yup_oauth2::ServiceAccountKey;

use errors::{Insert, failure_of, insert_outcome, is_not_found, malformed};

/// How long one HTTP exchange may take; long polls end well before.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a connection leads.
#[derive(Debug, Clone)]
pub struct Target {
    /// REST base, e.g. `http://127.0.0.1:9050/bigquery/v2`.
    pub base_url: String,
    /// Whether it is the simulator.
    pub kind: ConnectionKind,
    /// Cloud project that jobs run in.
    pub project: String,
    /// The data set of the connection.
    pub dataset: String,
    /// Location of the data set.
    pub location: String,
}

/// One tenant's connection.
#[derive(Clone)]
pub struct BigQuery {
    client: Arc<Client>,
    target: Target,
    tenant_label: String,
}

impl BigQuery {
    /// Builds the client; opens no connection yet. `key` is the service account's JSON.
    ///
    /// # Errors
    /// When the key is not one, or the HTTP client cannot be built.
    pub async fn connect(target: Target, key: &str, tenant_label: String) -> Result<Self, Failure> {
        let key: ServiceAccountKey = serde_json::from_str(key).map_err(|_| bad_key())?;
        let http = reqwest::Client::builder()
            .timeout(EXCHANGE_TIMEOUT)
            .connect_timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|_| Failure::of(FailureClass::TransientError, ErrorCode::Internal))?;
        let client = ClientBuilder::new()
            .with_v2_base_url(target.base_url.clone())
            .with_client(http)
            .build_from_service_account_key(key, true)
            .await
            .map_err(|_| bad_key())?;
        Ok(Self { client: Arc::new(client), target, tenant_label })
    }

    /// Labels name the tenant and the workflow, so that a bill can be told apart in the cloud project.
    fn configuration(&self, sql: &str, run: RunId, dry_run: bool) -> JobConfiguration {
        let workflow = run.as_uuid().simple().to_string();
        let labels = [
            ("product", "autopilot"),
            ("tenant", self.tenant_label.as_str()),
            ("workflow", workflow.as_str()),
        ];
        JobConfiguration {
            dry_run: Some(dry_run),
            job_type: Some("QUERY".to_owned()),
            labels: Some(labels.map(|(k, v)| (k.to_owned(), v.to_owned())).into()),
            query: Some(JobConfigurationQuery {
                query: sql.to_owned(),
                use_legacy_sql: Some(false),
                use_query_cache: Some(!dry_run),
                ..JobConfigurationQuery::default()
            }),
            ..JobConfiguration::default()
        }
    }

    fn reference(&self, job_id: Option<String>) -> JobReference {
        JobReference {
            job_id,
            location: Some(self.target.location.clone()),
            project_id: Some(self.target.project.clone()),
        }
    }

    async fn insert(&self, query: &ApprovedQuery) -> Result<Insert, Failure> {
        let mut configuration = self.configuration(query.sql(), query.origin().run, false);
        configuration.job_timeout_ms = Some(query.deadline().as_millis().to_string());
        if let Some(inner) = configuration.query.as_mut() {
            inner.maximum_bytes_billed = Some(query.maximum_bytes_billed().0.to_string());
        }
        let job = Job {
            configuration: Some(configuration),
            job_reference: Some(self.reference(Some(query.job_id().0))),
            ..Job::default()
        };
        insert_outcome(self.client.job().insert(&self.target.project, job).await)
    }

    /// Whether an insert that broke off left a job behind.
    async fn left_a_job(&self, job: &JobId) -> bool {
        matches!(self.job(job).await, Ok(JobState::Running | JobState::Done { .. }))
    }

    async fn run(&self, query: &ApprovedQuery) -> Result<QueryResult, Failure> {
        let job = query.job_id();
        let adopted = match self.insert(query).await {
            Ok(Insert::Created) => false,
            Ok(Insert::Existing) => true,
            Err(failure) if failure.class == FailureClass::TransientNetwork => {
                if !self.left_a_job(&job).await {
                    return Err(failure);
                }
                true
            }
            Err(failure) => return Err(failure),
        };
        let rows = results::fetch(&self.client, &self.target, &job, query.row_cap()).await?;
        let ended = self.get(&job).await?.ok_or_else(malformed)?;
        let figures = results::figures(&ended)?;
        Ok(QueryResult {
            columns: rows.columns,
            rows: rows.rows,
            total_rows: rows.total,
            processed: figures.processed,
            billed: figures.billed,
            adopted,
        })
    }

    async fn get(&self, job: &JobId) -> Result<Option<Job>, Failure> {
        let location = Some(self.target.location.as_str());
        match self.client.job().get_job(&self.target.project, &job.0, location).await {
            Ok(job) => Ok(Some(job)),
            Err(error) if is_not_found(&error) => Ok(None),
            Err(error) => Err(failure_of(&error)),
        }
    }
}

fn bad_key() -> Failure {
    Failure::with(
        FailureClass::PermissionDenied,
        ErrorCode::WarehouseDenied,
        "The connection's service-account key is not usable.",
    )
}

#[async_trait]
impl Warehouse for BigQuery {
    fn kind(&self) -> ConnectionKind {
        self.target.kind
    }

    async fn dry_run(&self, query: &SafeQuery) -> Result<DryRun, Failure> {
        let job = Job {
            configuration: Some(self.configuration(query.sql(), query.origin().run, true)),
            job_reference: Some(self.reference(None)),
            ..Job::default()
        };
        let answer = self.client.job().insert(&self.target.project, job).await;
        let job = answer.map_err(|error| failure_of(&error))?;
        if let Some(error) = job.status.as_ref().and_then(|status| status.error_result.as_ref()) {
            return Err(errors::failure_of_result(error));
        }
        let statistics = job.statistics.and_then(|s| s.query).ok_or_else(malformed)?;
        let processed = statistics.total_bytes_processed.as_deref().and_then(|n| n.parse().ok());
        Ok(DryRun {
            statement_type: statistics.statement_type.ok_or_else(malformed)?,
            referenced_tables: statistics
                .referenced_tables
                .unwrap_or_default()
                .into_iter()
                .map(metadata::table_ref)
                .collect(),
            processed: Bytes(processed.ok_or_else(malformed)?),
            accuracy: accuracy(statistics.total_bytes_processed_accuracy.as_deref()),
        })
    }

    async fn execute(&self, query: ApprovedQuery) -> Result<QueryResult, Failure> {
        match tokio::time::timeout(query.deadline(), self.run(&query)).await {
            Ok(result) => result,
            Err(_) => {
                let cancelled = self.cancel(&query.job_id()).await;
                tracing::warn!(job.id = %query.job_id().0, cancelled = cancelled.is_ok(), "query ran into its deadline");
                Err(Failure::of(FailureClass::Timeout, ErrorCode::WarehouseTimeout))
            }
        }
    }

    async fn job(&self, job: &JobId) -> Result<JobState, Failure> {
        match self.get(job).await? {
            None => Ok(JobState::Unknown),
            Some(found) if results::is_done(&found) => {
                Ok(JobState::Done { billed: results::billed(&found) })
            }
            Some(_) => Ok(JobState::Running),
        }
    }

    async fn cancel(&self, job: &JobId) -> Result<(), Failure> {
        let location = Some(self.target.location.as_str());
        let answer = self.client.job().cancel_job(&self.target.project, &job.0, location).await;
        answer.map(|_| ()).map_err(|error| failure_of(&error))
    }

    async fn list_tables(&self) -> Result<Vec<TableRef>, Failure> {
        metadata::list_tables(&self.client, &self.target).await
    }

    async fn describe(&self, table: &TableRef) -> Result<TableFacts, Failure> {
        metadata::describe(&self.client, table).await
    }
}

fn accuracy(text: Option<&str>) -> Accuracy {
    match text {
        Some("PRECISE") => Accuracy::Precise,
        Some("LOWER_BOUND") => Accuracy::LowerBound,
        Some("UPPER_BOUND") => Accuracy::UpperBound,
        _ => Accuracy::Unknown,
    }
}
