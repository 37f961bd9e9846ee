//! The ordinary calls of a client, with gcp-bigquery-client over its real authentication.
//! Every figure is known beforehand.

#![expect(
    clippy::disallowed_methods,
    reason = "the simulator answers calls that the product must not make"
)]

use gcp_bigquery_client::Client;
use gcp_bigquery_client::client_builder::ClientBuilder;
use gcp_bigquery_client::model::dataset::Dataset;
use gcp_bigquery_client::model::get_query_results_parameters::GetQueryResultsParameters;
use gcp_bigquery_client::model::job::Job;
use gcp_bigquery_client::model::job_configuration::JobConfiguration;
use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;
use gcp_bigquery_client::model::job_reference::JobReference;
use gcp_bigquery_client::model::query_parameter::QueryParameter;
use gcp_bigquery_client::model::query_parameter_type::QueryParameterType;
use gcp_bigquery_client::model::query_parameter_value::QueryParameterValue;
use gcp_bigquery_client::model::query_request::QueryRequest;
use gcp_bigquery_client::model::table::Table;
use gcp_bigquery_client::model::table_data_insert_all_request::TableDataInsertAllRequest;
use gcp_bigquery_client::model::table_field_schema::TableFieldSchema;
use gcp_bigquery_client::model::table_row::TableRow;
use gcp_bigquery_client::model::table_schema::TableSchema;
use gcp_bigquery_client::tabledata::ListQueryParameters;
use serde_json::{Value, json};

use crate::caller::{Caller, ENDLESS};
use crate::{PROJECT, reason};

async fn world() -> (Caller, Client) {
    let caller = Caller::new().await;
    let key = serde_json::from_value(caller.running.service_account_key()).unwrap();
    let client = ClientBuilder::new()
        .with_v2_base_url(format!("{}/bigquery/v2", caller.running.base_url()))
        .build_from_service_account_key(key, false)
        .await
        .unwrap();
    (caller, client)
}

fn cells(rows: Option<Vec<TableRow>>) -> Vec<Vec<Value>> {
    let cell = |row: TableRow| {
        row.columns.unwrap().into_iter().map(|cell| cell.value.unwrap_or_default()).collect()
    };
    rows.unwrap_or_default().into_iter().map(cell).collect()
}

fn asked(sql: &str) -> QueryRequest {
    QueryRequest { use_legacy_sql: false, ..QueryRequest::new(sql) }
}

#[tokio::test]
async fn data_sets_and_tables_come_and_go() {
    let (_caller, client) = world().await;
    client.dataset().create(Dataset::new(PROJECT, "made").label("team", "growth")).await.unwrap();
    let again = client.dataset().create(Dataset::new(PROJECT, "made")).await.unwrap_err();
    assert_eq!(reason(&again), (409, "duplicate".to_owned()));
    let found = client.dataset().get(PROJECT, "made").await.unwrap();
    assert_eq!(found.labels.unwrap()["team"], "growth");
    let all = client.dataset().list(PROJECT, Default::default()).await.unwrap().datasets;
    assert_eq!(
        all.iter().map(|one| one.dataset_id().as_str()).collect::<Vec<_>>(),
        ["made", "shop"]
    );

    let schema =
        TableSchema::new(vec![TableFieldSchema::integer("n"), TableFieldSchema::string("label")]);
    let table = Table::new(PROJECT, "made", "things", schema).description("all things");
    client.table().create(table).await.unwrap();
    let found = client.table().get(PROJECT, "made", "things", None).await.unwrap();
    assert_eq!(found.schema.fields().as_ref().unwrap().len(), 2);
    assert_eq!(found.num_rows.as_deref(), Some("0"));
    let listed = client.table().list(PROJECT, "made", Default::default()).await.unwrap();
    assert_eq!(listed.total_items, Some(1));
    let refused = client.dataset().delete(PROJECT, "made", false).await.unwrap_err();
    assert_eq!(reason(&refused), (400, "resourceInUse".to_owned()));
    client.table().delete(PROJECT, "made", "things").await.unwrap();
    let gone = client.table().get(PROJECT, "made", "things", None).await.unwrap_err();
    assert_eq!(reason(&gone), (404, "notFound".to_owned()));
    client.dataset().delete(PROJECT, "made", true).await.unwrap();
    let gone = client.dataset().get(PROJECT, "made").await.unwrap_err();
    assert_eq!(reason(&gone), (404, "notFound".to_owned()));
}

