//! A world of two organisations in memory, and calls into the application under test.

use std::collections::{HashMap, VecDeque};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web;
use async_trait::async_trait;
use autopilot::http::{ActorView, AppState, Limits, PartStatus, Readiness, app, serve};
use autopilot::ports::boards::{NodeBoard, OwnerRow, RestartRequest, ShownActor, ShownLetter};
use autopilot::ports::identity::Principal;
use autopilot::ports::requests::{Changed, ColumnDecision, EventView, NewRun, RunView, Submitted};
use autopilot::ports::{
    Identity, Inspection, Inspector, RequestContext, Requests, Role, StoreError,
};
use autopilot_domain::catalog::{
    Catalog, ColumnFacts, ColumnType, Examination, TableFacts, TableRef,
};
use autopilot_domain::cost::{Accuracy, SpendingPolicy, decide};
use autopilot_domain::event::{EventKind, NewEvent};
use autopilot_domain::ids::{Attempt, EventId, OperatorId, RunId, TenantId, UserId};
use autopilot_domain::units::{Bytes, MicroUsd};
use autopilot_domain::workflow::WorkflowKind;
use autopilot_gate::receipt::{Origin, Receipt, ReceiptState};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Digest;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Rows of one organisation.
#[derive(Default, Clone)]
pub(super) struct Org {
    pub(super) runs: Vec<RunView>,
    pub(super) keys: HashMap<String, (RunId, Value)>,
    pub(super) events: Vec<EventView>,
    pub(super) decisions: Vec<ColumnDecision>,
}

/// Everything the application can reach.
pub(super) struct World {
    pub(super) orgs: Mutex<HashMap<TenantId, Org>>,
    pub(super) principals: Mutex<HashMap<[u8; 32], Principal>>,
    pub(super) wakes: Mutex<Vec<TenantId>>,
    /// Paths of actors that were asked to be replaced.
    pub(super) restarts: Mutex<Vec<String>>,
    /// What the next calls of the store come to; `None` lets one pass.
    pub(super) failures: Mutex<VecDeque<Option<StoreError>>>,
    pub(super) queue_full: AtomicBool,
    pub(super) draining: AtomicBool,
    pub(super) ready: AtomicBool,
    pub(super) panic_next: AtomicBool,
    /// With no permit in it, `list` waits; `entered` tells that one does.
    pub(super) gate: Semaphore,
    pub(super) entered: Notify,
}

/// Two organisations; A has one run, whose rows carry the canary.
pub(super) struct Scene {
    pub(super) world: Arc<World>,
    pub(super) state: Arc<AppState>,
    pub(super) org_a: TenantId,
    pub(super) org_b: TenantId,
    pub(super) run_a: RunId,
}

/// The operator's key.
pub(super) const OPERATOR: &str = "ap_operator";
pub(super) const CANARY: &str = "canary-of-a";

/// The key of a role in an organisation, as the scene makes them.
pub(super) fn key(org: char, role: Role) -> String {
    format!("ap_{org}_{}", role.as_str())
}

impl Scene {
    pub(super) fn new() -> Self {
        Self::with(Limits { workers: 1, shutdown_seconds: 1, ..Limits::default() })
    }

    pub(super) fn with(limits: Limits) -> Self {
        let world = Arc::new(World {
            orgs: Mutex::default(),
            principals: Mutex::default(),
            wakes: Mutex::default(),
            restarts: Mutex::default(),
            failures: Mutex::default(),
            queue_full: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            ready: AtomicBool::new(true),
            panic_next: AtomicBool::new(false),
            gate: Semaphore::new(1_000),
            entered: Notify::new(),
        });
        let (org_a, org_b) = (TenantId::new(Uuid::now_v7()), TenantId::new(Uuid::now_v7()));
        for (name, tenant) in [('a', org_a), ('b', org_b)] {
            world.orgs.lock().unwrap().insert(tenant, Org::default());
            for role in [Role::Viewer, Role::Member, Role::Admin] {
                let hash = sha2::Sha256::digest(key(name, role)).into();
                let principal = Principal { tenant, user: UserId::new(Uuid::now_v7()), role };
                world.principals.lock().unwrap().insert(hash, principal);
            }
        }
        let run_a = RunId::new(Uuid::now_v7());
        let view = run_view(run_a, json!({"note": CANARY}), "running");
        world.orgs.lock().unwrap().get_mut(&org_a).unwrap().runs.push(view);
        let state =
            AppState::new(world.clone(), world.clone(), world.clone(), world.clone(), limits)
                .inspected(world.clone());
        Self { world, state: Arc::new(state), org_a, org_b, run_a }
    }

