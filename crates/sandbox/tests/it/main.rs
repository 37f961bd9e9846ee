//! The simulator as gcp-bigquery-client meets it: real authentication, real queries, real refusals.
//! Figures are computed again from the CSV; bytes by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may end by panicking"
)]

mod battery;
mod caller;
mod data;
mod drills;
mod exchanges;
mod faults;
mod replay;

use autopilot_sandbox::{RunningSandbox, SandboxOptions, start};
use gcp_bigquery_client::Client;
use gcp_bigquery_client::client_builder::ClientBuilder;
use gcp_bigquery_client::error::BQError;
use gcp_bigquery_client::model::get_query_results_parameters::GetQueryResultsParameters;
use gcp_bigquery_client::model::job::Job;
use gcp_bigquery_client::model::job_configuration::JobConfiguration;
use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;
use gcp_bigquery_client::model::job_reference::JobReference;

const PROJECT: &str = "autopilot-sandbox";
const WEEK: &str = "SELECT SUM(`amount_usd`) AS revenue, COUNT(`amount_usd`) AS orders FROM `autopilot-sandbox.shop.orders` \
                    WHERE `ordered_on` >= DATE '1998-06-24' AND `ordered_on` < DATE '1998-07-01'";

async fn world() -> (RunningSandbox, Client) {
    let running = tokio::task::spawn_blocking(|| start(SandboxOptions::default(), |_| {}).unwrap())
        .await
        .unwrap();
    let key = serde_json::from_value(running.service_account_key()).unwrap();
    let client = ClientBuilder::new()
        .with_v2_base_url(format!("{}/bigquery/v2", running.base_url()))
        .build_from_service_account_key(key, true)
        .await
        .unwrap();
    (running, client)
}

fn job(sql: &str, id: Option<&str>, dry_run: bool, limit: Option<u64>) -> Job {
    Job {
        configuration: Some(JobConfiguration {
            dry_run: Some(dry_run),
            query: Some(JobConfigurationQuery {
                query: sql.to_owned(),
                use_legacy_sql: Some(false),
                maximum_bytes_billed: limit.map(|limit| limit.to_string()),
                ..JobConfigurationQuery::default()
            }),
            ..JobConfiguration::default()
        }),
        job_reference: Some(JobReference {
            job_id: id.map(str::to_owned),
            location: None,
            project_id: Some(PROJECT.to_owned()),
        }),
        ..Job::default()
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "every other error fails the test")]
fn reason(error: &BQError) -> (i64, String) {
    match error {
        BQError::ResponseError { error } => {
            (error.error.code, error.error.errors[0]["reason"].clone())
        }
        _ => panic!("{error}"),
    }
}

async fn refused(client: &Client, job: Job) -> (i64, String) {
    reason(&client.job().insert(PROJECT, job).await.unwrap_err())
}

