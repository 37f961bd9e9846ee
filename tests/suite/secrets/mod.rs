//! Stored credentials: who can open them, what a rotation of the master key changes, and where no part
//! of one may ever stand.

mod canaries;
mod rotation;

use std::sync::Arc;

use autopilot::ports::secrets::{Door, Purpose, SecretError, Secrets as _};
use autopilot::services::secrets::SecretsManager;
use autopilot::services::secrets::master::MasterKeys;
use autopilot::store::secrets::SecretStore;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;

use crate::support::TestDb;

/// A list of master keys, each of one byte repeated.
fn key_list(keys: &[(&str, u8)]) -> String {
    let one = |(id, byte): &(&str, u8)| format!("{id}:{}", STANDARD.encode([*byte; 32]));
    keys.iter().map(one).collect::<Vec<_>>().join(",")
}

fn manager(test: &TestDb, keys: &[(&str, u8)]) -> SecretsManager {
    let keys = MasterKeys::parse(&key_list(keys).into()).unwrap();
    SecretsManager::new(Arc::new(keys), Arc::new(SecretStore(test.db.clone())))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_opens_for_its_organisation_and_purpose_only() {
    let test = TestDb::new().await;
    let (a, b) = (test.org("A").await, test.org("B").await);
    let (in_a, in_b) = (test.context(&a.api_key).await, test.context(&b.api_key).await);
    let secrets = manager(&test, &[("k1", 1)]);
    let id = secrets.put(&in_a, Purpose::WarehouseKey, "s3cret-of-a".into()).await.unwrap();
    let open = async |door, purpose| secrets.open(door, purpose, id).await;
    let opened = open(Door::Request(&in_a), Purpose::WarehouseKey).await.unwrap();
    assert_eq!(opened.expose_secret(), "s3cret-of-a");
    let claim = test.owner(a.tenant).await;
    let opened = open(Door::Owner(&claim), Purpose::WarehouseKey).await.unwrap();
    assert_eq!(opened.expose_secret(), "s3cret-of-a");
    let refused = open(Door::Request(&in_a), Purpose::MetabaseKey).await.unwrap_err();
    assert_eq!(refused, SecretError::Missing);
    let refused = open(Door::Request(&in_b), Purpose::WarehouseKey).await.unwrap_err();
    assert_eq!(refused, SecretError::Missing);
    // Even a row that somebody copied into another schema does not open there.
    let (from, to) = (a.tenant.schema_name(), b.tenant.schema_name());
    let copy = format!("INSERT INTO {to}.secret SELECT * FROM {from}.secret");
    test.migrator().await.batch_execute(&copy).await.unwrap();
    let refused = open(Door::Request(&in_b), Purpose::WarehouseKey).await.unwrap_err();
    assert_eq!(refused, SecretError::Sealed);
    // Nor one whose purpose was changed behind the program's back.
    let change = format!("UPDATE {from}.secret SET purpose = 'model_key'");
    test.migrator().await.batch_execute(&change).await.unwrap();
    let refused = open(Door::Request(&in_a), Purpose::ModelKey).await.unwrap_err();
    assert_eq!(refused, SecretError::Sealed);
    secrets.remove(&in_a, id).await.unwrap();
    secrets.remove(&in_a, id).await.unwrap();
    let gone = open(Door::Request(&in_a), Purpose::WarehouseKey).await.unwrap_err();
    assert_eq!(gone, SecretError::Missing);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_master_key_a_secret_does_not_open_and_says_why() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let ctx = test.context(&org.api_key).await;
    let id = manager(&test, &[("k1", 1)])
        .put(&ctx, Purpose::WarehouseKey, "s3cret".into())
        .await
        .unwrap();
    for (keys, expected) in
        [([("k2", 2)], SecretError::NoMasterKey), ([("k1", 2)], SecretError::Sealed)]
    {
        let answer =
            manager(&test, &keys).open(Door::Request(&ctx), Purpose::WarehouseKey, id).await;
        let error = answer.unwrap_err();
        assert!(!error.to_string().contains("s3cret") && error == expected, "{error}");
    }
}

/// Works with the secrets of a running world's organisation, as its admin.
async fn manager_over(
    world: &crate::chaos::world::World,
    keys: &[(&str, u8)],
    work: impl AsyncFnOnce(&SecretsManager, &autopilot::ports::RequestContext),
) {
    let [_, app_url, _] = world.addresses();
    let pool = autopilot::store::io::pool(app_url, 2, &tokio::runtime::Handle::current()).unwrap();
    let db = autopilot::store::TenantDb::new(pool, crate::support::INSTALLATION);
    let principal = autopilot::ports::identity::Principal {
        tenant: world.tenant,
        user: autopilot_domain::ids::UserId::new(uuid::Uuid::now_v7()),
        role: autopilot::ports::Role::Admin,
    };
    let keys = MasterKeys::parse(&key_list(keys).into()).unwrap();
    let secrets = SecretsManager::new(Arc::new(keys), Arc::new(SecretStore(db)));
    work(&secrets, &principal.into_context("test".to_owned())).await;
}
