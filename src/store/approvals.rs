//! Questions to people: asked by the owner's governed path, answered by people at the request door.
//!
//! Whoever answers holds the run's row first, as the owner does who suspends it, so that no answer is
//! missed. Events name the question and the hash of its text, never the text.

use async_trait::async_trait;
use autopilot_domain::approval::{Decider, SelfApproval, may_decide};
use autopilot_domain::event::EventKind;
use autopilot_domain::failure::Failure;
use autopilot_domain::ids::{Digest, RunId, StepName, UserId};
use autopilot_domain::units::{Bytes, MicroUsd};
use autopilot_gate::ports::{ApprovalKind, ApprovalRequest, Approvals, Standing};
use autopilot_gate::receipt::Origin;
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use super::events::{Fact, record};
use super::owned::OwnedTenant;
use super::rows::{self, digest, get, signed, small_signed, unsigned};
use super::statements::{
    ADMINS, APPROVAL_ASK, APPROVAL_DECIDE, APPROVAL_EXPIRE, APPROVAL_LOCK, APPROVAL_RUN,
    APPROVAL_STANDING, APPROVALS, RUN_LOCK, RUN_RESUME,
};
use super::tenant_db::{TenantDb, TenantTx};
use crate::ports::approvals::{Answer, Answered, ApprovalDesk, ApprovalFilter, ApprovalView};
use crate::ports::{Actor, RequestContext, Role, StoreError};

/// How long a question stays open, and an approval holds.
const OPEN_SECONDS: f64 = 24.0 * 3_600.0;

impl OwnedTenant {
    async fn read_standing(
        &self,
        kind: ApprovalKind,
        origin: &Origin,
        hash: Digest,
    ) -> Result<Standing, StoreError> {
        let tx = self.begin().await?;
        let run = origin.run.as_uuid();
        let found =
            tx.query_opt(APPROVAL_STANDING, &[&run, &kind.as_str(), &hash.0.as_slice()]).await?;
        tx.commit().await?;
        let Some(row) = found else { return Ok(Standing::Unasked) };
        let live: bool = get(&row, "live")?;
        // The attempt that asked, and the one that comes back for the answer; later ones ask anew.
        let same_wait =
            small_signed(origin.attempt.0)? <= get::<i32>(&row, "attempt")?.saturating_add(1);
        Ok(match get::<String>(&row, "decision")?.as_str() {
            "approved" if live => Standing::Granted { most: Bytes(unsigned(&row, "bytes")?) },
            "rejected" => Standing::Rejected,
            "pending" if live => Standing::Pending,
            "pending" | "expired" if same_wait => Standing::Expired,
            _ => Standing::Unasked,
        })
    }

    async fn write_question(&self, request: &ApprovalRequest) -> Result<(), StoreError> {
        let ApprovalRequest { kind, origin, canonical_hash, text, bytes, usd, columns } = request;
        let (id, run) = (Uuid::now_v7(), origin.run.as_uuid());
        let (kind, step, attempt) =
            (kind.as_str(), origin.step.as_str(), small_signed(origin.attempt.0)?);
        let (hash, bytes, usd) = (canonical_hash.0.as_slice(), signed(bytes.0)?, signed(usd.0)?);
        let tx = self.begin().await?;
        tx.execute(APPROVAL_EXPIRE, &[&run]).await?;
        let params: super::tenant_db::Params<'_> =
            &[&id, &kind, &run, &step, &attempt, &hash, text, &bytes, &usd, columns, &OPEN_SECONDS];
        if tx.execute(APPROVAL_ASK, params).await? == 1 {
            let about = About { run: origin.run, step: &origin.step, actor: Actor::System };
            note(&tx, about, "approval_requested", (id, kind, *canonical_hash)).await?;
        }
        tx.commit().await
    }
}

#[async_trait]
impl Approvals for OwnedTenant {
    async fn standing(
        &self,
        kind: ApprovalKind,
        origin: &Origin,
        hash: Digest,
    ) -> Result<Standing, Failure> {
        self.read_standing(kind, origin, hash).await.map_err(|error| error.failure())
    }

    async fn ask(&self, request: &ApprovalRequest) -> Result<(), Failure> {
        self.write_question(request).await.map_err(|error| error.failure())
    }
}

/// Whose question an event is about, and who caused it.
struct About<'a> {
    run: RunId,
    step: &'a StepName,
    actor: Actor,
}

async fn note(
    tx: &TenantTx,
    about: About<'_>,
    status: &str,
    (id, kind, hash): (Uuid, &str, Digest),
) -> Result<(), StoreError> {
    let payload = json!({"approval_id": id, "approval_kind": kind, "canonical_hash": hash});
    let fact = Fact {
        kind: EventKind::SecurityGateDecision,
        step: Some(about.step),
        actor: about.actor,
        payload,
        ..Fact::of_run(about.run, status)
    };
    record(tx, fact).await
}