/// Cents and orders of the week, from the file itself.
fn computed() -> (i64, u64) {
    let text = include_str!("../../data/cdnow/orders.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut sum = (0, 0);
    for record in reader.records() {
        let record = record.unwrap();
        if ("1998-06-24".."1998-07-01").contains(&&record[2]) {
            let (dollars, cents) = record[4].split_once('.').unwrap();
            sum.0 += dollars.parse::<i64>().unwrap() * 100 + cents.parse::<i64>().unwrap();
            sum.1 += 1;
        }
    }
    sum
}

#[tokio::test]
async fn a_week_of_revenue_is_priced_run_and_billed() {
    let (_running, client) = world().await;
    let dry = client.job().insert(PROJECT, job(WEEK, None, true, None)).await.unwrap();
    let query = dry.statistics.unwrap().query.unwrap();
    // NUMERIC 16 and DATE 8 bytes for each of 69,659 rows.
    assert_eq!(query.total_bytes_processed.as_deref(), Some("1671816"));
    assert_eq!(query.statement_type.as_deref(), Some("SELECT"));
    assert_eq!(query.referenced_tables.unwrap()[0].table_id, "orders");

    client.job().insert(PROJECT, job(WEEK, Some("week"), false, Some(10 << 20))).await.unwrap();
    let page = client
        .job()
        .get_query_results(PROJECT, "week", GetQueryResultsParameters::default())
        .await
        .unwrap();
    let row = page.rows.unwrap().remove(0).columns.unwrap();
    let (cents, orders) = computed();
    assert_eq!(row[0].value, Some(format!("{}.{:02}", cents / 100, cents % 100).into()));
    assert_eq!(row[1].value, Some(orders.to_string().into()));
    let done = client.job().get_job(PROJECT, "week", None).await.unwrap();
    assert_eq!(
        done.statistics.unwrap().query.unwrap().total_bytes_billed.as_deref(),
        Some("10485760")
    );
}

#[tokio::test]
async fn a_job_id_is_used_once_and_a_byte_limit_holds() {
    let (_running, client) = world().await;
    client.job().insert(PROJECT, job(WEEK, Some("one"), false, None)).await.unwrap();
    assert_eq!(
        refused(&client, job(WEEK, Some("one"), false, None)).await,
        (409, "duplicate".to_owned())
    );
    let over = refused(&client, job(WEEK, Some("two"), false, Some(1))).await;
    assert_eq!(over, (500, "bytesBilledLimitExceeded".to_owned()));
}

#[tokio::test]
async fn what_is_refused_leaves_no_job_behind() {
    let (running, client) = world().await;
    for (sql, expected) in [
        ("SELECT ST_GEOGPOINT(1, 2)", (501, "notImplemented")),
        ("SELECT KEYS.NEW_KEYSET('AEAD_AES_GCM_256')", (501, "notImplemented")),
        ("SELECT order_id FROM shop.orders WHERE order_id = 'x'", (400, "invalidQuery")),
        ("SELECT order_id, FROM WHERE", (400, "invalidQuery")),
        ("SELECT a FROM shop.nothing", (404, "notFound")),
        ("SELECT a FROM `other.shop.orders`", (403, "accessDenied")),
    ] {
        let (status, reason) = refused(&client, job(sql, Some("never"), false, None)).await;
        assert_eq!((status, reason.as_str()), expected, "{sql}");
    }
    assert_eq!(admin(&running).await["executions"], serde_json::json!({}));
}

async fn admin(running: &RunningSandbox) -> serde_json::Value {
    let url = format!("{}/admin/requests", running.base_url());
    let sent = reqwest::Client::new()
        .get(url)
        .header("x-admin-secret", running.admin_secret())
        .send()
        .await
        .unwrap();
    serde_json::from_str(&sent.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_hanging_job_is_cancelled_and_every_drill_is_counted() {
    let (running, client) = world().await;
    let order = |call: &str, drill: &str| {
        serde_json::json!({"call": call, "drill": drill, "times": 1}).to_string()
    };
    let set = |order: String| {
        let url = format!("{}/admin/drills", running.base_url());
        let request =
            reqwest::Client::new().post(url).header("x-admin-secret", running.admin_secret());
        request.header("content-type", "application/json").body(order).send()
    };
    set(order("insert", "TIMEOUT")).await.unwrap();
    client.job().insert(PROJECT, job(WEEK, Some("hang"), false, None)).await.unwrap();
    client.job().cancel_job(PROJECT, "hang", None).await.unwrap();
    let ended = client.job().get_job(PROJECT, "hang", None).await.unwrap().status.unwrap();
    assert_eq!(ended.state.as_deref(), Some("DONE"));
    assert_eq!(ended.error_result.unwrap().reason.as_deref(), Some("stopped"));

    for (drill, answer) in [
        ("QUOTA_EXCEEDED", (403, "quotaExceeded")),
        ("PERMISSION_DENIED", (403, "accessDenied")),
        ("TRANSIENT_ERROR", (503, "backendError")),
    ] {
        set(order("insert", drill)).await.unwrap();
        assert_eq!(
            refused(&client, job(WEEK, Some("drilled"), false, None)).await,
            (answer.0, answer.1.to_owned())
        );
    }
    for drill in ["TRANSIENT_NETWORK", "MALFORMED_RESPONSE"] {
        set(order("insert", drill)).await.unwrap();
        let error = client
            .job()
            .insert(PROJECT, job(WEEK, Some("drilled"), false, None))
            .await
            .unwrap_err();
        assert!(matches!(error, BQError::RequestError(_)), "{error}");
    }
    let hits = admin(&running).await["drill_hits"].as_object().unwrap().len();
    assert_eq!(hits, 6);
}

#[tokio::test]
async fn without_a_token_of_its_own_nothing_is_answered() {
    let (running, _client) = world().await;
    let url = format!("{}/bigquery/v2/projects/{PROJECT}/datasets/shop/tables", running.base_url());
    let http = reqwest::Client::new();
    assert_eq!(http.get(&url).send().await.unwrap().status(), 401);
    assert_eq!(http.get(&url).bearer_auth("simulated.made-up").send().await.unwrap().status(), 401);
    let token = http
        .post(format!("{}/token", running.base_url()))
        .header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(token.body("assertion=e30.e30.e30").send().await.unwrap().status(), 400);
    assert_eq!(
        http.get(format!("{}/admin/requests", running.base_url())).send().await.unwrap().status(),
        403
    );
}

#[test]
fn it_listens_on_loopback_only() {
    let listen = std::net::SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = start(SandboxOptions { listen, ..SandboxOptions::default() }, |_| {});
    assert!(refused.err().unwrap().to_string().contains("loopback only"));
}

#[test]
fn a_broken_file_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("orders.csv"), "a,b\n1,2\n3\n").unwrap();
    let data = autopilot_sandbox::Source::Folder(folder.path().to_path_buf());
    let refused = start(SandboxOptions { data, ..SandboxOptions::default() }, |_| {});
    assert!(refused.err().unwrap().to_string().contains("orders.csv, line 3"));
}
