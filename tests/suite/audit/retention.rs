//! Retention: rows past their time go, from the beginning of the chain only, and what stays verifies.

use autopilot::ports::AuditKeeper as _;
use autopilot::ports::StoreError;
use autopilot::ports::audit::Retained;
use autopilot::store::admin::{self, verify};
use autopilot::store::audit::AuditStore;
use autopilot::store::chain::Checked;

use super::{autopilot, days_ago, old_events, said, seal_all};
use crate::support::TestDb;

fn keeper(test: &TestDb) -> AuditStore {
    AuditStore::new(test.db.clone(), Some(test.retention_url.clone().into()))
}

async fn positions(test: &TestDb, schema: &str) -> Vec<i64> {
    let sql = format!("SELECT pos FROM {schema}.event_link ORDER BY pos");
    test.migrator().await.query(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn count(test: &TestDb, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    test.migrator().await.query_one(&sql, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn events_past_their_time_go_and_the_rest_verifies() {
    let test = TestDb::new().await;
    let (org, other) = (test.org("A").await, test.org("B").await);
    for (owner, ages) in [
        (&org, [(5, 200), (4, 91), (3, 89), (2, 1)]),
        (&other, [(1, 300), (1, 299), (1, 298), (1, 297)]),
    ] {
        for (events, days) in ages {
            old_events(&test, owner, events, days).await;
        }
    }
    seal_all(&test, &test.context(&org.api_key).await, 14).await;
    seal_all(&test, &test.context(&other.api_key).await, 4).await;
    let (keeper, schema) = (keeper(&test), org.tenant.schema_name());
    keeper.anchor(org.tenant).await.unwrap();
    let limit = days_ago(90);
    assert_eq!(keeper.retain(org.tenant, limit, true).await, Ok(Retained::LetGo(9)), "a trial");
    assert_eq!(positions(&test, &schema).await, (1..=14).collect::<Vec<_>>());

    assert_eq!(keeper.retain(org.tenant, limit, false).await, Ok(Retained::LetGo(9)));
    assert_eq!(positions(&test, &schema).await, (10..=14).collect::<Vec<_>>());
    assert_eq!(count(&test, &format!("{schema}.event")).await, 5);
    assert_eq!(verify(&test.db, org.tenant).await.unwrap(), Checked::Whole(14));
    assert_eq!(keeper.retain(org.tenant, limit, false).await, Ok(Retained::Nothing), "twice");
    // The head stays however old it is, since the next link stands on it.
    assert_eq!(keeper.retain(other.tenant, limit, false).await, Ok(Retained::LetGo(3)));
    assert_eq!(positions(&test, &other.tenant.schema_name()).await, [4]);

    // The chain goes on behind the cut, and is cut again later.
    old_events(&test, &org, 1, 0).await;
    seal_all(&test, &test.context(&org.api_key).await, 6).await;
    assert_eq!(verify(&test.db, org.tenant).await.unwrap(), Checked::Whole(15));
    assert_eq!(keeper.retain(org.tenant, days_ago(88), false).await, Ok(Retained::LetGo(3)));
    assert_eq!(verify(&test.db, org.tenant).await.unwrap(), Checked::Whole(15));
    assert_eq!(count(&test, &format!("{schema}.chain_cut")).await, 2);

    // What the cut keeps is held to its anchor, and the first event behind it to the cut.
    let forge = format!(
        "ALTER TABLE {schema}.chain_cut DISABLE TRIGGER USER; UPDATE {schema}.chain_cut SET hash = sha256('x') WHERE pos = 12"
    );
    test.migrator().await.batch_execute(&forge).await.unwrap();
    assert_eq!(verify(&test.db, org.tenant).await.unwrap(), Checked::Broken(12));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_keeps_all_until_it_is_released() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    old_events(&test, &org, 5, 200).await;
    seal_all(&test, &test.context(&org.api_key).await, 5).await;
    let id = org.tenant.to_string();
    let (code, text) =
        said(&autopilot(&test, &["audit", "hold", &id, "--reason", "court order 7"]));
    assert_eq!((code, text.trim()), (0, format!("{id}: under a legal hold from now on").as_str()));
    assert!(
        said(&autopilot(&test, &["audit", "hold", &id, "--reason", "again"])).1.contains("already")
    );
    assert_eq!(said(&autopilot(&test, &["audit", "hold", "nobody", "--reason", "x"])).0, 1);

    let (code, text) = said(&autopilot(&test, &["audit", "retain"]));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains(&format!("{id}: under a legal hold, all is kept")), "{text}");
    // Not even the function that lets rows go can be talked round.
    let client = admin::connect(&test.retention_url).await.unwrap();
    let sql = "SELECT public.cut_chain($1, 4, (SELECT NULL::bytea), now() - interval '2 days')";
    let error = client.execute(sql, &[&org.tenant.as_uuid()]).await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "AP020");
    assert_eq!(positions(&test, &org.tenant.schema_name()).await.len(), 5);

    assert_eq!(said(&autopilot(&test, &["audit", "release", &id])).0, 0);
    assert_eq!(said(&autopilot(&test, &["audit", "release", &id])).0, 1, "there is none any more");
    let (code, text) = said(&autopilot(&test, &["audit", "retain", "--dry-run"]));
    assert!(code == 0 && text.contains(&format!("{id}: 4 events would go")), "{text}");
    let (code, text) = said(&autopilot(&test, &["audit", "retain"]));
    assert!(code == 0 && text.contains(&format!("{id}: 4 events let go")), "{text}");
    assert_eq!(said(&autopilot(&test, &["audit", "verify"])).0, 0);
    assert_eq!(count(&test, "public.legal_hold WHERE released_at IS NOT NULL").await, 1);
}

/// What the function refuses, whoever calls it with whatever it says.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_role_of_retention_lets_rows_go_and_only_by_the_rules() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    old_events(&test, &org, 3, 200).await;
    old_events(&test, &org, 3, 1).await;
    seal_all(&test, &test.context(&org.api_key).await, 6).await;
    let (schema, id) = (org.tenant.schema_name(), org.tenant);
    let cut = |pos: i64, hash: &str, before: &str| {
        format!("SELECT public.cut_chain('{id}', {pos}, {hash}, now() - interval '{before}')")
    };
    let link = test.migrator().await;
    let sql = format!("SELECT encode(hash, 'hex') FROM {schema}.event_link ORDER BY pos");
    let rows = link.query(&sql, &[]).await.unwrap();
    let hashes: Vec<String> =
        rows.iter().map(|row| format!("'\\x{}'", row.get::<_, String>(0))).collect();
    let retention = admin::connect(&test.retention_url).await.unwrap();
    for (sql, state) in [
        (cut(3, "'\\x00'", "90 days"), "AP022"),
        (cut(9, &hashes[2], "90 days"), "AP023"),
        (cut(6, &hashes[5], "-1 days"), "AP023"),
        (cut(4, &hashes[3], "90 days"), "AP021"),
        (cut(4, &hashes[3], "-1 days"), "AP021"),
        (cut(3, &hashes[2], "1 hour"), "AP021"),
        ("SELECT public.expire_retained(now())".to_owned(), "AP021"),
        // It has the functions and nothing else.
        (format!("SELECT 1 FROM {schema}.event"), "42501"),
        (format!("DELETE FROM {schema}.event"), "42501"),
        (format!("DELETE FROM {schema}.event_link"), "42501"),
        ("DELETE FROM public.retained_audit".to_owned(), "42501"),
        ("DELETE FROM public.chain_anchor".to_owned(), "42501"),
        ("UPDATE public.legal_hold SET released_at = now()".to_owned(), "42501"),
        ("SELECT public.anchor_chain(gen_random_uuid())".to_owned(), "42501"),
    ] {
        let error = retention.batch_execute(&sql).await.expect_err(&sql);
        assert_eq!(error.code().unwrap().code(), state, "{sql}: {error}");
    }
    // The service's login calls none of it.
    let login = test.app().await;
    let error = login.batch_execute(&cut(3, &hashes[2], "90 days")).await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "42501");
    let without = AuditStore::new(test.db.clone(), None);
    assert!(matches!(without.retain(id, days_ago(90), false).await, Err(StoreError::Corrupt(_))));
    let as_app = AuditStore::new(test.db.clone(), Some(test.app_url.clone().into()));
    assert!(as_app.retain(id, days_ago(90), false).await.is_err());
    assert_eq!(positions(&test, &schema).await.len(), 6);

    retention.batch_execute(&cut(3, &hashes[2], "90 days")).await.unwrap();
    assert_eq!(positions(&test, &schema).await, [4, 5, 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_chain_is_not_shortened() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    old_events(&test, &org, 6, 200).await;
    seal_all(&test, &test.context(&org.api_key).await, 6).await;
    let schema = org.tenant.schema_name();
    let forge = format!(
        "ALTER TABLE {schema}.event DISABLE TRIGGER USER; UPDATE {schema}.event SET status = 'run_forged' \
         WHERE event_id = (SELECT event_id FROM {schema}.event_link WHERE pos = 3)"
    );
    test.migrator().await.batch_execute(&forge).await.unwrap();
    assert_eq!(
        keeper(&test).retain(org.tenant, days_ago(90), false).await,
        Ok(Retained::Broken(3))
    );
    let (code, text) = said(&autopilot(&test, &["audit", "retain"]));
    assert!(code == 1 && text.contains("BROKEN at position 3, nothing of it goes"), "{text}");
    assert_eq!(positions(&test, &schema).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_of_purged_organisations_expires_whole_or_not_at_all() {
    let test = TestDb::new().await;
    let superuser = test.migrator().await;
    let rows = "INSERT INTO public.retained_audit (retained_id, org_pseudonym, recorded_at, event) \
        SELECT gen_random_uuid(), p, now() - make_interval(days => d), '{}' FROM (VALUES \
        ('gone', 100), ('gone', 95), ('young', 300), ('young', 5), ('held', 300)) AS r (p, d)";
    superuser.batch_execute(rows).await.unwrap();
    assert_eq!(said(&autopilot(&test, &["audit", "hold", "held", "--reason", "x"])).0, 0);
    assert_eq!(keeper(&test).expire(days_ago(90)).await, Ok(2));
    let left =
        superuser.query("SELECT org_pseudonym FROM public.retained_audit ORDER BY 1", &[]).await;
    let left: Vec<String> = left.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(left, ["held", "young", "young"]);
}
