//! No event is lost to the chain under concurrent writers, and a changed row breaks it where it stands.
//! Tampering is done as the superuser, since nobody else can.

use autopilot::ports::Requests as _;
use autopilot::ports::requests::NewRun;
use autopilot::store::chain::Checked;
use autopilot::store::{RequestStore, admin};
use autopilot_domain::ids::RunId;
use autopilot_domain::workflow::WorkflowKind;
use serde_json::json;
use uuid::Uuid;

use crate::support::TestDb;

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_sealed_and_a_change_is_found() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let context = test.context(&org.api_key).await;
    let requests = RequestStore::new(test.db.clone(), 10_000);
    let writers = (0..8).map(|_| async {
        for _ in 0..20 {
            let run = NewRun {
                run: RunId::new(Uuid::now_v7()),
                kind: WorkflowKind::AnswerQuestion,
                input: json!({}),
                idempotency_key: None,
            };
            requests.submit(&context, run).await.unwrap();
            requests.events(&context, None, 0, 1).await.unwrap();
        }
    });
    futures_util::future::join_all(writers).await;
    // The horizon is cluster-wide, so a foreign transaction may hold the last events back for a moment.
    let mut sealed = Vec::new();
    for _ in 0..1_000 {
        sealed = requests.events(&context, None, 0, 1_000).await.unwrap();
        if sealed.len() == 160 {
            break;
        }
        tokio::task::yield_now().await;
    }
    let positions: Vec<i64> = sealed.iter().map(|event| event.pos).collect();
    assert_eq!(positions, (1..=160).collect::<Vec<_>>());
    assert_eq!(admin::verify(&test.db, org.tenant).await.unwrap(), Checked::Whole(160));

    let superuser = test.migrator().await;
    let (schema, id) = (org.tenant.schema_name(), sealed[41].event_id);
    // The trigger stops the owner of the tables too, unless they switch it off first.
    let change = format!("UPDATE {schema}.event SET status = 'run_forged' WHERE event_id = '{id}'");
    assert!(superuser.batch_execute(&change).await.is_err());
    let off = format!("ALTER TABLE {schema}.event DISABLE TRIGGER USER; {change}");
    superuser.batch_execute(&off).await.unwrap();
    assert_eq!(admin::verify(&test.db, org.tenant).await.unwrap(), Checked::Broken(42));
}

/// Transaction numbers grow a digit from time to time; as texts they would turn round.
#[tokio::test(flavor = "multi_thread")]
async fn the_chain_follows_the_numbers_of_transactions_when_they_grow_a_digit() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let context = test.context(&org.api_key).await;
    let requests = RequestStore::new(test.db.clone(), 10);
    let run = NewRun {
        run: RunId::new(Uuid::now_v7()),
        kind: WorkflowKind::AnswerQuestion,
        input: json!({}),
        idempotency_key: None,
    };
    requests.submit(&context, run).await.unwrap();
    let (superuser, schema) = (test.migrator().await, org.tenant.schema_name());
    let again = |xid: i64| {
        format!(
            "INSERT INTO {schema}.event OVERRIDING SYSTEM VALUE \
             SELECT (jsonb_populate_record(e, jsonb_build_object('event_id', gen_random_uuid(), \
               'xid', '{xid}', 'seq', 1000 + {xid}))).* FROM {schema}.event e LIMIT 1"
        )
    };
    for xid in [100, 98, 99, 101, 9, 10] {
        superuser.batch_execute(&again(xid)).await.unwrap();
    }
    let sealed = requests.events(&context, None, 0, 100).await.unwrap();
    assert_eq!(sealed.len(), 7);
    let order = format!(
        "SELECT bool_and(xid > before) FROM (SELECT xid, lag(xid) OVER (ORDER BY pos) AS before \
         FROM {schema}.event_link) AS links WHERE before IS NOT NULL"
    );
    assert!(superuser.query_one(&order, &[]).await.unwrap().get::<_, bool>(0));
    assert_eq!(admin::verify(&test.db, org.tenant).await.unwrap(), Checked::Whole(7));
}
