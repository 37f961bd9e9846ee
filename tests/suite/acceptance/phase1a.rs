//! Rows of phase 1A.
//! The database alone must keep tenants apart, whatever the code above it asks.

use autopilot::ports::{Role, StoreError};
use autopilot_domain::ids::TenantId;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::support::TestDb;

/// Every table of a tenant, as the superuser sees them.
async fn tables(superuser: &Client, tenant: TenantId) -> Vec<String> {
    let list = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                WHERE n.nspname = $1 AND c.relkind = 'r'";
    let rows = superuser.query(list, &[&tenant.schema_name()]).await.unwrap();
    rows.iter().map(|row| format!("{}.{}", tenant.schema_name(), row.get::<_, String>(0))).collect()
}

async fn denied(client: &Client, sql: &str) {
    let error = client.batch_execute(sql).await.expect_err(sql);
    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn p1a_02_app_role_cannot_read_another_tenant() {
    let test = TestDb::new().await;
    let (a, b) = (test.org("A").await, test.org("B").await);
    let superuser = test.migrator().await;
    let of_b = tables(&superuser, b.tenant).await;
    assert!(of_b.len() >= 8, "{of_b:?}");

    // The bare login role owns and inherits nothing.
    let login = test.app().await;
    for table in of_b.iter().chain(&tables(&superuser, a.tenant).await) {
        denied(&login, &format!("SELECT 1 FROM {table}")).await;
    }

    // Inside a transaction of tenant A: its own tables answer, B's and the public ones do not.
    let context = test.context(&a.api_key).await;
    let own = test.db.begin(&context).await.unwrap();
    own.query("SELECT count(*) FROM workflow_run", &[]).await.unwrap();
    own.commit().await.unwrap();
    let public = [
        "org",
        "app_user",
        "api_key",
        "node",
        "tenant_owner",
        "tenant_wake",
        "retained_audit",
        "chain_anchor",
    ];
    let foreign = of_b.iter().cloned().chain(public.map(|table| format!("public.{table}")));
    for table in foreign {
        let tx = test.db.begin(&context).await.unwrap();
        let refused = tx.query(&format!("SELECT 1 FROM {table}"), &[]).await;
        assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{table} answered inside tenant A");
    }

    // As tenant A's role itself, as the database sees it, B's role cannot be taken.
    let role = |tenant: TenantId| format!("ap_t_{}", tenant.as_uuid().simple());
    superuser
        .batch_execute(&format!("SET SESSION AUTHORIZATION {}", role(a.tenant)))
        .await
        .unwrap();
    denied(&superuser, &format!("SET ROLE {}", role(b.tenant))).await;
    for table in &of_b {
        denied(&superuser, &format!("SELECT 1 FROM {table}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_links_can_be_added_but_never_changed() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let key = test.key(org.tenant, Role::Member).await;
    let context = test.context(&key).await;
    for sql in [
        "UPDATE event SET status = 'x'",
        "DELETE FROM event",
        "TRUNCATE event",
        "UPDATE event_link SET pos = 2",
        "DELETE FROM event_link",
        "DROP TABLE event",
        "ALTER TABLE event DISABLE TRIGGER ALL",
    ] {
        let tx = test.db.begin(&context).await.unwrap();
        assert!(tx.execute(sql, &[]).await.is_err(), "{sql} was allowed");
    }
}
