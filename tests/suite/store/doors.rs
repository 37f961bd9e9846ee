//! A transaction that is dropped or refused leaves nothing behind: no row, no role, no open backend.
//! The pool has eight connections; more than that are dropped, so a leak would stop the test.

use autopilot::ports::StoreError;

use autopilot::store::{TenantDb, io};

use crate::support::{INSTALLATION, TestDb};

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_transaction_leaves_nothing_and_the_pool_goes_on() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let context = test.context(&org.api_key).await;
    let superuser = test.migrator().await;
    for _ in 0..20 {
        let dropped = test.db.begin_waking(&context).await.unwrap();
        dropped.query("SELECT count(*) FROM workflow_run", &[]).await.unwrap();
        drop(dropped);
        let refused = test.db.begin_waking(&context).await.unwrap();
        assert!(matches!(
            refused.query("SELECT 1 FROM no_such_table", &[]).await,
            Err(StoreError::Corrupt(_))
        ));
        drop(refused);
    }
    let wakes = "SELECT count(*) FROM public.tenant_wake";
    assert_eq!(superuser.query_one(wakes, &[]).await.unwrap().get::<_, i64>(0), 0);

    // Committed ones go back to the pool and are used again.
    for _ in 0..20 {
        test.db.begin(&context).await.unwrap().commit().await.unwrap();
    }
    let idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                AND usename = 'ap_app' AND state LIKE 'idle in transaction%'";
    let mut open = i64::MAX;
    for _ in 0..1_000 {
        open = superuser.query_one(idle, &[]).await.unwrap().get(0);
        if open == 0 {
            break;
        }
    }
    assert_eq!(open, 0, "a backend kept its transaction");
    let held = futures_util::future::join_all((0..8).map(|_| test.db.begin(&context))).await;
    assert!(held.iter().all(Result::is_ok), "all eight connections can still be had");
}

/// The one-flight read: the first use of a connection prepares, the later ones send everything at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_sees_its_own_tenant_on_first_and_later_use_of_a_connection_and_writes_nothing() {
    let test = TestDb::new().await;
    let pool = io::pool(&test.app_url, 1, &tokio::runtime::Handle::current()).unwrap();
    let db = TenantDb::new(pool, INSTALLATION);
    let (a, b) = (test.org("A").await, test.org("B").await);
    let contexts = [test.context(&a.api_key).await, test.context(&b.api_key).await];
    let schema = "SELECT current_schema()::text AS schema, current_user::text AS role";
    for round in 0..3 {
        for (ctx, org) in contexts.iter().zip([&a, &b]) {
            let found = db.read(ctx, &[(schema, &[]), (schema, &[])]).await.unwrap();
            for rows in found {
                assert_eq!(rows[0].get::<_, String>("schema"), org.tenant.schema_name(), "{round}");
                assert!(rows[0].get::<_, String>("role").contains("_t_"), "{round}");
            }
        }
    }
    let write = "DELETE FROM catalog_column";
    for _ in 0..2 {
        assert!(db.read(&contexts[0], &[(write, &[])]).await.is_err());
    }
    // What the connection is left with is the login role, outside of any transaction.
    assert_eq!(db.read(&contexts[1], &[(schema, &[])]).await.unwrap()[0].len(), 1);
}