/// The desk over PostgreSQL.
#[derive(Clone)]
pub struct ApprovalStore(pub TenantDb);

#[async_trait]
impl ApprovalDesk for ApprovalStore {
    async fn list(
        &self,
        ctx: &RequestContext,
        filter: ApprovalFilter,
        most: u32,
    ) -> Result<Vec<ApprovalView>, StoreError> {
        let ApprovalFilter { decision, run, after } = filter;
        let (run, most, one) = (run.map(|run| run.as_uuid()), i64::from(most), None::<Uuid>);
        let found =
            self.0.read(ctx, &[(APPROVALS, &[&after, &decision, &run, &one, &most])]).await?;
        found.iter().flatten().map(view).collect()
    }

    async fn one(
        &self,
        ctx: &RequestContext,
        id: Uuid,
    ) -> Result<Option<ApprovalView>, StoreError> {
        let (none, text, one, most) = (None::<Uuid>, None::<String>, Some(id), 1_i64);
        let found = self.0.read(ctx, &[(APPROVALS, &[&none, &text, &none, &one, &most])]).await?;
        found.iter().flatten().next().map(view).transpose()
    }

    async fn answer(
        &self,
        ctx: &RequestContext,
        id: Uuid,
        answer: Answer,
    ) -> Result<Answered, StoreError> {
        let admins = self.0.login_query(ADMINS, &[&ctx.tenant().as_uuid()]).await?;
        let admins = admins.first().map(|row| unsigned(row, "count")).transpose()?.unwrap_or(0);
        let tx = self.0.begin_waking(ctx).await?;
        let Some(of) = tx.query_opt(APPROVAL_RUN, &[&id]).await? else {
            return Ok(Answered::Missing);
        };
        let run = RunId::new(get(&of, "run_id")?);
        tx.query_opt(RUN_LOCK, &[&run.as_uuid()]).await?;
        let row = tx.query_opt(APPROVAL_LOCK, &[&id]).await?.ok_or_else(rows::corrupt)?;
        if !get::<bool>(&row, "open")? {
            return Ok(Answered::Closed);
        }
        let own = get::<Uuid>(&row, "requested_by")? == ctx.user().as_uuid();
        let who = Decider { admin: ctx.role() == Role::Admin, own, admins };
        if !may_decide(SelfApproval::default(), who) {
            return Ok(Answered::Forbidden);
        }
        write_answer(&tx, ctx, (id, run), &row, &answer).await?;
        tx.commit().await.map(|()| Answered::Recorded)
    }
}

async fn write_answer(
    tx: &TenantTx,
    ctx: &RequestContext,
    (id, run): (Uuid, RunId),
    row: &Row,
    answer: &Answer,
) -> Result<(), StoreError> {
    let (decision, status) = if answer.approved {
        ("approved", "approval_granted")
    } else {
        ("rejected", "approval_refused")
    };
    let user = ctx.user().as_uuid();
    tx.execute(APPROVAL_DECIDE, &[&id, &decision, &user, &answer.reason]).await?;
    let step = rows::step_name(row)?;
    let (kind, hash) =
        (get::<String>(row, "kind")?, digest(&get::<Vec<u8>>(row, "canonical_hash")?)?);
    let actor = Actor::User(ctx.user());
    note(tx, About { run, step: &step, actor }, status, (id, &kind, hash)).await?;
    if tx.execute(RUN_RESUME, &[&run.as_uuid()]).await? == 1 {
        record(tx, Fact::of_run(run, "run_resumed")).await?;
    }
    Ok(())
}

fn view(row: &Row) -> Result<ApprovalView, StoreError> {
    let decided_by = get::<Option<Uuid>>(row, "decided_by")?;
    Ok(ApprovalView {
        id: get(row, "approval_id")?,
        kind: get(row, "kind")?,
        run: RunId::new(get(row, "run_id")?),
        step: rows::step_name(row)?,
        canonical_hash: digest(&get::<Vec<u8>>(row, "canonical_hash")?)?,
        text: get(row, "canonical_text")?,
        bytes: Bytes(unsigned(row, "bytes")?),
        usd: MicroUsd(unsigned(row, "usd")?),
        columns: get(row, "columns")?,
        requested_by: UserId::new(get(row, "requested_by")?),
        reason: get(row, "reason")?,
        requested_at: get(row, "requested_at")?,
        expires_at: get(row, "expires_at")?,
        decision: get(row, "decision")?,
        decided_by: decided_by.map(UserId::new),
        decided_at: get(row, "decided_at")?,
        decision_reason: get(row, "decision_reason")?,
    })
}
