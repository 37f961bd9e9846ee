//! Rows of phase 1A.
//! What the database itself refuses, and where only the code stands in the way.

use autopilot::ports::{Role, StoreError};
use autopilot::store::tenant_db::role_name;
use autopilot_domain::ids::TenantId;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::support::{INSTALLATION, TestDb};

/// Every table of a tenant, as the superuser sees them.
async fn tables(superuser: &Client, tenant: TenantId) -> Vec<String> {
    let list = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                WHERE n.nspname = $1 AND c.relkind = 'r'";
    let rows = superuser.query(list, &[&tenant.schema_name()]).await.unwrap();
    rows.iter().map(|row| format!("{}.{}", tenant.schema_name(), row.get::<_, String>(0))).collect()
}

fn role(tenant: TenantId) -> String {
    role_name(INSTALLATION, tenant)
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
        // The door takes fixed texts alone, so a test must leak one to ask for what the program cannot.
        let refused = tx.query(format!("SELECT 1 FROM {table}").leak(), &[]).await;
        assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{table} answered inside tenant A");
    }

    // The same refusals, in the state the door leaves a connection in, are lacks of permission.
    let enter = format!("SELECT set_config('role', '{}', true)", role(a.tenant));
    for table in of_b.iter().cloned().chain(public.map(|table| format!("public.{table}"))) {
        login.batch_execute(&format!("BEGIN; {enter}")).await.unwrap();
        denied(&login, &format!("SELECT 1 FROM {table}")).await;
        login.batch_execute("ROLLBACK").await.unwrap();
    }

    // Tenant A's role is no member of B's: nothing of A's leads to B by membership.
    superuser
        .batch_execute(&format!("SET SESSION AUTHORIZATION {}", role(a.tenant)))
        .await
        .unwrap();
    denied(&superuser, &format!("SET ROLE {}", role(b.tenant))).await;
}

/// A limit of the design, kept in sight: the login role is a member of every tenant's role, so a
/// connection inside tenant A may still change its role. Roles stop a statement that names the wrong
/// table; what stops one that changes the role is that the door takes only fixed texts of the program,
/// one statement at a time.
#[tokio::test(flavor = "multi_thread")]
async fn only_fixed_statements_stop_a_change_of_role() {
    let test = TestDb::new().await;
    let (a, b) = (test.org("A").await, test.org("B").await);
    let login = test.app().await;
    let enter = format!("BEGIN; SELECT set_config('role', '{}', true)", role(a.tenant));
    let of_b = format!("SELECT 1 FROM {}.workflow_run", b.tenant.schema_name());
    for change in ["SET LOCAL ROLE", "SET ROLE"] {
        login.batch_execute(&enter).await.unwrap();
        login.batch_execute(&format!("{change} {}", role(b.tenant))).await.unwrap();
        login.batch_execute(&of_b).await.unwrap();
        login.batch_execute("ROLLBACK").await.unwrap();
    }
    // A rolled-back change leaves the bare login role, which reads nothing.
    denied(&login, &of_b).await;

    // One call of the door is one statement, so a second cannot ride on a first.
    let context = test.context(&a.api_key).await;
    let tx = test.db.begin(&context).await.unwrap();
    tx.query("SELECT 1", &[]).await.unwrap();
    assert!(tx.query("SELECT 1; RESET ROLE", &[]).await.is_err(), "two statements in one");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_links_can_be_added_but_never_changed() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let key = test.key(org.tenant, Role::Member).await;
    let context = test.context(&key).await;
    let login = test.app().await;
    let enter = format!(
        "BEGIN; SELECT set_config('role', '{}', true), set_config('search_path', '{}', true)",
        role(org.tenant),
        org.tenant.schema_name()
    );
    for sql in [
        "INSERT INTO event DEFAULT VALUES",
        "INSERT INTO event_link DEFAULT VALUES",
        "UPDATE event SET status = 'x'",
        "DELETE FROM event",
        "TRUNCATE event",
        "UPDATE event_link SET pos = 2",
        "DELETE FROM event_link",
        "TRUNCATE event_link",
        "DROP TABLE event",
        "ALTER TABLE event DISABLE TRIGGER ALL",
    ] {
        let tx = test.db.begin(&context).await.unwrap();
        assert!(tx.execute(sql, &[]).await.is_err(), "{sql} was allowed");
        login.batch_execute(&enter).await.unwrap();
        denied(&login, sql).await;
        login.batch_execute("ROLLBACK").await.unwrap();
    }
}
