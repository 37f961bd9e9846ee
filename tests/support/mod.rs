//! What integration tests stand on: a shared PostgreSQL and Redis, and a database for each test.
//!
//! The servers belong to the target folder and are started by the first test that needs them. A
//! database is a clone of a migrated template, so that it costs a tenth of a second. Nothing here
//! knows what a test asserts.

use std::path::PathBuf;

use autopilot::ports::identity::{Principal, key_hash};
use autopilot::ports::ownership::Claimed;
use autopilot::ports::{Identity as _, OwnerClaim, Ownership as _, RequestContext, Role};
use autopilot::store::provision::{self, NewOrg};
use autopilot::store::{KeyStore, NodeStore, TenantDb, admin, io};
use autopilot_domain::ids::{NodeId, TenantId};
use autopilot_launcher::{Lease, SharedServices};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use tokio_postgres::Client;
use uuid::Uuid;

/// Prefix of the roles of every test database; tenants' roles are distinct by their ids.
pub(crate) const INSTALLATION: &str = "ap";
const APP_PASSWORD: &str = "test-only";

/// A migrated database of its own.
pub(crate) struct TestDb {
    /// Address for the migrator, who is the superuser here.
    pub(crate) migrator_url: String,
    /// Address for the service's login role.
    pub(crate) app_url: String,
    /// Address for the role of audit retention.
    pub(crate) retention_url: String,
    /// Address of the shared Redis; keys carry tenant ids, so tests do not meet.
    pub(crate) redis_url: String,
    /// The login role's pool.
    pub(crate) db: TenantDb,
    _lease: Lease,
}

fn target_dir() -> PathBuf {
    // The test binary lies in <target>/debug/deps.
    let binary = std::env::current_exe().unwrap();
    binary.ancestors().nth(3).unwrap().to_path_buf()
}

impl TestDb {
    /// A clone of the migrated template.
    pub(crate) async fn new() -> Self {
        let lease = tokio::task::spawn_blocking(|| SharedServices::acquire(target_dir()).unwrap())
            .await
            .unwrap();
        let root = lease.postgres().url("postgres").expose_secret().to_owned();
        let client = admin::connect(&root).await.unwrap();
        let template = template(&client, &lease).await;
        let name = format!("test_{}", Uuid::new_v4().simple());
        client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await.unwrap();
        // Database grants are not part of a template.
        client.batch_execute(&format!("REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO {INSTALLATION}_app, {INSTALLATION}_retention")).await.unwrap();
        let postgres = lease.postgres();
        let app_url = format!(
            "postgresql://{INSTALLATION}_app:{APP_PASSWORD}@{}:{}/{name}",
            postgres.host, postgres.port
        );
        let retention_url = app_url.replacen("_app:", "_retention:", 1);
        let pool = io::pool(&app_url, 8, &tokio::runtime::Handle::current()).unwrap();
        Self {
            migrator_url: postgres.url(&name).expose_secret().to_owned(),
            redis_url: lease.redis().url().expose_secret().to_owned(),
            db: TenantDb::new(pool, INSTALLATION),
            app_url,
            retention_url,
            _lease: lease,
        }
    }

    /// A connection of the migrator.
    pub(crate) async fn migrator(&self) -> Client {
        admin::connect(&self.migrator_url).await.unwrap()
    }

    /// A connection of the login role, without any door.
    pub(crate) async fn app(&self) -> Client {
        admin::connect(&self.app_url).await.unwrap()
    }

    /// A new organisation in UTC.
    pub(crate) async fn org(&self, name: &str) -> NewOrg {
        let mut client = self.migrator().await;
        provision::create_org(&mut client, INSTALLATION, name, &"UTC".parse().unwrap())
            .await
            .unwrap()
    }

    /// Another key of an organisation.
    pub(crate) async fn key(&self, tenant: TenantId, role: Role) -> String {
        let mut client = self.migrator().await;
        provision::add_user(&mut client, tenant, role, "test").await.unwrap().1
    }

    /// The context of a request with this key.
    pub(crate) async fn context(&self, key: &str) -> RequestContext {
        let hash = key_hash(key.as_bytes());
        let principal: Principal =
            KeyStore::new(self.db.clone()).principal(hash).await.unwrap().unwrap();
        principal.into_context("test".to_owned())
    }

    /// A node with a fresh lease that owns the tenant.
    pub(crate) async fn owner(&self, tenant: TenantId) -> OwnerClaim {
        let nodes = NodeStore(self.db.clone());
        let node = NodeId::new(Uuid::now_v7());
        nodes.register(node, "test").await.unwrap();
        match nodes.claim(node, tenant).await.unwrap() {
            Claimed::Mine(claim) => claim,
            Claimed::Held => panic!("another node owns the tenant"),
        }
    }
}

/// The migrated template of these migrations; built once, under a lock.
async fn template(client: &Client, lease: &Lease) -> String {
    let texts = autopilot::store::migrate::PUBLIC
        .iter()
        .chain(autopilot::store::migrate::TENANT)
        .map(|m| m.sql);
    // The grants are no migration, but they are in the template too.
    let texts = texts.chain([include_str!("../../src/store/provision.rs")]);
    let hash = Sha256::digest(texts.collect::<String>().as_bytes());
    let name = format!("template_{}", hex::encode(hash.get(..8).unwrap()));
    client.batch_execute("SELECT pg_advisory_lock(4711)").await.unwrap();
    let known =
        client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name]).await.unwrap();
    if known.is_none() {
        let building = format!("{name}_new");
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {building}")).await.unwrap();
        client.batch_execute(&format!("CREATE DATABASE {building}")).await.unwrap();
        {
            let url = lease.postgres().url(&building);
            let mut inside = admin::connect(url.expose_secret()).await.unwrap();
            let report =
                provision::install(&mut inside, INSTALLATION, &APP_PASSWORD.to_owned().into())
                    .await
                    .unwrap();
            assert!(report.is_clean(), "{report}");
            let password = APP_PASSWORD.to_owned().into();
            provision::retention_login(&inside, INSTALLATION, &password).await.unwrap();
        }
        rename(client, &building, &name).await;
    }
    client.batch_execute("SELECT pg_advisory_unlock(4711)").await.unwrap();
    name
}

/// Renames once the builder's connection is gone from the server's view.
async fn rename(client: &Client, from: &str, to: &str) {
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    for _ in 0..200 {
        client.execute(end, &[&from]).await.unwrap();
        if client.batch_execute(&format!("ALTER DATABASE {from} RENAME TO {to}")).await.is_ok() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the template could not be renamed");
}
