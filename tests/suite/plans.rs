//! Plans: a changed row changes what is enforced, for that organisation and for nobody else.

use std::sync::Arc;

use autopilot::ports::requests::{NewRun, Submitted};
use autopilot::ports::{OrgLimits, Plans as _, RateLimiter as _, Rates, Requests as _};
use autopilot::store::plans::PlanBook;
use autopilot::store::rate_limit::RedisRateLimiter;
use autopilot::store::{RequestStore, redis_pool};
use autopilot_domain::admission::Limits;
use autopilot_domain::ids::{RunId, TenantId, UserId};
use autopilot_domain::units::Bytes;
use autopilot_domain::workflow::WorkflowKind;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::chaos::world::{Sandbox, Server, World, question, step, until};
use crate::support::TestDb;

const CONFIGURED: OrgLimits = OrgLimits {
    workflows: Limits { running: 3, profiling: 2, queued: 1 },
    rates: Rates { user: 2, org_interactive: 50 },
    hourly_budget: Bytes(1_000),
    query_cap: Bytes(100),
};

async fn set(test: &TestDb, tenant: TenantId, assignment: &str) {
    let id = tenant.as_uuid();
    let sql = format!(
        "INSERT INTO public.org_limits (tenant_id) VALUES ('{id}') ON CONFLICT DO NOTHING; \
         UPDATE public.org_limits SET {assignment} WHERE tenant_id = '{id}'"
    );
    test.migrator().await.batch_execute(&sql).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn own_limits_win_over_the_plans_and_these_over_the_configurations() {
    let test = TestDb::new().await;
    let (a, b) = (test.org("A").await.tenant, test.org("B").await.tenant);
    let book = PlanBook::new(test.db.clone(), CONFIGURED);
    assert_eq!(book.limits(a), CONFIGURED, "before anything was read");
    book.reload().await.unwrap();
    assert_eq!((book.limits(a), book.limits(b)), (CONFIGURED, CONFIGURED));

    let superuser = test.migrator().await;
    let plan = "INSERT INTO public.plan (plan_id, running, profiling, hourly_bytes) VALUES ('large', 9, 4, 5000)";
    superuser.batch_execute(plan).await.unwrap();
    set(&test, a, "plan_id = 'large', profiling = 7, query_bytes = 0").await;
    assert_eq!(book.limits(a), CONFIGURED, "nothing changes until it is read");
    book.reload().await.unwrap();
    let large = OrgLimits {
        workflows: Limits { running: 9, profiling: 7, queued: 1 },
        hourly_budget: Bytes(5_000),
        query_cap: Bytes(0),
        ..CONFIGURED
    };
    assert_eq!((book.limits(a), book.limits(b)), (large, CONFIGURED));

    // The plan that everybody has who has no other.
    let standard = "UPDATE public.plan SET user_calls = 77 WHERE plan_id = 'standard'";
    superuser.batch_execute(standard).await.unwrap();
    set(&test, a, "running = 5").await;
    book.reload().await.unwrap();
    assert_eq!(book.limits(b).rates.user, 77);
    let workflows = Limits { running: 5, profiling: 5, queued: 1 };
    assert_eq!(book.limits(a), OrgLimits { workflows, ..large }, "profiles run within the running");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_above_its_ceiling_is_no_limit_and_the_service_sets_none() {
    let test = TestDb::new().await;
    let tenant = test.org("A").await.tenant;
    set(&test, tenant, "running = NULL").await;
    let superuser = test.migrator().await;
    for (column, most) in [
        ("running", 100_i64),
        ("profiling", 100),
        ("queued", 100_000),
        ("user_calls", 1_000_000),
        ("org_calls", 1_000_000),
        ("hourly_bytes", 1_000_000_000_000_000),
        ("query_bytes", 1_000_000_000_000_000),
    ] {
        for table in ["org_limits", "plan"] {
            let sql = |value: i64| format!("UPDATE public.{table} SET {column} = {value}");
            superuser.batch_execute(&sql(most)).await.unwrap();
            for wrong in [most + 1, -1] {
                let error = superuser.batch_execute(&sql(wrong)).await.unwrap_err();
                assert_eq!(error.code().unwrap().code(), "23514", "{}", sql(wrong));
            }
            let error = test.app().await.batch_execute(&sql(1)).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "42501", "{table}");
        }
    }
}

fn new_run() -> NewRun {
    NewRun {
        run: RunId::new(Uuid::now_v7()),
        kind: WorkflowKind::AnswerQuestion,
        input: json!({}),
        idempotency_key: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_changes_the_queue_and_the_rate_of_that_organisation_alone() {
    let test = TestDb::new().await;
    let (a, b) = (test.org("A").await, test.org("B").await);
    let book = Arc::new(PlanBook::new(test.db.clone(), CONFIGURED));
    let requests = RequestStore::new(test.db.clone(), 1_000).planned(book.clone());
    let (of_a, of_b) = (test.context(&a.api_key).await, test.context(&b.api_key).await);
    for context in [&of_a, &of_b] {
        assert!(matches!(requests.submit(context, new_run()).await, Ok(Submitted::Accepted(_))));
        assert_eq!(requests.submit(context, new_run()).await, Ok(Submitted::QueueFull));
    }
    let pool = redis_pool::open(&test.redis_url, &tokio::runtime::Handle::current()).unwrap();
    let limiter = RedisRateLimiter::new(pool, "ap", book.clone());
    let refused = async |tenant: TenantId| {
        let user = UserId::new(Uuid::new_v4());
        let mut made = 0;
        while limiter.count(tenant, user, false).await.unwrap().refused.is_none() {
            made += 1;
        }
        made
    };
    assert_eq!((refused(a.tenant).await, refused(b.tenant).await), (2, 2));

    set(&test, a.tenant, "queued = 2, user_calls = 5").await;
    book.reload().await.unwrap();
    assert!(matches!(requests.submit(&of_a, new_run()).await, Ok(Submitted::Accepted(_))));
    assert_eq!(requests.submit(&of_a, new_run()).await, Ok(Submitted::QueueFull));
    assert_eq!(requests.submit(&of_b, new_run()).await, Ok(Submitted::QueueFull));
    assert_eq!((refused(a.tenant).await, refused(b.tenant).await), (5, 2));
}

/// Asks and answers the code that the query ended with; nothing when it succeeded.
async fn code_of_a_question(server: &Server) -> Option<String> {
    let http = reqwest::Client::new();
    let url = format!("{}/v1/workflows", server.base);
    let answer = http.post(url).bearer_auth(&server.key).json(&question()).send().await.unwrap();
    let started: Value = answer.error_for_status().unwrap().json().await.unwrap();
    let path = format!("/v1/workflows/{}", started["id"].as_str().unwrap());
    // One that waits for an approval is taken back, so that it is not there for the next question.
    let stands = until("the workflow ends or waits", async || {
        let run = server.get(&path).await?;
        let waits = run["status"] == "waiting_for_approval";
        (waits || run["finished_at"].is_string()).then_some(run)
    })
    .await;
    if stands["status"] == "waiting_for_approval" {
        server.call(Method::POST, &format!("{path}/cancel"), Some(json!({}))).await.unwrap();
    }
    step(&stands, "run_query")["error"]["code"].as_str().map(str::to_owned)
}

/// On a running server, which reads the rows every five seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_row_changes_cap_and_budget_of_a_running_server() {
    let sandbox = Sandbox::start().await;
    let world = World::new(&sandbox).await;
    let server = world.spawn("only", "").await;
    server.learn().await;
    assert_eq!(code_of_a_question(&server).await, None);
    let superuser = world.superuser().await;
    let id = world.tenant.as_uuid();
    superuser
        .execute("INSERT INTO public.org_limits (tenant_id) VALUES ($1)", &[&id])
        .await
        .unwrap();
    for (assignment, code) in [
        ("query_bytes = 0", Some("APPROVAL_NEEDED")),
        ("query_bytes = NULL, hourly_bytes = 0", Some("OVER_HOURLY_BUDGET")),
        ("hourly_bytes = NULL", None),
    ] {
        let sql = format!("UPDATE public.org_limits SET {assignment}");
        superuser.batch_execute(&sql).await.unwrap();
        until("the row counts", async || {
            (code_of_a_question(&server).await.as_deref() == code).then_some(())
        })
        .await;
    }
}
