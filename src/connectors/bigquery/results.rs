//! Waiting for a job and reading its rows, page by page.
//!
//! Own loop: the client's polls without end. Each call is a long poll; the caller's deadline ends it.
//! Only scalars are read; a nested value is kept as its JSON text. A result larger than the caps is read
//! up to them; one that ends before its own count of rows is a failure, never a smaller result.

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::units::Bytes;
use autopilot_gate::ports::Cell;
use autopilot_gate::receipt::JobId;
use gcp_bigquery_client::Client;
use gcp_bigquery_client::model::get_query_results_parameters::GetQueryResultsParameters;
use gcp_bigquery_client::model::get_query_results_response::GetQueryResultsResponse;
use gcp_bigquery_client::model::job::Job;
use gcp_bigquery_client::model::table_row::TableRow;

use super::Target;
use super::errors::{failure_of, failure_of_result, malformed};

/// Length of one long poll, in milliseconds.
const POLL_MS: i32 = 10_000;
/// Rows of one page.
const PAGE_ROWS: u64 = 10_000;
/// Most text of a result that is held, in bytes; what lies behind it is not fetched.
const MOST_BYTES: usize = 16 << 20;

pub(super) struct Rows {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
    pub(super) total: u64,
}

pub(super) struct Figures {
    pub(super) processed: Bytes,
    pub(super) billed: Bytes,
}

/// Waits for the job to end and reads at most `row_cap` rows.
pub(super) async fn fetch(
    client: &Client,
    target: &Target,
    job: &JobId,
    row_cap: u64,
) -> Result<Rows, Failure> {
    let mut page = complete(client, target, job, row_cap).await?;
    let mut rows = Rows {
        columns: columns(&page),
        rows: Vec::new(),
        total: number(page.total_rows.as_deref()),
    };
    let (width, mut held) = (rows.columns.len(), 0_usize);
    loop {
        for row in page.rows.take().unwrap_or_default() {
            let cells = cells(row, width)?;
            held = held.saturating_add(cells.iter().map(length).sum());
            if held > MOST_BYTES {
                return Ok(rows);
            }
            rows.rows.push(cells);
        }
        let read = u64::try_from(rows.rows.len()).unwrap_or(u64::MAX);
        match page.page_token.take() {
            _ if read >= row_cap => return Ok(rows),
            Some(token) => {
                let parameters = parameters(target, row_cap - read, Some(token));
                page = ask(client, target, job, parameters).await?;
            }
            None if read < rows.total => return Err(partial()),
            None => return Ok(rows),
        }
    }
}

/// Bytes that a value takes, about.
const fn length(cell: &Cell) -> usize {
    match cell {
        Cell::Null => 1,
        Cell::Text(text) => text.len(),
    }
}

/// Fewer rows than the warehouse says there are, and no way to the others.
fn partial() -> Failure {
    Failure::of(FailureClass::PartialResults, ErrorCode::WarehousePartial)
}

/// The first page of a complete job.
async fn complete(
    client: &Client,
    target: &Target,
    job: &JobId,
    row_cap: u64,
) -> Result<GetQueryResultsResponse, Failure> {
    loop {
        let page = ask(client, target, job, parameters(target, row_cap, None)).await?;
        if let Some(error) = page.errors.as_ref().and_then(|errors| errors.first()) {
            return Err(failure_of_result(error));
        }
        if page.job_complete.ok_or_else(malformed)? {
            return Ok(page);
        }
    }
}

async fn ask(
    client: &Client,
    target: &Target,
    job: &JobId,
    parameters: GetQueryResultsParameters,
) -> Result<GetQueryResultsResponse, Failure> {
    let answer = client.job().get_query_results(&target.project, &job.0, parameters).await;
    answer.map_err(|error| failure_of(&error))
}

fn parameters(target: &Target, rows: u64, page_token: Option<String>) -> GetQueryResultsParameters {
    GetQueryResultsParameters {
        location: Some(target.location.clone()),
        max_results: i32::try_from(rows.min(PAGE_ROWS)).ok(),
        page_token,
        timeout_ms: Some(POLL_MS),
        ..GetQueryResultsParameters::default()
    }
}

fn columns(page: &GetQueryResultsResponse) -> Vec<String> {
    let fields = page.schema.as_ref().and_then(|schema| schema.fields.as_ref());
    fields.map(|fields| fields.iter().map(|field| field.name.clone()).collect()).unwrap_or_default()
}

fn cells(row: TableRow, width: usize) -> Result<Vec<Cell>, Failure> {
    let cells = row.columns.unwrap_or_default();
    if cells.len() != width {
        return Err(malformed());
    }
    Ok(cells.into_iter().map(|cell| scalar(cell.value)).collect())
}

fn scalar(value: Option<serde_json::Value>) -> Cell {
    match value {
        None | Some(serde_json::Value::Null) => Cell::Null,
        Some(serde_json::Value::String(text)) => Cell::Text(text),
        Some(other) => Cell::Text(other.to_string()),
    }
}

fn number(text: Option<&str>) -> u64 {
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Whether the job has ended.
pub(super) fn is_done(job: &Job) -> bool {
    job.status.as_ref().and_then(|status| status.state.as_deref()) == Some("DONE")
}

/// Bytes billed for an ended job; 0 for one that failed before reading.
pub(super) fn billed(job: &Job) -> Bytes {
    let query = job.statistics.as_ref().and_then(|statistics| statistics.query.as_ref());
    Bytes(number(query.and_then(|query| query.total_bytes_billed.as_deref())))
}

/// Bytes of a job that ended well.
pub(super) fn figures(job: &Job) -> Result<Figures, Failure> {
    if let Some(error) = job.status.as_ref().and_then(|status| status.error_result.as_ref()) {
        return Err(failure_of_result(error));
    }
    let query = job.statistics.as_ref().and_then(|s| s.query.as_ref()).ok_or_else(malformed)?;
    let bytes =
        |text: Option<&String>| text.and_then(|t| t.parse().ok()).map(Bytes).ok_or_else(malformed);
    Ok(Figures {
        processed: bytes(query.total_bytes_processed.as_ref())?,
        billed: bytes(query.total_bytes_billed.as_ref())?,
    })
}
