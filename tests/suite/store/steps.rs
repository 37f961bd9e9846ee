//! A step's committed result: a success is final, a repeat changes nothing, a late owner adds nothing.
//! The stored row and its events are both looked at, since they are one commit.

use autopilot::ports::ownership::Claimed;
use autopilot::ports::requests::NewRun;
use autopilot::ports::{Ownership as _, Requests as _, RunStore as _, StoreError};
use autopilot::store::{NodeStore, OwnedTenant, RequestStore};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::{Attempt, Digest, NodeId, RunId};
use autopilot_domain::workflow::machine::RunOutcome;
use autopilot_domain::workflow::{StepResult, StepStatus, WorkflowKind};
use jiff::Timestamp;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::support::TestDb;

fn result(attempt: u32, status: StepStatus) -> StepResult {
    let success = status == StepStatus::Success;
    StepResult {
        step_name: "understand".parse().unwrap(),
        status,
        attempt: Attempt(attempt),
        round: 0,
        retry_count: 0,
        step_key: Digest([7; 32]),
        output: if success { json!({"attempt": attempt}) } else { json!(null) },
        output_hash: success.then_some(Digest([8; 32])),
        started_at: Timestamp::UNIX_EPOCH,
        finished_at: Timestamp::UNIX_EPOCH,
        error: (!success)
            .then(|| Failure::of(FailureClass::TransientError, ErrorCode::SpendingClosed)),
    }
}

/// Events of the tenant, whether sealed or not.
async fn events(superuser: &Client, schema: &str) -> i64 {
    let count = format!("SELECT count(*) FROM {schema}.event");
    superuser.query_one(&count, &[]).await.unwrap().get(0)
}

async fn submit(test: &TestDb, api_key: &str) -> RunId {
    let run = RunId::new(Uuid::now_v7());
    let new =
        NewRun { run, kind: WorkflowKind::AnswerQuestion, input: json!({}), idempotency_key: None };
    let requests = RequestStore::new(test.db.clone(), 100);
    requests.submit(&test.context(api_key).await, new).await.unwrap();
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_is_never_replaced_and_a_repeat_changes_nothing() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let (superuser, schema) = (test.migrator().await, org.tenant.schema_name());
    let run = submit(&test, &org.api_key).await;
    let owned = OwnedTenant::new(test.db.clone(), test.owner(org.tenant).await);
    owned.start_run(run).await.unwrap();
    let before = events(&superuser, &schema).await;

    let failed = result(1, StepStatus::Failed);
    owned.commit_step(run, &failed).await.unwrap();
    owned.commit_step(run, &failed).await.unwrap();
    assert_eq!(owned.steps(run).await.unwrap(), [failed]);
    assert_eq!(events(&superuser, &schema).await, before + 1, "a repeat is no second event");

    let success = result(2, StepStatus::Success);
    owned.commit_step(run, &success).await.unwrap();
    for late in [
        result(2, StepStatus::Success),
        result(1, StepStatus::Failed),
        result(3, StepStatus::Failed),
        result(4, StepStatus::Success),
        result(5, StepStatus::Skipped),
    ] {
        owned.commit_step(run, &late).await.unwrap();
    }
    assert_eq!(owned.steps(run).await.unwrap(), [success]);
    assert_eq!(events(&superuser, &schema).await, before + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_owner_commits_no_step_and_no_event() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let (superuser, schema) = (test.migrator().await, org.tenant.schema_name());
    let run = submit(&test, &org.api_key).await;
    let old = test.owner(org.tenant).await;
    let late = OwnedTenant::new(test.db.clone(), old);
    late.start_run(run).await.unwrap();
    let before = events(&superuser, &schema).await;
    let lease = |by: &str| {
        format!(
            "UPDATE public.node SET lease_until = clock_timestamp() + interval '{by}' WHERE node_id = $1"
        )
    };
    let node = old.node().as_uuid();
    superuser.execute(&lease("-1 second"), &[&node]).await.unwrap();
    refused(&late, run).await;

    let nodes = NodeStore(test.db.clone());
    let other = NodeId::new(Uuid::now_v7());
    nodes.register(other, "other").await.unwrap();
    assert!(matches!(nodes.claim(other, org.tenant).await.unwrap(), Claimed::Mine(_)));
    // The old node is alive again, so only its epoch can stop it.
    superuser.execute(&lease("1 hour"), &[&node]).await.unwrap();
    refused(&late, run).await;

    assert_eq!(events(&superuser, &schema).await, before);
    let steps = format!("SELECT count(*) FROM {schema}.workflow_step");
    assert_eq!(superuser.query_one(&steps, &[]).await.unwrap().get::<_, i64>(0), 0);
}

async fn refused(late: &OwnedTenant, run: RunId) {
    let success = result(1, StepStatus::Success);
    assert_eq!(late.commit_step(run, &success).await, Err(StoreError::Lost));
    assert_eq!(
        late.step_started(run, &success.step_name, success.attempt).await,
        Err(StoreError::Lost)
    );
    assert_eq!(late.finish_run(run, RunOutcome::Succeeded).await, Err(StoreError::Lost));
    assert_eq!(late.seal().await, Err(StoreError::Lost));
}
