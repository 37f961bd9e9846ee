//! Rows of audit stay as they are: whatever the service's roles try, and what even the owner may do.

use autopilot::store::tenant_db::role_name;
use autopilot_domain::ids::TenantId;
use tokio_postgres::Client;

use super::some_events;
use crate::support::{INSTALLATION, TestDb};

/// Runs it in a transaction that is rolled back, and answers the state it was refused with.
async fn state(client: &Client, enter: &str, sql: &str) -> Option<String> {
    client.batch_execute(&format!("BEGIN; {enter}")).await.unwrap();
    let tried = client.batch_execute(sql).await;
    client.batch_execute("ROLLBACK").await.unwrap();
    tried.err().map(|error| error.code().unwrap().code().to_owned())
}

/// What is tried on a table.
fn attempts(table: &str) -> Vec<String> {
    let column = match table.rsplit('.').next().unwrap() {
        "event" => "status",
        "actor_key" => "secret",
        "retained_audit" => "event",
        "legal_hold" => "reason",
        _ => "hash",
    };
    [
        format!("UPDATE {table} SET {column} = {column}"),
        format!("DELETE FROM {table}"),
        format!("TRUNCATE {table} CASCADE"),
        format!("INSERT INTO {table} DEFAULT VALUES"),
        format!("MERGE INTO {table} t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE"),
        format!("ALTER TABLE {table} ADD COLUMN x integer"),
        format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
        format!("ALTER TABLE {table} DISABLE TRIGGER only_added"),
        format!("ALTER TABLE {table} OWNER TO CURRENT_USER"),
        format!("DROP TRIGGER only_added ON {table}"),
        format!(
            "CREATE TRIGGER mine BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION public.audit_guard()"
        ),
        format!("CREATE RULE mine AS ON INSERT TO {table} DO INSTEAD NOTHING"),
        format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
        format!("DROP TABLE {table} CASCADE"),
        format!("GRANT ALL ON {table} TO CURRENT_USER"),
    ]
    .to_vec()
}

/// What is tried around the tables.
fn attempts_around(schema: &str, tenant: TenantId) -> Vec<String> {
    [
        "SET session_replication_role = replica".to_owned(),
        "SELECT set_config('session_replication_role', 'replica', true)".to_owned(),
        format!("DROP SCHEMA {schema} CASCADE"),
        format!("ALTER SCHEMA {schema} RENAME TO x"),
        format!("DROP FUNCTION {schema}.append_links(bigint[], uuid[], bytea[], text[], bigint[])"),
        "DROP FUNCTION public.audit_guard() CASCADE".to_owned(),
        "CREATE OR REPLACE FUNCTION public.audit_guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'"
            .to_owned(),
        format!("SELECT public.cut_chain('{tenant}', 1, '\\x00', now())"),
        "SELECT public.expire_retained(now())".to_owned(),
        format!("SET ROLE {INSTALLATION}_retention"),
    ]
    .to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn p1a_09_audit_rows_cannot_be_changed() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    some_events(&test, &org, 3).await;
    let schema = org.tenant.schema_name();
    let login = test.app().await;
    let role = role_name(INSTALLATION, org.tenant);
    let as_tenant = format!(
        "SELECT set_config('role', '{role}', true), set_config('search_path', '{schema}, pg_temp', true)"
    );
    let tables = ["event", "event_link", "chain_cut", "actor_key"].map(|t| format!("{schema}.{t}"));
    let public = ["retained_audit", "chain_anchor", "legal_hold"].map(|t| format!("public.{t}"));
    let mut tried = 0;
    for table in tables.iter().chain(&public) {
        for sql in attempts(table) {
            for enter in ["SELECT 1", &as_tenant] {
                refused(&login, enter, table, &sql).await;
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 7 * 15 * 2);
    for sql in attempts_around(&schema, org.tenant) {
        for enter in ["SELECT 1", &as_tenant] {
            let state = state(&login, enter, &sql).await;
            assert_eq!(state.as_deref(), Some("42501"), "{enter}: {sql}");
        }
    }
    let whole = autopilot::store::chain::Checked::Whole(3);
    assert_eq!(autopilot::store::admin::verify(&test.db, org.tenant).await.unwrap(), whole);
}

/// Asserts that it lacks the permission.
async fn refused(login: &Client, enter: &str, table: &str, sql: &str) {
    // A role with some right on a table may try to pass on what it does not have: that gives nothing.
    if sql.starts_with("GRANT") && state(login, enter, sql).await.is_none() {
        let after = format!("{sql}; DELETE FROM {table}");
        assert_eq!(state(login, enter, &after).await.as_deref(), Some("42501"), "{after}");
        return;
    }
    // These two have no trigger of that name to drop.
    let bare = table.ends_with("actor_key") || table.ends_with("legal_hold");
    let no_such = bare && sql.starts_with("DROP TRIGGER");
    let tried = state(login, enter, sql).await.unwrap_or_default();
    assert!(tried == "42501" || (no_such && tried == "42704"), "{enter}: {sql}: {tried}");
}

/// Grants do not bind who owns a table; the triggers do, until they are switched off.
#[tokio::test(flavor = "multi_thread")]
async fn the_triggers_stop_also_the_owner() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    some_events(&test, &org, 2).await;
    let (owner, schema) = (test.migrator().await, org.tenant.schema_name());
    owner
        .batch_execute(&format!(
            "SELECT public.anchor_chain('{0}'); INSERT INTO public.retained_audit VALUES \
             (gen_random_uuid(), 'p', now(), '{{}}'); INSERT INTO {schema}.chain_cut (pos, hash, events) VALUES \
             (1, sha256('x'), 1)",
            org.tenant
        ))
        .await
        .unwrap();
    for (table, change) in [
        (format!("{schema}.event"), "status = 'run_forged'"),
        (format!("{schema}.event"), "payload = '{}'"),
        (format!("{schema}.event"), "payload = NULL"),
        (format!("{schema}.event_link"), "pos = pos + 10"),
        (format!("{schema}.chain_cut"), "pos = pos + 10"),
        ("public.chain_anchor".to_owned(), "pos = pos + 10"),
        ("public.retained_audit".to_owned(), "recorded_at = now()"),
    ] {
        for sql in [
            format!("UPDATE {table} SET {change}"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table} CASCADE"),
            format!("SET LOCAL autopilot.audit_cut = 'on'; DELETE FROM {table}"),
        ] {
            assert_eq!(state(&owner, "SELECT 1", &sql).await.as_deref(), Some("AP012"), "{sql}");
        }
    }
    // Forgetting is not changing: payload and salt go together, and the chain still holds.
    let forget = format!("UPDATE {schema}.event SET payload = NULL, salt = NULL");
    owner.batch_execute(&forget).await.unwrap();
    owner
        .batch_execute(&format!(
            "ALTER TABLE {schema}.chain_cut DISABLE TRIGGER USER; DELETE FROM {schema}.chain_cut"
        ))
        .await
        .unwrap();
    let whole = autopilot::store::chain::Checked::Whole(2);
    assert_eq!(autopilot::store::admin::verify(&test.db, org.tenant).await.unwrap(), whole);
}
