//! The measurements, one after another on the same servers.
//! Medians, so that one slow round does not count.

use std::time::Duration;

use autopilot::ports::identity::key_hash;
use autopilot::ports::ownership::Claimed;
use autopilot::ports::requests::NewRun;
use autopilot::ports::{
    Identity as _, OwnerClaim, Ownership as _, RequestContext, Requests as _, RunStore as _,
};
use autopilot::store::{KeyStore, NodeStore, OwnedTenant, RequestStore, TenantDb, io};
use autopilot_domain::canonical::sha256;
use autopilot_domain::ids::{Attempt, NodeId, RunId};
use autopilot_domain::workflow::machine::RunOutcome;
use autopilot_domain::workflow::{StepResult, StepStatus, WorkflowKind};
use indicatif::ProgressBar;
use serde_json::json;
use uuid::Uuid;

use crate::error::LoadError;
use crate::figures::Figures;
use crate::timing::{median, now};
use crate::world::{Installation, PREFIX};

/// Well within the 6 seconds that a lease lasts.
const RENEWAL: Duration = Duration::from_secs(1);

struct Bench {
    bare: tokio_postgres::Client,
    db: TenantDb,
    context: RequestContext,
    owner: OwnedTenant,
    nodes: NodeStore,
    claim: OwnerClaim,
}

/// Starts the servers, measures, and stops them.
pub(crate) async fn run(rounds: u32) -> Result<Figures, LoadError> {
    let installation = Installation::start().await?;
    let bench = Bench::prepare(&installation).await?;
    let figures = bench.measure(rounds).await;
    installation.stop().await;
    figures
}

impl Bench {
    async fn prepare(installation: &Installation) -> Result<Self, LoadError> {
        let mut migrator = installation.migrator().await?;
        let org = installation.org(&mut migrator, "load").await?;
        let pool = io::pool(&installation.app_url, 8, &tokio::runtime::Handle::current())?;
        let db = TenantDb::new(pool, PREFIX);
        let hash = key_hash(org.api_key.as_bytes());
        let principal = KeyStore::new(db.clone())
            .principal(hash)
            .await?
            .ok_or(LoadError::Missing("the key"))?;
        let nodes = NodeStore(db.clone());
        let node = NodeId::new(Uuid::now_v7());
        nodes.register(node, "load").await?;
        let Claimed::Mine(claim) = nodes.claim(node, org.tenant).await? else {
            return Err(LoadError::Missing("the claim"));
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

    async fn measure(&self, rounds: u32) -> Result<Figures, LoadError> {
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
                    self.bare.query_one(&select, &[]).await.map(drop).map_err(LoadError::from)
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
                        .map_err(LoadError::from)
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

    async fn tenant_read(&self) -> Result<(), LoadError> {
        let tx = self.db.begin(&self.context).await?;
        tx.query("SELECT count(*) FROM catalog_table WHERE project = ''", &[]).await?;
        Ok(tx.commit().await?)
    }

    async fn submit(&self) -> Result<RunId, LoadError> {
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

    async fn commit(&self, run: RunId, name: &str) -> Result<(), LoadError> {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let result = StepResult {
            step_name: name.parse().map_err(|_| LoadError::Missing("the step's name"))?,
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
    async fn workflow(&self) -> Result<(), LoadError> {
        let run = self.submit().await?;
        self.owner.start_run(run).await?;
        for step in 0..6 {
            self.commit(run, &format!("step_{step}")).await?;
        }
        self.owner.finish_run(run, RunOutcome::Succeeded).await?;
        Ok(self.nodes.renew(self.claim.node()).await?)
    }
}

/// Microseconds a call took.
async fn timed(call: impl Future<Output = Result<(), LoadError>>) -> Result<f64, LoadError> {
    let begun = now();
    call.await?;
    Ok(begun.elapsed().as_secs_f64() * 1e6)
}
