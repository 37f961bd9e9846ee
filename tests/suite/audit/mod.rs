//! The audit trail: what may be written, that it stays, and what becomes of it.
//! Tampering is done as the superuser, since nobody else can.

mod anchors;
mod contract;
mod export;
mod immutable;
mod matrix;
mod retention;
mod writer;

use std::process::{Command, Output};

use autopilot::ports::requests::NewRun;
use autopilot::ports::{RequestContext, Requests as _};
use autopilot::store::RequestStore;
use autopilot::store::provision::NewOrg;
use autopilot_domain::ids::RunId;
use autopilot_domain::workflow::WorkflowKind;
use serde_json::json;
use uuid::Uuid;

use crate::support::TestDb;

/// Seals until so many positions are there: the horizon is cluster-wide, so a foreign transaction may
/// hold the last events back for a moment.
async fn seal_all(test: &TestDb, context: &RequestContext, events: usize) {
    let requests = RequestStore::new(test.db.clone(), 10_000);
    for _ in 0..2_000 {
        if requests.events(context, None, 0, 10_000).await.map(|seen| seen.len()) == Ok(events) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("not all {events} events were sealed");
}

/// Events that were recorded so many days ago, not yet sealed.
async fn old_events(test: &TestDb, org: &NewOrg, count: i32, days: i32) {
    let sql = format!(
        "INSERT INTO {}.event (event_id, kind, workflow_id, status, started_at, finished_at, actor, salt, payload, payload_hash) \
         SELECT (lpad(to_hex($2::int), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, \
           'workflow_state_transition', gen_random_uuid(), 'run_started', t, t, 'system', \
           '\\x00112233445566778899aabbccddeeff', 'null', sha256('\\x00112233445566778899aabbccddeeff' || 'null'::bytea) \
         FROM generate_series(1, $1::int) n, LATERAL (SELECT now() - make_interval(days => $2::int)) AS m (t)",
        org.tenant.schema_name()
    );
    test.migrator().await.execute(&sql, &[&count, &days]).await.unwrap();
}

/// So many days before now.
#[expect(clippy::disallowed_methods, reason = "rows are as old as the machine says")]
fn days_ago(days: i64) -> jiff::Timestamp {
    jiff::Timestamp::now() - jiff::SignedDuration::from_hours(days * 24)
}

/// Runs a command of the program against this database.
fn autopilot(test: &TestDb, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autopilot"));
    command.env_clear().args(arguments);
    command.env("AUTOPILOT_DATABASE_URL", &test.app_url);
    command.env("AUTOPILOT_MIGRATOR_DATABASE_URL", &test.migrator_url);
    command.env("AUTOPILOT_RETENTION_DATABASE_URL", &test.retention_url);
    command.output().unwrap()
}

/// Its exit code and what it printed.
fn said(output: &Output) -> (i32, String) {
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), text.into_owned())
}

/// An organisation with so many sealed events.
async fn some_events(test: &TestDb, org: &NewOrg, count: usize) {
    let context = test.context(&org.api_key).await;
    let requests = RequestStore::new(test.db.clone(), 10_000);
    for _ in 0..count {
        let run = NewRun {
            run: RunId::new(Uuid::now_v7()),
            kind: WorkflowKind::AnswerQuestion,
            input: json!({}),
            idempotency_key: None,
        };
        requests.submit(&context, run).await.unwrap();
    }
    seal_all(test, &context, count).await;
}
