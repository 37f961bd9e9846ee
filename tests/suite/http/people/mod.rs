//! People, keys, sessions and settings over the real store, and every route of the table against it.
//!
//! Two organisations live in one database; actors are a stand-in. What is asserted is what a client is
//! answered and what the tables hold afterwards.

mod keys;
mod matrix;
mod names;
mod operators;
mod session;
mod settings;
mod users;

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use autopilot::http::{AppState, Limits, People};
use autopilot::ports::connections::{Place, Warehouses};
use autopilot::ports::requests::NewRun;
use autopilot::ports::{OrgLimits, Rates, Role, Warehouse};
use autopilot::services::connections::ConnectionDesk;
use autopilot::services::real_gate::RealGate;
use autopilot::services::secrets::SecretsManager;
use autopilot::services::secrets::master::MasterKeys;
use autopilot::services::signing_in::SigningIn;
use autopilot::store::budget::BudgetStore;
use autopilot::store::connections::ConnectionStore;
use autopilot::store::plans::PlanBook;
use autopilot::store::secrets::SecretStore;
use autopilot::store::{AccountStore, ApprovalStore, KeyStore, RequestStore};
use autopilot_domain::admission::Limits as AdmissionLimits;
use autopilot_domain::failure::Failure;
use autopilot_domain::ids::{RunId, TenantId};
use autopilot_domain::units::Bytes;
use autopilot_domain::workflow::WorkflowKind;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{Reply, Scene, bearer, call_app};
use crate::support::TestDb;

const LIMITS: OrgLimits = OrgLimits {
    workflows: AdmissionLimits { running: 3, profiling: 2, queued: 50 },
    rates: Rates { user: 1_000, org_interactive: 1_000 },
    hourly_budget: Bytes(1_000),
    query_cap: Bytes(100),
};
const PASSWORD: &str = "correct horse battery";

/// One organisation and what is in it.
pub(super) struct Org {
    tenant: TenantId,
    keys: HashMap<&'static str, String>,
    run: RunId,
    /// Ids of a key, a user and an open approval that a test may name.
    key_id: Uuid,
    approval_id: Uuid,
    connection_id: Uuid,
    user_id: Uuid,
    canary: &'static str,
}

impl Org {
    fn key(&self, role: Role) -> &str {
        &self.keys[role.as_str()]
    }

    fn admin(&self) -> &str {
        self.key(Role::Admin)
    }
}

/// The application over the real store.
pub(super) struct Real {
    test: TestDb,
    state: Arc<AppState>,
    fake: Scene,
    a: Org,
    b: Org,
}

impl Real {
    async fn new() -> Self {
        let test = TestDb::new().await;
        let fake = Scene::new();
        let (a, b) = (org(&test, "canary-of-a").await, org(&test, "canary-of-b").await);
        for one in [&a, &b] {
            fake.world.orgs.lock().unwrap().insert(one.tenant, Default::default());
        }
        let store = Arc::new(AccountStore(test.db.clone()));
        let desk = Arc::new(ApprovalStore(test.db.clone()));
        let connections = connections(&test);
        let plans = PlanBook::new(test.db.clone(), LIMITS);
        let budgets = Arc::new(BudgetStore::new(test.db.clone(), Arc::new(plans)));
        let people = People {
            accounts: store.clone(),
            settings: store.clone(),
            signing_in: SigningIn::new(store),
        };
        let state = AppState::new(
            Arc::new(RequestStore::new(test.db.clone(), 50)),
            Arc::new(KeyStore::new(test.db.clone())),
            fake.world.clone(),
            fake.world.clone(),
            Limits { workers: 1, shutdown_seconds: 1, ..Limits::default() },
        );
        let state = Arc::new(
            state
                .inspected(fake.world.clone())
                .peopled(people)
                .approved(desk)
                .connected(connections)
                .budgeted(budgets),
        );
        Self { test, state, fake, a, b }
    }

    async fn call(&self, request: TestRequest) -> Reply {
        call_app(&self.state, request).await
    }

    async fn send(&self, key: &str, method: Method, path: &str, body: Value) -> Reply {
        let request = TestRequest::default().method(method).uri(path).insert_header(bearer(key));
        self.call(request.set_json(body)).await
    }

    async fn get(&self, key: &str, path: &str) -> Reply {
        self.call(TestRequest::get().uri(path).insert_header(bearer(key))).await
    }

    async fn post(&self, key: &str, path: &str, body: Value) -> Reply {
        self.send(key, Method::POST, path, body).await
    }

    /// Adds a person to A and answers their id and invitation.
    async fn invited(&self, email: &str, role: &str) -> (String, String) {
        let body = json!({"email": email, "name": "A Person", "role": role});
        let made = self.post(self.a.admin(), "/v1/users", body).await;
        assert_eq!(made.status, 201, "{made:?}");
        let text = |field: &str| made.json()[field].as_str().unwrap().to_owned();
        (text("user_id"), text("token"))
    }

    /// Adds a person to A who has set the password.
    async fn person(&self, email: &str, role: &str) -> String {
        let (user, token) = self.invited(email, role).await;
        let body = json!({"token": token, "password": PASSWORD});
        let done =
            self.call(TestRequest::post().uri("/v1/invitations/accept").set_json(body)).await;
        assert_eq!(done.status, 204, "{done:?}");
        user
    }