    pub(super) fn org(&self, tenant: TenantId) -> Org {
        self.world.orgs.lock().unwrap()[&tenant].clone()
    }

    /// Changes A's rows.
    pub(super) fn edit_a(&self, change: impl FnOnce(&mut Org)) {
        change(self.world.orgs.lock().unwrap().get_mut(&self.org_a).unwrap());
    }

    /// Appends an event of A's run at a position.
    pub(super) fn event(&self, pos: i64, status: &str) {
        let event = NewEvent {
            event_id: EventId::new(Uuid::now_v7()),
            kind: EventKind::WorkflowStateTransition,
            org_id: self.org_a,
            session_id: None,
            workflow_id: Some(self.run_a),
            step_id: None,
            status: status.to_owned(),
            error_code: None,
            started_at: Timestamp::UNIX_EPOCH,
            finished_at: None,
            actor: "system".to_owned(),
            payload: json!({}),
        };
        self.edit_a(|org| org.events.push(EventView { pos, event_id: event.event_id, event }));
    }

    /// Ends A's run.
    pub(super) fn end(&self, status: &str) {
        self.edit_a(|org| {
            org.runs[0].status = status.to_owned();
            org.runs[0].finished_at = Some(Timestamp::UNIX_EPOCH);
        });
    }

    /// Makes the store's next calls end like this.
    pub(super) fn fail(&self, outcomes: impl IntoIterator<Item = Option<StoreError>>) {
        self.world.failures.lock().unwrap().extend(outcomes);
    }

    /// Calls the application in process.
    pub(super) async fn call(&self, request: TestRequest) -> Reply {
        call_app(&self.state, request).await
    }

    pub(super) async fn get(&self, key: &str, path: &str) -> Reply {
        self.call(TestRequest::get().uri(path).insert_header(bearer(key))).await
    }

    pub(super) async fn post(&self, key: &str, path: &str, body: &Value) -> Reply {
        self.call(TestRequest::post().uri(path).insert_header(bearer(key)).set_json(body)).await
    }

    /// Starts the real server on a free port of the loopback.
    pub(super) fn start(&self) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let running = actix_web::rt::spawn(serve(
            listener,
            self.state.clone(),
            stop.clone().cancelled_owned(),
        ));
        Server { address, stop, running }
    }
}

/// Calls the application over this state in process.
pub(super) async fn call_app(state: &Arc<AppState>, request: TestRequest) -> Reply {
    let app = init_service(app(web::Data::from(state.clone()))).await;
    let response = call_service(&app, request.to_request()).await;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = read_body(response).await;
    Reply { status, headers, text: String::from_utf8_lossy(&body).into_owned() }
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    stop: CancellationToken,
    running: actix_web::rt::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    pub(super) async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }
}

pub(super) fn bearer(key: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {key}"))
}

/// A valid submission.
pub(super) fn question() -> Value {
    json!({"kind": "answer_question", "input": {"metric": "revenue", "period": "last_complete_week", "as_of": "1998-06-30"}})
}

/// An answer of the application.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts that this is a whole problem document of that code, and answers its detail.
    pub(super) fn problem(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["status"], status);
        assert_eq!(body["type"], format!("/docs/errors/{code}"));
        assert_eq!(body["request_id"].as_str().unwrap(), self.header("x-request-id"));
        for field in ["title", "next_step", "detail"] {
            assert!(body[field].as_str().unwrap().ends_with('.'), "{field}: {body}");
        }
        body["detail"].as_str().unwrap().to_owned()
    }
}

pub(super) fn run_view(run: RunId, input: Value, status: &str) -> RunView {
    RunView {
        run,
        kind: WorkflowKind::AnswerQuestion,
        input,
        status: status.to_owned(),
        queue_position: (status == "queued").then_some(1),
        round: 0,
        submitted_at: Timestamp::UNIX_EPOCH,
        finished_at: None,
        steps: Vec::new(),
    }
}

