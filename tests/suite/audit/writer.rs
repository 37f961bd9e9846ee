//! The writer's path: nothing that is not of the contract is written, by the program or past it, and
//! no event names a user by their id.

use autopilot::ports::requests::NewRun;
use autopilot::ports::{Actor, RequestContext, Requests as _, Role, StoreError};
use autopilot::store::chain::Checked;
use autopilot::store::events::{Fact, record};
use autopilot::store::{RequestStore, admin};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::event::EventKind;
use autopilot_domain::ids::{RunId, TenantId, UserId};
use autopilot_domain::workflow::WorkflowKind;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::support::TestDb;

async fn count(superuser: &Client, tenant: TenantId) -> i64 {
    let sql = format!("SELECT count(*) FROM {}.event", tenant.schema_name());
    superuser.query_one(&sql, &[]).await.unwrap().get(0)
}

async fn submit(test: &TestDb, context: &RequestContext) {
    let run = NewRun {
        run: RunId::new(Uuid::now_v7()),
        kind: WorkflowKind::AnswerQuestion,
        input: json!({}),
        idempotency_key: None,
    };
    RequestStore::new(test.db.clone(), 100).submit(context, run).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_not_of_the_contract_is_refused_and_its_transaction_with_it() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let context = test.context(&org.api_key).await;
    let superuser = test.migrator().await;
    let run = RunId::new(Uuid::now_v7());
    let wrong = [
        Fact::of_run(run, "Run Started"),
        Fact::of_run(run, ""),
        Fact { run: None, ..Fact::of_run(run, "run_started") },
        Fact { code: Some(ErrorCode::Internal), ..Fact::of_run(run, "run_started") },
        Fact { kind: EventKind::ToolInvocation, ..Fact::of_run(run, "tool_succeeded") },
        Fact { kind: EventKind::ArtifactGenerated, ..Fact::of_run(run, "artifact_created") },
        Fact { kind: EventKind::SecurityGateDecision, ..Fact::of_run(run, "query_blocked") },
        Fact { payload: json!("text"), ..Fact::of_run(run, "run_started") },
        Fact { payload: json!({"class": "FLAKY"}), ..Fact::of_run(run, "run_started") },
        Fact { payload: json!({"sql": "x".repeat(20_000)}), ..Fact::of_run(run, "run_started") },
    ];
    for fact in wrong {
        let shown = format!("{} {} {}", fact.kind.as_str(), fact.status, fact.payload);
        let tx = test.db.begin(&context).await.unwrap();
        let refused = record(&tx, fact).await;
        let sentence = "an event is not of the contract";
        assert_eq!(refused, Err(StoreError::Corrupt(sentence)), "{shown:.80}");
        drop(tx);
    }
    assert_eq!(count(&superuser, org.tenant).await, 0);
    let tx = test.db.begin(&context).await.unwrap();
    record(&tx, Fact::of_run(run, "run_started")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&superuser, org.tenant).await, 1);
}