    async fn sign_in(&self, email: &str, password: &str) -> Reply {
        let body = json!({"email": email, "password": password});
        self.call(TestRequest::post().uri("/v1/session").set_json(body)).await
    }

    /// A signed-in browser.
    async fn browser(&self, email: &str) -> Browser {
        let reply = self.sign_in(email, PASSWORD).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        Browser::of(&reply)
    }

    async fn run_sql(&self, sql: &str) {
        self.test.migrator().await.batch_execute(sql).await.unwrap();
    }

    async fn count(&self, sql: &str) -> i64 {
        self.test.migrator().await.query_one(sql, &[]).await.unwrap().get(0)
    }
}

/// What a browser keeps of a sign-in.
struct Browser {
    cookie: String,
    csrf: String,
}

impl Browser {
    fn of(reply: &Reply) -> Self {
        let set = reply.header("set-cookie");
        let cookie = set.split(';').next().unwrap().to_owned();
        Self { cookie, csrf: reply.json()["csrf_token"].as_str().unwrap().to_owned() }
    }

    fn get(&self, path: &str) -> TestRequest {
        TestRequest::get().uri(path).insert_header(("Cookie", self.cookie.clone()))
    }

    /// A change without the token.
    fn bare(&self, method: Method, path: &str) -> TestRequest {
        let request = TestRequest::default().method(method).uri(path);
        request.insert_header(("Cookie", self.cookie.clone()))
    }

    fn change(&self, method: Method, path: &str) -> TestRequest {
        self.bare(method, path).insert_header(("X-CSRF-Token", self.csrf.clone()))
    }
}

/// Connections whose warehouses nobody can reach: the hard gate is closed.
fn connections(test: &TestDb) -> ConnectionDesk {
    let store = Arc::new(ConnectionStore(test.db.clone()));
    let keys = MasterKeys::parse(&format!("k1:{}", STANDARD.encode([1; 32])).into()).unwrap();
    let sealed = Arc::new(SecretStore(test.db.clone()));
    ConnectionDesk {
        store: store.clone(),
        secrets: Arc::new(SecretsManager::new(Arc::new(keys), sealed)),
        warehouses: Arc::new(Unreachable),
        gate: Arc::new(RealGate::new(false, store)),
        recorder: None,
    }
}

struct Unreachable;

#[async_trait::async_trait]
impl Warehouses for Unreachable {
    async fn connect(
        &self,
        _: TenantId,
        _: &Place,
        _: &SecretString,
    ) -> Result<Arc<dyn Warehouse>, Failure> {
        panic!("no warehouse may be reached")
    }
}

async fn org(test: &TestDb, canary: &'static str) -> Org {
    let made = test.org(canary).await;
    let mut keys = HashMap::from([("admin", made.api_key.clone())]);
    for role in [Role::Viewer, Role::Member] {
        keys.insert(role.as_str(), test.key(made.tenant, role).await);
    }
    let ctx = test.context(&made.api_key).await;
    let run = RunId::new(Uuid::now_v7());
    let new = NewRun {
        run,
        kind: WorkflowKind::AnswerQuestion,
        input: json!({"note": canary}),
        idempotency_key: None,
    };
    use autopilot::ports::Requests as _;
    RequestStore::new(test.db.clone(), 50).submit(&ctx, new).await.unwrap();
    let member = test.context(&keys["member"]).await;
    let id = "SELECT key_id FROM public.api_key WHERE user_id = $1";
    let row = test.migrator().await.query_one(id, &[&member.user().as_uuid()]).await.unwrap();
    let (key_id, user_id) = (row.get("key_id"), member.user().as_uuid());
    let (approval_id, connection_id) = (Uuid::new_v4(), Uuid::new_v4());
    let ask = format!(
        "INSERT INTO {}.approval (approval_id, kind, run_id, step_name, attempt, canonical_hash, canonical_text, \
           bytes, usd, columns, requested_by, expires_at) \
         VALUES ('{approval_id}', 'query_cost', '{run}', 'run_query', 1, sha256(''), '{canary}', 1, 1, '{{}}', \
           '{user_id}', clock_timestamp() + interval '1 day')",
        made.tenant.schema_name()
    );
    test.migrator().await.batch_execute(&ask).await.unwrap();
    let connect = format!(
        "WITH s AS (INSERT INTO {0}.secret (secret_id, purpose, format, key_id, wrapped_key, sealed) \
           VALUES (gen_random_uuid(), 'warehouse_key', 1, 'k', '', '') RETURNING secret_id) \
         INSERT INTO {0}.connection (connection_id, name, project, dataset, location, account, fingerprint, secret_id, \
           state, created_by) SELECT '{connection_id}', '{canary}', 'p', 'd', 'EU', 'a', 'f', secret_id, 'created', \
           '{user_id}' FROM s",
        made.tenant.schema_name()
    );
    test.migrator().await.batch_execute(&connect).await.unwrap();
    Org { tenant: made.tenant, keys, run, key_id, approval_id, connection_id, user_id, canary }
}
