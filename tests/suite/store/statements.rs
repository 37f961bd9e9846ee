//! Every statement of the store prepares against freshly migrated schemas, as the role that runs it.
//! A statement that names a missing column or lacks a grant at parse time turns this red.

use autopilot::store::statements::{PUBLIC, TENANT};

use crate::support::TestDb;

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_prepares() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let login = test.app().await;
    for sql in PUBLIC {
        login.prepare(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    let role = format!("ap_t_{}", org.tenant.as_uuid().simple());
    login
        .batch_execute(&format!(
            "SET ROLE {role}; SET search_path = {}, pg_temp",
            org.tenant.schema_name()
        ))
        .await
        .unwrap();
    for sql in TENANT {
        login.prepare(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    assert!(PUBLIC.len() >= 14 && TENANT.len() >= 30);
}
