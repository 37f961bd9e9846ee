//! A late owner's writes change nothing, and ownership changes only when a lease is over.
//! Time passes by moving the lease in the database, not by waiting.

use autopilot::ports::ownership::Claimed;
use autopilot::ports::requests::{NewRun, Submitted};
use autopilot::ports::{Ownership as _, Requests as _, RunStore as _, StoreError};
use autopilot::store::{NodeStore, OwnedTenant, RequestStore};
use autopilot_domain::ids::{NodeId, RunId};
use autopilot_domain::workflow::WorkflowKind;
use autopilot_domain::workflow::machine::RunOutcome;
use serde_json::json;
use uuid::Uuid;

use crate::support::TestDb;

fn new_run(key: Option<&str>, input: serde_json::Value) -> NewRun {
    let idempotency_key = key.map(str::to_owned);
    NewRun {
        run: RunId::new(Uuid::now_v7()),
        kind: WorkflowKind::AnswerQuestion,
        input,
        idempotency_key,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_owner_writes_nothing() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let requests = RequestStore::new(test.db.clone(), 100);
    let context = test.context(&org.api_key).await;
    let run = new_run(None, json!({}));
    let id = run.run;
    assert_eq!(requests.submit(&context, run).await.unwrap(), Submitted::Accepted(id));
    let old = test.owner(org.tenant).await;
    let nodes = NodeStore(test.db.clone());
    let other = NodeId::new(Uuid::now_v7());
    nodes.register(other, "other").await.unwrap();
    assert_eq!(nodes.claim(other, org.tenant).await.unwrap(), Claimed::Held, "its lease lives");

    let superuser = test.migrator().await;
    let end = "UPDATE public.node SET lease_until = clock_timestamp() - interval '1 second' WHERE node_id = $1";
    superuser.execute(end, &[&old.node().as_uuid()]).await.unwrap();
    let late = OwnedTenant::new(test.db.clone(), old);
    assert_eq!(late.start_run(id).await, Err(StoreError::Lost), "its lease is over");
    assert_eq!(nodes.renew(old.node()).await, Err(StoreError::Lost));

    let Claimed::Mine(new) = nodes.claim(other, org.tenant).await.unwrap() else {
        panic!("nobody holds it")
    };
    assert_eq!(new.epoch().0, old.epoch().0 + 1);
    let alive = "UPDATE public.node SET lease_until = clock_timestamp() + interval '1 hour' WHERE node_id = $1";
    superuser.execute(alive, &[&old.node().as_uuid()]).await.unwrap();
    assert_eq!(
        late.finish_run(id, RunOutcome::Cancelled).await,
        Err(StoreError::Lost),
        "its epoch is stale"
    );
    assert_eq!(requests.run(&context, id).await.unwrap().unwrap().status, "queued");
    OwnedTenant::new(test.db.clone(), new).start_run(id).await.unwrap();
    assert_eq!(requests.run(&context, id).await.unwrap().unwrap().status, "running");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wake_that_came_later_keeps_the_tenant() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let claim = test.owner(org.tenant).await;
    let (nodes, requests) = (NodeStore(test.db.clone()), RequestStore::new(test.db.clone(), 100));
    let context = test.context(&org.api_key).await;
    requests.submit(&context, new_run(None, json!({}))).await.unwrap();
    assert!(!nodes.passivate(claim, 0).await.unwrap(), "woken after what was seen");
    let seen =
        nodes.wakes().await.unwrap().iter().find(|wake| wake.tenant == org.tenant).unwrap().counter;
    assert!(nodes.passivate(claim, seen).await.unwrap());
    assert!(nodes.wakes().await.unwrap().iter().all(|wake| wake.tenant != org.tenant));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_makes_one_run_and_another_input_conflicts() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let requests = RequestStore::new(test.db.clone(), 100);
    let context = test.context(&org.api_key).await;
    let all = (0..20).map(|_| requests.submit(&context, new_run(Some("k"), json!({"a": 1}))));
    let answers = futures_util::future::join_all(all).await;
    let made = answers.iter().filter(|answer| matches!(answer, Ok(Submitted::Accepted(_)))).count();
    assert_eq!(made, 1);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let other = requests.submit(&context, new_run(Some("k"), json!({"a": 2}))).await.unwrap();
    assert_eq!(other, Submitted::Conflict);
}
