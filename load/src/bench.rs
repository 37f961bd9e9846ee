//! The measurements, one after another on the same servers.
//! Medians, so that one slow round does not count.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use autopilot::ports::identity::key_hash;
use autopilot::ports::ownership::Claimed;
use autopilot::ports::requests::NewRun;
use autopilot::ports::{
    Identity as _, OwnerClaim, Ownership as _, RequestContext, Requests as _, RunStore as _,
    StoreError,
};
use autopilot::store::{
    KeyStore, NodeStore, OwnedTenant, RequestStore, TenantDb, admin, io, provision,
};
use autopilot_domain::canonical::sha256;
use autopilot_domain::ids::{Attempt, NodeId, RunId};
use autopilot_domain::workflow::machine::RunOutcome;
use autopilot_domain::workflow::{StepResult, StepStatus, WorkflowKind};
use autopilot_launcher::{Options, Services, terminal_progress};
use indicatif::ProgressBar;
use secrecy::ExposeSecret as _;
use serde_json::json;
use uuid::Uuid;

use crate::figures::Figures;

/// Well within the 6 seconds that a lease lasts.
const RENEWAL: Duration = Duration::from_secs(1);

/// A benchmark could not be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// The private servers did not start.
    #[error("{0}")]
    Services(String),
    /// The store refused.
    #[error("the store refused: {0}")]
    Store(#[from] StoreError),
    /// The bare database refused.
    #[error("the database refused a bare statement")]
    Bare(#[from] tokio_postgres::Error),
    /// The schemas could not be made.
    #[error("{0}")]
    Migration(String),
    /// Something that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
}

struct Bench {
    bare: tokio_postgres::Client,
    db: TenantDb,
    context: RequestContext,
    owner: OwnedTenant,
    nodes: NodeStore,
    claim: OwnerClaim,
}

/// Starts the servers, measures, and stops them.
pub(crate) async fn run(rounds: u32) -> Result<Figures, BenchError> {
    let folder: PathBuf =
        std::env::temp_dir().join(format!("autopilot-load-{}", Uuid::new_v4().simple()));
    let options =
        Options { after_stop: autopilot_launcher::AfterStop::Remove, ..Options::durable(folder) };
    let started =
        tokio::task::spawn_blocking(move || Services::start(&options, &mut terminal_progress()))
            .await;
    let services = started
        .map_err(|_| BenchError::Missing("the launcher"))?
        .map_err(|error| BenchError::Services(error.to_string()))?;
    let bench = Bench::prepare(&services).await?;
    let figures = bench.measure(rounds).await;
    let stopped = tokio::task::spawn_blocking(move || services.stop()).await;
    if let Ok(Err(error)) = stopped {
        eprintln!("autopilot-load: {error}");
    }
    figures
}

impl Bench {
    async fn prepare(services: &Services) -> Result<Self, BenchError> {
        let postgres = services.postgres.params();
        let url = postgres.url("postgres").expose_secret().to_owned();
        let mut migrator = admin::connect(&url).await?;
        let password = "load-only".to_owned();
        let report = provision::install(&mut migrator, "ap", &password.clone().into()).await?;
        if !report.is_clean() {
            return Err(BenchError::Migration(report.to_string()));
        }
        let zone = "UTC".parse().map_err(|_| BenchError::Missing("the zone"))?;
        let org = provision::create_org(&mut migrator, "ap", "load", &zone).await?;
        let app =
            format!("postgresql://ap_app:{password}@{}:{}/postgres", postgres.host, postgres.port);
        let db = TenantDb::new(io::pool(&app, 8, &tokio::runtime::Handle::current())?, "ap");
        let hash = key_hash(org.api_key.as_bytes());
        let principal =
            KeyStore(db.clone()).principal(hash).await?.ok_or(BenchError::Missing("the key"))?;
        let nodes = NodeStore(db.clone());
        let node = NodeId::new(Uuid::now_v7());
        nodes.register(node, "load").await?;
        let Claimed::Mine(claim) = nodes.claim(node, org.tenant).await? else {
            return Err(BenchError::Missing("the claim"));
        };
        migrator.batch_execute("CREATE TABLE public.bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body jsonb)").await?;
        Ok(Self {
            bare: migrator,
            context: principal.into_context("load".to_owned()),
            owner: OwnedTenant::new(db.clone(), claim),
            db,
            nodes,
            claim,
        })
    }

    async fn measure(&self, rounds: u32) -> Result<Figures, BenchError> {
        let bar = ProgressBar::new(u64::from(rounds) * 5);
        let (mut read, mut tenant, mut insert, mut step) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let select = self.bare.prepare("SELECT count(*) FROM public.bare WHERE id = 0").await?;
        let add = self.bare.prepare("INSERT INTO public.bare (body) VALUES ($1)").await?;
        let run = self.submit().await?;
        let mut renewed = now();
        for round in 0..rounds {
            read.push(
                timed(async {
                    self.bare.query_one(&select, &[]).await.map(drop).map_err(BenchError::from)
                })
                .await?,
            );
            tenant.push(timed(self.tenant_read()).await?);
            insert.push(
                timed(async {
                    self.bare
                        .execute(&add, &[&json!({"round": round})])
                        .await
                        .map(drop)
                        .map_err(BenchError::from)
                })
                .await?,
            );
            step.push(timed(self.commit(run, &format!("step_{round}"))).await?);
            if renewed.elapsed() > RENEWAL {
                self.nodes.renew(self.claim.node()).await?;
                renewed = now();
            }
            bar.inc(4);
        }
        let workflows = (rounds / 10).max(5);
        let begun = now();
        for _ in 0..workflows {
            self.workflow().await?;
            bar.inc(10);
        }
        let per_second = f64::from(workflows) / begun.elapsed().as_secs_f64();
        bar.finish_and_clear();
        Ok(Figures {
            bare_read_us: median(read),
            tenant_transaction_us: median(tenant),
            bare_insert_us: median(insert),
            step_commit_us: median(step),
            six_step_workflows_per_second: per_second,
        })
    }

    async fn tenant_read(&self) -> Result<(), BenchError> {
        let tx = self.db.begin(&self.context).await?;
        tx.query("SELECT count(*) FROM catalog_table WHERE project = ''", &[]).await?;
        Ok(tx.commit().await?)
    }

    async fn submit(&self) -> Result<RunId, BenchError> {
        let run = RunId::new(Uuid::now_v7());
        let new = NewRun {
            run,
            kind: WorkflowKind::AnswerQuestion,
            input: json!({}),
            idempotency_key: None,
        };
        RequestStore::new(self.db.clone(), usize::MAX).submit(&self.context, new).await?;
        Ok(run)
    }

    async fn commit(&self, run: RunId, name: &str) -> Result<(), BenchError> {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let result = StepResult {
            step_name: name.parse().map_err(|_| BenchError::Missing("the step's name"))?,
            status: StepStatus::Success,
            attempt: Attempt::FIRST,
            round: 0,
            retry_count: 0,
            step_key: sha256(&[name.as_bytes()]),
            output: json!({}),
            output_hash: Some(sha256(&[b"{}"])),
            started_at: at,
            finished_at: at,
            error: None,
        };
        Ok(self.owner.commit_step(run, &result).await?)
    }

    /// Submission, start, six steps and the end: what the actors commit for a run that does nothing.
    async fn workflow(&self) -> Result<(), BenchError> {
        let run = self.submit().await?;
        self.owner.start_run(run).await?;
        for step in 0..6 {
            self.commit(run, &format!("step_{step}")).await?;
        }
        self.owner.finish_run(run, RunOutcome::Succeeded).await?;
        Ok(self.nodes.renew(self.claim.node()).await?)
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

/// Microseconds a call took.
async fn timed(call: impl Future<Output = Result<(), BenchError>>) -> Result<f64, BenchError> {
    let begun = now();
    call.await?;
    Ok(begun.elapsed().as_secs_f64() * 1e6)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