/// What the database checks by itself, for whoever calls the writer's function past the program.
#[tokio::test(flavor = "multi_thread")]
async fn the_writers_function_refuses_what_sql_can_see() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let login = test.app().await;
    let enter = format!(
        "SELECT set_config('role', '{}', true), set_config('search_path', '{}', true)",
        autopilot::store::tenant_db::role_name("ap", org.tenant),
        org.tenant.schema_name()
    );
    let call = |kind: &str, status: &str, at: &str, actor: &str, salt: &str, payload: &str| {
        format!(
            "BEGIN; {enter}; SELECT append_event(gen_random_uuid(), '{kind}', NULL, NULL, NULL, '{status}', NULL, \
             {at}, {at}, '{actor}', {salt}, '{payload}', sha256('x')); COMMIT"
        )
    };
    let (kind, now, salt) =
        ("workflow_state_transition", "now()", "'\\x00112233445566778899aabbccddeeff'");
    login.batch_execute(&call(kind, "run_x", now, "system", salt, "{}")).await.unwrap();
    let raw = Uuid::new_v4().to_string();
    for (wrong, state) in [
        (call("query_run", "run_x", now, "system", salt, "{}"), "23514"),
        (call("tool_invocation", "run_x", now, "system", salt, "{}"), "AP010"),
        (call(kind, "Run X", now, "system", salt, "{}"), "AP010"),
        (call(kind, "run_x", "now() - interval '2 days'", "system", salt, "{}"), "AP010"),
        (call(kind, "run_x", now, &raw, salt, "{}"), "AP010"),
        (call(kind, "run_x", now, "system", "NULL", "{}"), "AP010"),
        (call(kind, "run_x", now, "system", salt, "[1]"), "AP010"),
    ] {
        let error = login.batch_execute(&wrong).await.expect_err(&wrong);
        assert_eq!(error.code().unwrap().code(), state, "{wrong}");
        login.batch_execute("ROLLBACK").await.unwrap();
    }
    assert_eq!(count(&test.migrator().await, org.tenant).await, 1);
}

async fn actors(superuser: &Client, tenant: TenantId) -> Vec<String> {
    let sql = format!("SELECT actor FROM {}.event ORDER BY seq", tenant.schema_name());
    superuser.query(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_a_name_of_their_own_in_each_tenant_and_their_id_is_in_no_event() {
    let test = TestDb::new().await;
    let (a, b) = (test.org("A").await, test.org("B").await);
    let superuser = test.migrator().await;
    let user: UserId = a.admin;
    let context = test.context(&a.api_key).await;
    submit(&test, &context).await;
    submit(&test, &context).await;
    // The same person as a member of the other organisation.
    let other = test.context(&test.key(b.tenant, Role::Member).await).await;
    let tx = test.db.begin(&other).await.unwrap();
    let run = RunId::new(Uuid::now_v7());
    let fact = Fact { actor: Actor::User(user), ..Fact::of_run(run, "cancel_requested") };
    record(&tx, fact).await.unwrap();
    tx.commit().await.unwrap();

    let (of_a, of_b) = (actors(&superuser, a.tenant).await, actors(&superuser, b.tenant).await);
    assert_eq!((of_a.len(), of_a[0] == of_a[1]), (2, true), "one name within a tenant: {of_a:?}");
    assert_ne!(of_a[0], of_b[0], "another one in another tenant");
    for tenant in [a.tenant, b.tenant] {
        let schema = tenant.schema_name();
        let sql =
            format!("SELECT count(*) FROM {schema}.event e WHERE e::text LIKE '%' || $1 || '%'");
        for id in [user.to_string(), user.as_uuid().simple().to_string()] {
            let found: i64 = superuser.query_one(&sql, &[&id]).await.unwrap().get(0);
            assert_eq!(found, 0, "an event of {schema} holds the id");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_key_a_name_leads_to_nobody_and_the_chain_still_holds() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let (superuser, schema) = (test.migrator().await, org.tenant.schema_name());
    let context = test.context(&org.api_key).await;
    submit(&test, &context).await;
    // A row of the time before pseudonyms names the user by id.
    let old = format!(
        "INSERT INTO {schema}.event (event_id, kind, status, started_at, actor, salt, payload, payload_hash) \
         VALUES (gen_random_uuid(), 'workflow_state_transition', 'run_started', now(), '{}', NULL, NULL, sha256('x'))",
        org.admin
    );
    superuser.batch_execute(&old).await.unwrap();
    superuser.batch_execute(&format!("DELETE FROM {schema}.actor_key")).await.unwrap();
    submit(&test, &context).await;
    let names = actors(&superuser, org.tenant).await;
    assert_eq!(names[1], org.admin.to_string());
    assert_ne!(names[0], names[2], "a new key makes new names");
    super::seal_all(&test, &context, 3).await;
    assert_eq!(admin::verify(&test.db, org.tenant).await.unwrap(), Checked::Whole(3));
}
