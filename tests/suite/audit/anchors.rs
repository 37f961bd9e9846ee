//! Anchors: heads of chains where their own organisation cannot reach them, and what they give away.

use autopilot::ports::AuditKeeper as _;
use autopilot::store::admin::verify;
use autopilot::store::audit::AuditStore;
use autopilot::store::chain::Checked;

use super::{autopilot, said, some_events};
use crate::support::TestDb;

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_whose_end_was_cut_off_is_found_by_its_anchor_alone() {
    let test = TestDb::new().await;
    let (a, b) = (test.org("A").await, test.org("B").await);
    let keeper = AuditStore::new(test.db.clone(), None);
    some_events(&test, &a, 4).await;
    keeper.anchor(a.tenant).await.unwrap();
    keeper.anchor(a.tenant).await.unwrap();
    keeper.anchor(b.tenant).await.unwrap();
    some_events_more(&test, &a, 2).await;
    keeper.anchor(a.tenant).await.unwrap();
    let superuser = test.migrator().await;
    let list = "SELECT pos FROM public.chain_anchor ORDER BY tenant_id, pos";
    let rows = superuser.query(list, &[]).await.unwrap();
    let positions: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(positions, [4, 6], "each head once, and none for an empty chain");
    assert_eq!(verify(&test.db, a.tenant).await.unwrap(), Checked::Whole(6));
    let (code, text) = said(&autopilot(&test, &["audit", "verify"]));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains(&format!("{}: whole, 6 events", a.tenant)), "{text}");

    // Somebody with every right takes the last two events away: what is left is whole in itself.
    let schema = a.tenant.schema_name();
    let cut = format!(
        "ALTER TABLE {schema}.event_link DISABLE TRIGGER USER; DELETE FROM {schema}.event_link WHERE pos > 4; \
         ALTER TABLE {schema}.event DISABLE TRIGGER USER; \
         DELETE FROM {schema}.event e WHERE NOT EXISTS (SELECT 1 FROM {schema}.event_link l WHERE l.event_id = e.event_id)"
    );
    superuser.batch_execute(&cut).await.unwrap();
    let cut_off = Checked::CutOff { end: 4, anchored: 6 };
    assert_eq!(verify(&test.db, a.tenant).await.unwrap(), cut_off);
    // A later anchor does not paint over it.
    keeper.anchor(a.tenant).await.unwrap();
    let (code, text) =
        said(&autopilot(&test, &["audit", "verify", "--org", &a.tenant.to_string()]));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("CUT OFF behind position 4, an anchor names position 6"), "{text}");
    assert_eq!(said(&autopilot(&test, &["audit", "verify", "--org", &b.tenant.to_string()])).0, 0);
}

/// Every link may be computed anew by who changes a row; the anchor is not theirs.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_was_written_anew_contradicts_its_anchor() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    some_events(&test, &org, 3).await;
    AuditStore::new(test.db.clone(), None).anchor(org.tenant).await.unwrap();
    let (superuser, schema) = (test.migrator().await, org.tenant.schema_name());
    let anew = format!(
        "ALTER TABLE {schema}.event_link DISABLE TRIGGER USER; DELETE FROM {schema}.event_link; \
         ALTER TABLE {schema}.event DISABLE TRIGGER USER; UPDATE {schema}.event SET status = 'run_cancelled'; \
         ALTER TABLE {schema}.event_link ENABLE TRIGGER USER"
    );
    superuser.batch_execute(&anew).await.unwrap();
    let context = test.context(&org.api_key).await;
    super::seal_all(&test, &context, 3).await;
    assert_eq!(verify(&test.db, org.tenant).await.unwrap(), Checked::Broken(3));
}

async fn some_events_more(test: &TestDb, org: &autopilot::store::provision::NewOrg, count: i32) {
    super::old_events(test, org, count, 0).await;
    let context = test.context(&org.api_key).await;
    super::seal_all(test, &context, 6).await;
}