impl World {
    fn rows<T>(
        &self,
        ctx: &RequestContext,
        read: impl FnOnce(&mut Org) -> T,
    ) -> Result<T, StoreError> {
        assert!(!self.panic_next.swap(false, Ordering::SeqCst), "the test asked for a panic");
        if let Some(Some(failure)) = self.failures.lock().unwrap().pop_front() {
            return Err(failure);
        }
        Ok(read(self.orgs.lock().unwrap().get_mut(&ctx.tenant()).unwrap()))
    }
}

#[async_trait]
impl Requests for World {
    async fn submit(&self, ctx: &RequestContext, run: NewRun) -> Result<Submitted, StoreError> {
        if self.queue_full.load(Ordering::SeqCst) {
            return Ok(Submitted::QueueFull);
        }
        self.rows(ctx, |org| {
            if let Some((known, input)) =
                run.idempotency_key.as_ref().and_then(|key| org.keys.get(key))
            {
                return if *input == run.input {
                    Submitted::Existing(*known)
                } else {
                    Submitted::Conflict
                };
            }
            if let Some(key) = run.idempotency_key {
                org.keys.insert(key, (run.run, run.input.clone()));
            }
            org.runs.push(run_view(run.run, run.input, "queued"));
            Submitted::Accepted(run.run)
        })
    }

    async fn run(&self, ctx: &RequestContext, run: RunId) -> Result<Option<RunView>, StoreError> {
        self.rows(ctx, |org| org.runs.iter().find(|view| view.run == run).cloned())
    }

