//! The migration runner over real schemas: failing tenants, resuming, changed texts, crashes, company.
//! A synthetic migration stands for the next release's.

mod lint;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use autopilot::store::migrate::{
    Migration, PUBLIC, Report, Runner, ScopeReport, TENANT, Unwatched, Watch, tenant_scope,
};
use autopilot_domain::ids::TenantId;
use tokio_postgres::Client;

use crate::support::{INSTALLATION, TestDb};

/// The next release's migrations of a tenant: two steps, of which the second can be made to fail.
const NEXT: [Migration; 2] = [
    Migration { version: 900, sql: "CREATE TABLE later (id integer PRIMARY KEY)" },
    Migration {
        version: 901,
        sql: "ALTER TABLE later ADD COLUMN note text; CREATE TABLE blocker (id integer)",
    },
];

fn next() -> Vec<Migration> {
    TENANT.iter().copied().chain(NEXT).collect()
}

async fn run(test: &TestDb, tenant: &[Migration], watch: &dyn Watch) -> Report {
    let runner = Runner {
        installation: INSTALLATION,
        public: PUBLIC,
        tenant,
        lanes: Some((&test.migrator_url, 4)),
        watch,
    };
    runner.run(&mut test.migrator().await).await.unwrap()
}

async fn tenants(test: &TestDb, count: usize) -> Vec<TenantId> {
    let mut made = Vec::new();
    for number in 0..count {
        made.push(test.org(&format!("org {number}")).await.tenant);
    }
    made
}

fn of(report: &Report, tenant: TenantId) -> &ScopeReport {
    report.scopes.iter().find(|scope| scope.scope == tenant.schema_name()).unwrap()
}