#[tokio::test]
async fn rows_are_streamed_in_and_listed() {
    let (_caller, client) = world().await;
    let mut request = TableDataInsertAllRequest::new();
    request.add_row(None, json!({"n": 11, "label": "streamed"})).unwrap();
    let answer = client.tabledata().insert_all(PROJECT, "shop", "numbers", request).await.unwrap();
    assert!(answer.insert_errors.is_none());
    let mut request = TableDataInsertAllRequest::new();
    request.add_row(None, json!({"n": "eleven"})).unwrap();
    let answer = client.tabledata().insert_all(PROJECT, "shop", "numbers", request).await.unwrap();
    assert_eq!(answer.insert_errors.unwrap().len(), 1);
    let slice = ListQueryParameters {
        start_index: Some("9".to_owned()),
        max_results: None,
        page_token: None,
        selected_fields: Some("label,n".to_owned()),
        format_options: None,
    };
    let listed = client.tabledata().list(PROJECT, "shop", "numbers", slice);
    let listed = listed.await.unwrap();
    assert_eq!(listed.total_rows.as_deref(), Some("11"));
    assert_eq!(cells(listed.rows)[1], [json!("11"), json!("streamed")]);
}

#[tokio::test]
async fn a_query_a_dry_run_and_its_parameters() {
    let (_caller, client) = world().await;
    let scalar = |name: &str, of: &str, value: &str| QueryParameter {
        name: Some(name.to_owned()),
        parameter_type: Some(QueryParameterType { r#type: of.to_owned(), ..Default::default() }),
        parameter_value: Some(QueryParameterValue {
            value: Some(value.to_owned()),
            ..Default::default()
        }),
    };
    let mut request =
        asked("SELECT n, label FROM shop.numbers WHERE n > @least AND label != @not ORDER BY n");
    request.parameter_mode = Some("NAMED".to_owned());
    request.query_parameters =
        Some(vec![scalar("least", "INT64", "8"), scalar("not", "STRING", "row 9")]);
    let answer = client.job().query(PROJECT, request).await.unwrap();
    assert_eq!(answer.total_rows.as_deref(), Some("1"));
    assert_eq!(cells(answer.rows), [[json!("10"), json!("row 10")]]);

    let dry = QueryRequest { dry_run: Some(true), ..asked("SELECT n FROM shop.numbers") };
    let dry = client.job().query(PROJECT, dry).await.unwrap();
    assert_eq!(dry.total_bytes_processed.as_deref(), Some("80"));
    assert!(dry.rows.is_none() && dry.job_reference.unwrap().job_id.is_none());
}

#[tokio::test]
async fn a_result_is_walked_page_by_page() {
    let (_caller, client) = world().await;
    let request =
        QueryRequest { max_results: Some(4), ..asked("SELECT n FROM shop.numbers ORDER BY n") };
    let first = client.job().query(PROJECT, request).await.unwrap();
    let id = first.job_reference.unwrap().job_id.unwrap();
    let (mut token, mut pages) = (first.page_token, vec![cells(first.rows)]);
    while token.is_some() {
        let page = GetQueryResultsParameters {
            page_token: token,
            max_results: Some(4),
            ..Default::default()
        };
        let page = client.job().get_query_results(PROJECT, &id, page).await.unwrap();
        token = page.page_token;
        pages.push(cells(page.rows));
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
    let walked: Vec<Value> = pages.concat().concat();
    assert_eq!(walked, (1..=10).map(|n| json!(n.to_string())).collect::<Vec<_>>());
}

#[tokio::test]
async fn jobs_are_listed_read_and_cancelled() {
    let (_caller, client) = world().await;
    let query = JobConfigurationQuery {
        query: ENDLESS.to_owned(),
        use_legacy_sql: Some(false),
        ..Default::default()
    };
    let job = Job {
        configuration: Some(JobConfiguration {
            query: Some(query),
            labels: Some([("team".to_owned(), "growth".to_owned())].into()),
            ..Default::default()
        }),
        job_reference: Some(JobReference {
            job_id: Some("endless".to_owned()),
            location: None,
            project_id: Some(PROJECT.to_owned()),
        }),
        ..Default::default()
    };
    let inserted = client.job().insert(PROJECT, job).await.unwrap();
    assert_eq!(inserted.status.unwrap().state.as_deref(), Some("RUNNING"));
    let listed = client.job().list(PROJECT).await.unwrap().jobs.unwrap();
    assert_eq!(listed[0].job_reference.as_ref().unwrap().job_id.as_deref(), Some("endless"));
    client.job().cancel_job(PROJECT, "endless", Some("US")).await.unwrap();
    let found = client.job().get_job(PROJECT, "endless", Some("US")).await.unwrap();
    let status = found.status.unwrap();
    assert_eq!(status.state.as_deref(), Some("DONE"));
    assert_eq!(status.error_result.unwrap().reason.as_deref(), Some("stopped"));
    assert_eq!(found.configuration.unwrap().labels.unwrap()["team"], "growth");
    let elsewhere = client.job().get_job(PROJECT, "endless", Some("EU")).await.unwrap_err();
    assert_eq!(reason(&elsewhere), (404, "notFound".to_owned()));
}