    async fn list(
        &self,
        ctx: &RequestContext,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunView>, StoreError> {
        if self.gate.available_permits() == 0 {
            self.entered.notify_one();
        }
        let _pass = self.gate.acquire().await;
        self.rows(ctx, |org| {
            let mut runs = org.runs.clone();
            runs.sort_by_key(|view| std::cmp::Reverse(view.run));
            runs.retain(|view| before.is_none_or(|before| view.run < before));
            runs.truncate(usize::try_from(limit).unwrap());
            runs
        })
    }

    async fn cancel(&self, ctx: &RequestContext, run: RunId) -> Result<Changed, StoreError> {
        self.rows(ctx, |org| match org.runs.iter_mut().find(|view| view.run == run) {
            None => Changed::Missing,
            Some(view) if view.finished_at.is_some() => Changed::Refused,
            Some(_) => Changed::Recorded,
        })
    }

    async fn retry(&self, ctx: &RequestContext, run: RunId) -> Result<Changed, StoreError> {
        self.rows(ctx, |org| match org.runs.iter_mut().find(|view| view.run == run) {
            None => Changed::Missing,
            Some(view) if view.status == "partial_failure" => {
                view.status = "queued".to_owned();
                Changed::Recorded
            }
            Some(_) => Changed::Refused,
        })
    }

    async fn events(
        &self,
        ctx: &RequestContext,
        run: Option<RunId>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<EventView>, StoreError> {
        self.rows(ctx, |org| {
            let wanted = |event: &&EventView| {
                event.pos > after && (run.is_none() || event.event.workflow_id == run)
            };
            org.events
                .iter()
                .filter(wanted)
                .take(usize::try_from(limit).unwrap())
                .cloned()
                .collect()
        })
    }

    async fn receipts(&self, ctx: &RequestContext, run: RunId) -> Result<Vec<Receipt>, StoreError> {
        let origin = Origin { run, step: "execute".parse().unwrap(), attempt: Attempt::FIRST };
        let decision = decide(
            &SpendingPolicy::default(),
            Bytes(5),
            Bytes(10 << 20),
            Accuracy::Precise,
            Bytes(0),
            None,
        );
        let receipt = Receipt {
            job_id: origin.job_id(),
            origin,
            canonical_hash: autopilot_domain::canonical::sha256(&[b"q"]),
            policy_version: "1".to_owned(),
            decision,
            pii: Default::default(),
            state: ReceiptState::Settled,
            billed_bytes: Some(Bytes(10 << 20)),
            billed_usd: Some(MicroUsd(60)),
        };
        self.rows(ctx, |_| vec![receipt])
    }

    async fn catalog(&self, ctx: &RequestContext) -> Result<Catalog, StoreError> {
        let name = |org: &Org| {
            if org.runs.iter().any(|view| view.input["note"] == CANARY) { CANARY } else { "other" }
        };
        self.rows(ctx, |org| Catalog::of([table(name(org))]))
    }

    async fn decide_columns(
        &self,
        ctx: &RequestContext,
        decisions: &[ColumnDecision],
    ) -> Result<Vec<ColumnDecision>, StoreError> {
        self.rows(ctx, |org| {
            let (known, unknown): (Vec<_>, Vec<_>) =
                decisions.iter().cloned().partition(|one| one.column == "amount");
            org.decisions.extend(known);
            unknown
        })
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

fn table(project: &str) -> TableFacts {
    let column = ColumnFacts {
        name: "amount".to_owned(),
        column_type: ColumnType::Numeric,
        repeated: false,
        examination: Examination::Unexamined,
    };
    let name = TableRef {
        project: project.to_owned(),
        dataset: "shop".to_owned(),
        table: "orders".to_owned(),
    };
    TableFacts {
        table: name,
        columns: vec![column],
        rows: 3,
        bytes: 30,
        partition_column: None,
        partition_filter_required: false,
    }
}

#[async_trait]
impl Identity for World {
    async fn principal(&self, key_hash: [u8; 32]) -> Result<Option<Principal>, StoreError> {
        Ok(self.principals.lock().unwrap().get(&key_hash).cloned())
    }

    async fn session(
        &self,
        _: [u8; 32],
    ) -> Result<Option<(Principal, jiff::Timestamp)>, StoreError> {
        Ok(None)
    }

    async fn operator(&self, key_hash: [u8; 32]) -> Result<Option<OperatorId>, StoreError> {
        let known: [u8; 32] = sha2::Sha256::digest(OPERATOR).into();
        Ok((key_hash == known).then(|| OperatorId::new(Uuid::nil())))
    }
}

#[async_trait]
impl ActorView for World {
    fn wake(&self, tenant: TenantId) {
        self.wakes.lock().unwrap().push(tenant);
    }

    async fn boards(&self) -> (Vec<NodeBoard>, bool) {
        let tenants = self.orgs.lock().unwrap().keys().copied().collect::<Vec<_>>();
        let actor = |path: String| ShownActor {
            path,
            kind: "tenant".to_owned(),
            state: "idle".to_owned(),
            generation: 1,
            restarts: 0,
            in_flight: 0,
            queue_depth: 0,
            mailbox_depth: 0,
            oldest_message_ms: None,
            last_error: None,
            updated: Timestamp::UNIX_EPOCH,
        };
        let letter = |tenant: TenantId| ShownLetter {
            at: Timestamp::UNIX_EPOCH,
            path: format!("kernel/tenant:{tenant}"),
            message: "Wake".to_owned(),
            tenant: Some(tenant),
            reason: "gone".to_owned(),
        };
        let mut actors = vec![actor("kernel".to_owned())];
        actors.extend(tenants.iter().map(|one| actor(format!("kernel/tenant:{one}"))));
        let board = NodeBoard {
            id: Uuid::nil(),
            node: "n".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            actors,
            letters: tenants.into_iter().map(letter).collect(),
        };
        (vec![board], true)
    }

    fn draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Inspection for World {
    async fn owners(
        &self,
        after: Option<TenantId>,
        limit: u32,
    ) -> Result<Vec<OwnerRow>, StoreError> {
        let mut tenants: Vec<_> = self.orgs.lock().unwrap().keys().copied().collect();
        tenants.sort();
        let behind = tenants.into_iter().filter(|one| after.is_none_or(|after| *one > after));
        let row = |tenant| OwnerRow { tenant, node: None, epoch: 1, lease_seconds: None };
        Ok(behind.map(row).take(usize::try_from(limit).unwrap()).collect())
    }

    async fn ask_restart(&self, _: &Inspector, path: &str) -> Result<Uuid, StoreError> {
        self.restarts.lock().unwrap().push(path.to_owned());
        Ok(Uuid::now_v7())
    }

    async fn open_restarts(&self) -> Result<Vec<RestartRequest>, StoreError> {
        Ok(Vec::new())
    }

    async fn take_restart(&self, _: Uuid, _: Uuid) -> Result<bool, StoreError> {
        Ok(false)
    }
}

#[async_trait]
impl Readiness for World {
    async fn check(&self) -> Vec<PartStatus> {
        let ok = self.ready.load(Ordering::SeqCst);
        let part = |name: &str, ok| PartStatus { name: name.to_owned(), ok, note: String::new() };
        vec![part("database", true), part("redis", ok)]
    }
}