/// The versions above 0 that the status table calls by this state.
async fn versions(client: &Client, tenant: TenantId, state: &str) -> Vec<i32> {
    let list = "SELECT version FROM public.migration_status WHERE scope = $1 AND state = $2 AND version > 0 ORDER BY 1";
    let rows = client.query(list, &[&tenant.schema_name(), &state]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Puts a table in the way of version 901.
async fn block(client: &Client, tenant: TenantId) {
    let sql = format!("CREATE TABLE {}.blocker (id integer)", tenant.schema_name());
    client.batch_execute(&sql).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn p1a_03_one_failing_tenant_does_not_hold_the_others_up() {
    let test = TestDb::new().await;
    let all = tenants(&test, 9).await;
    let superuser = test.migrator().await;
    let broken = all[4];
    block(&superuser, broken).await;

    let report = run(&test, &next(), &Unwatched).await;
    assert!(!report.is_clean());
    for tenant in &all {
        let (scope, applied) =
            (of(&report, *tenant), versions(&superuser, *tenant, "applied").await);
        if *tenant == broken {
            assert_eq!(
                (scope.applied.as_slice(), scope.error_code.as_deref()),
                (&[900][..], Some("42P07"))
            );
            assert!(!applied.contains(&901), "{applied:?}");
            assert_eq!(versions(&superuser, *tenant, "failed").await, [901]);
        } else {
            assert_eq!((scope.applied.as_slice(), &scope.failed), (&[900, 901][..], &None));
            assert!(applied.ends_with(&[900, 901]), "{applied:?}");
        }
    }
    // The failed step left nothing of itself behind.
    let half = "SELECT count(*) FROM information_schema.columns WHERE table_schema = $1 AND table_name = 'later' AND column_name = 'note'";
    let row = superuser.query_one(half, &[&broken.schema_name()]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);

    // Mended, a second run does what is missing and nothing else.
    superuser.batch_execute(&format!("DROP TABLE {}.blocker", broken.schema_name())).await.unwrap();
    let resumed = run(&test, &next(), &Unwatched).await;
    assert!(resumed.is_clean(), "{resumed}");
    let done: Vec<&ScopeReport> = resumed.scopes.iter().filter(|s| !s.applied.is_empty()).collect();
    assert_eq!(done.len(), 1, "{resumed}");
    assert_eq!(
        (done[0].scope.as_str(), done[0].applied.as_slice()),
        (broken.schema_name().as_str(), &[901][..])
    );
    assert_eq!(versions(&superuser, broken, "failed").await, [0_i32; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_changed_after_it_was_applied_is_refused() {
    let test = TestDb::new().await;
    let tenant = tenants(&test, 1).await[0];
    assert!(run(&test, &next(), &Unwatched).await.is_clean());
    let mut changed = next();
    changed.iter_mut().find(|m| m.version == 900).unwrap().sql = "SELECT 1";
    let report = run(&test, &changed, &Unwatched).await;
    let why = of(&report, tenant).failed.clone().unwrap();
    assert_eq!(why, "migration 900 was changed after it was applied");
    assert!(run(&test, &next(), &Unwatched).await.is_clean(), "the applied state is lost");
}

/// A migration that ends its own connection stands for a crash in the middle of a step.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_a_step_leaves_the_steps_before_it_and_nothing_of_its_own() {
    let test = TestDb::new().await;
    let all = tenants(&test, 3).await;
    let superuser = test.migrator().await;
    block(&superuser, all[1]).await;
    let mut crashing = next();
    crashing.iter_mut().find(|m| m.version == 901).unwrap().sql = "CREATE TABLE half (id integer); DO $$ BEGIN IF to_regclass('blocker') IS NOT NULL THEN \
         PERFORM pg_terminate_backend(pg_backend_pid()); END IF; END $$";
    let report = run(&test, &crashing, &Unwatched).await;
    assert!(
        of(&report, all[0]).failed.is_none() && of(&report, all[2]).failed.is_none(),
        "{report}"
    );
    assert!(of(&report, all[1]).failed.is_some());
    assert!(versions(&superuser, all[1], "applied").await.ends_with(&[900]));
    let half = format!("SELECT to_regclass('{}.half') IS NULL", all[1].schema_name());
    assert!(superuser.query_one(&half, &[]).await.unwrap().get::<_, bool>(0));

    superuser.batch_execute(&format!("DROP TABLE {}.blocker", all[1].schema_name())).await.unwrap();
    let resumed = run(&test, &crashing, &Unwatched).await;
    assert_eq!(of(&resumed, all[1]).applied, [901]);
    assert!(resumed.is_clean(), "{resumed}");
}

#[derive(Default)]
struct Seen {
    waited: AtomicUsize,
    done: Mutex<Vec<String>>,
}

impl Watch for Seen {
    fn waiting(&self) {
        self.waited.fetch_add(1, Ordering::SeqCst);
    }

    fn done(&self, report: &ScopeReport) {
        self.done.lock().unwrap().push(report.scope.clone());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_runner_says_that_it_waits_and_then_finds_nothing_to_do() {
    let test = TestDb::new().await;
    tenants(&test, 3).await;
    let holder = test.migrator().await;
    holder
        .batch_execute("SELECT pg_advisory_lock(hashtextextended('autopilot.migrate', 0))")
        .await
        .unwrap();
    let (first, second) = (Seen::default(), Seen::default());
    let steps = next();
    let both = futures_util::future::join(run(&test, &steps, &first), run(&test, &steps, &second));
    let release = async {
        while first.waited.load(Ordering::SeqCst) + second.waited.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
        assert!(first.done.lock().unwrap().is_empty() && second.done.lock().unwrap().is_empty());
        drop(holder);
    };
    let ((one, other), ()) = futures_util::future::join(both, release).await;
    assert!(one.is_clean() && other.is_clean(), "{one}\n{other}");
    let applied = |report: &Report| report.scopes.iter().filter(|s| !s.applied.is_empty()).count();
    let mut counts = [applied(&one), applied(&other)];
    counts.sort_unstable();
    assert_eq!(counts, [0, 3], "each schema is migrated once");
    assert_eq!(first.done.lock().unwrap().len(), 4, "public and three tenants were told");
}

/// A role that lost a grant gets it back only when the grants' text changes; a lost status row does it too.
#[tokio::test(flavor = "multi_thread")]
async fn grants_are_a_step_of_their_own_and_are_given_again_when_they_change() {
    let test = TestDb::new().await;
    let tenant = tenants(&test, 1).await[0];
    let superuser = test.migrator().await;
    let role = autopilot::store::tenant_db::role_name(INSTALLATION, tenant);
    let schema = tenant.schema_name();
    let may = format!("SELECT has_table_privilege('{role}', '{schema}.receipt', 'INSERT')");
    superuser.batch_execute(&format!("REVOKE INSERT ON {schema}.receipt FROM {role}; \
        UPDATE public.migration_status SET checksum = '\\x00' WHERE scope = '{schema}' AND version = 0")).await.unwrap();
    assert!(!superuser.query_one(&may, &[]).await.unwrap().get::<_, bool>(0));
    let mut client = test.migrator().await;
    let report = tenant_scope(&mut client, INSTALLATION, tenant).await;
    assert_eq!((report.failed, report.applied), (None, Vec::new()));
    assert!(superuser.query_one(&may, &[]).await.unwrap().get::<_, bool>(0));
}
