//! Sealing a tenant's events into its hash chain, reading them in that order, and checking it.
//!
//! Only events that no running transaction can still precede are sealed, so a position is never
//! inserted behind a reader's back. Two sealers at once are harmless: positions are unique, and the
//! slower one's batch is refused whole.

use std::collections::BTreeMap;

use autopilot_domain::chain::{self, GENESIS, SealedFields};
use autopilot_domain::event::{EventKind, NewEvent};
use autopilot_domain::ids::{Digest, EventId, RunId, SessionId, TenantId};
use tokio_postgres::Row;
use uuid::Uuid;

use super::rows::{corrupt, digest, get};
use super::statements::{CHAIN, CUT_LAST, EVENTS_UNSEALED, LINK_LAST, LINKS_APPEND};
use super::tenant_db::TenantTx;
use crate::ports::StoreError;
use crate::ports::requests::EventView;

struct Head {
    pos: i64,
    hash: Digest,
    xid: String,
    seq: i64,
}

async fn head(tx: &TenantTx) -> Result<Head, StoreError> {
    match tx.query_opt(LINK_LAST, &[]).await? {
        None => Ok(Head { pos: 0, hash: GENESIS, xid: "0".to_owned(), seq: 0 }),
        Some(row) => Ok(Head {
            pos: get(&row, "pos")?,
            hash: digest(&get::<Vec<u8>>(&row, "hash")?)?,
            xid: get(&row, "xid")?,
            seq: get(&row, "seq")?,
        }),
    }
}

/// Writes links for what can be sealed, one batch; answers how many.
///
/// # Errors
/// As the database answered.
pub async fn seal(tx: &TenantTx) -> Result<usize, StoreError> {
    let mut head = head(tx).await?;
    let rows = tx.query(EVENTS_UNSEALED, &[&head.xid, &head.seq]).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (mut positions, mut events, mut hashes) = (Vec::new(), Vec::<Uuid>::new(), Vec::new());
    let (mut xids, mut seqs) = (Vec::<String>::new(), Vec::<i64>::new());
    for row in &rows {
        head.pos += 1;
        head.hash = hash_of(row, head.pos, head.hash)?;
        positions.push(head.pos);
        hashes.push(head.hash.0.to_vec());
        events.push(get(row, "event_id")?);
        xids.push(get(row, "xid")?);
        seqs.push(get(row, "seq")?);
    }
    tx.execute(LINKS_APPEND, &[&positions, &events, &hashes, &xids, &seqs]).await?;
    Ok(rows.len())
}

/// The link that a row must have at a position.
fn hash_of(row: &Row, pos: i64, previous: Digest) -> Result<Digest, StoreError> {
    let text = |column| get::<Option<String>>(row, column);
    let id = |column| get::<Option<Uuid>>(row, column).map(|id| id.map(|id| id.to_string()));
    let (kind, status, actor): (String, String, String) =
        (get(row, "kind")?, get(row, "status")?, get(row, "actor")?);
    let (step, code) = (text("step_id")?, text("error_code")?);
    let finished: Option<jiff::Timestamp> = get(row, "finished_at")?;
    let fields = SealedFields {
        event_id: EventId::new(get(row, "event_id")?),
        kind: &kind,
        session_id: id("session_id")?,
        workflow_id: id("workflow_id")?,
        step_id: step.as_deref(),
        status: &status,
        error_code: code.as_deref(),
        started_at_us: chain::stamp(get(row, "started_at")?),
        finished_at_us: finished.map(chain::stamp),
        actor: &actor,
        payload_hash: digest(&get::<Vec<u8>>(row, "payload_hash")?)?,
    };
    chain::link(previous, pos, &fields).map_err(|_| corrupt())
}

/// What a check of a chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// Every link holds, up to this position.
    Whole(i64),
    /// The first position whose link does not hold, or not what an anchor says of it.
    Broken(i64),
    /// Every link holds, but an anchor names a position behind the end.
    CutOff {
        /// The last position that is there.
        end: i64,
        /// The last position that an anchor names.
        anchored: i64,
    },
}

/// Heads of a chain that were written down outside of it: position to hash.
pub type Anchors = BTreeMap<i64, Digest>;

/// Where a chain begins: before its first event, or where retention cut it off last.
///
/// # Errors
/// As the database answered.
pub async fn beginning(tx: &TenantTx) -> Result<(i64, Digest), StoreError> {
    match tx.query_opt(CUT_LAST, &[]).await? {
        None => Ok((0, GENESIS)),
        Some(row) => Ok((get(&row, "pos")?, digest(&get::<Vec<u8>>(&row, "hash")?)?)),
    }
}

/// Recomputes every link of the tenant from the chain's beginning, and holds it to the anchors.
///
/// # Errors
/// As the database answered.
pub async fn verify(tx: &TenantTx, anchors: &Anchors) -> Result<Checked, StoreError> {
    let (checked, _) = verify_until(tx, anchors, i64::MAX).await?;
    let last = anchors.last_key_value().map(|(pos, _)| *pos);
    Ok(match (checked, last) {
        (Checked::Whole(end), Some(anchored)) if anchored > end => {
            Checked::CutOff { end, anchored }
        }
        (checked, _) => checked,
    })
}

/// The same up to a position, with the hash there. Nothing is said about what stands behind it.
///
/// # Errors
/// As the database answered.
pub async fn verify_until(
    tx: &TenantTx,
    anchors: &Anchors,
    last: i64,
) -> Result<(Checked, Digest), StoreError> {
    let (mut pos, mut hash) = beginning(tx).await?;
    let contradicted = |pos: i64, hash: Digest| anchors.get(&pos).is_some_and(|a| *a != hash);
    if contradicted(pos, hash) {
        return Ok((Checked::Broken(pos), hash));
    }
    loop {
        let rows = tx.query(CHAIN, &[&pos]).await?;
        for row in &rows {
            if pos >= last {
                return Ok((Checked::Whole(pos), hash));
            }
            let expected = hash_of(row, pos + 1, hash)?;
            let found = digest(&get::<Vec<u8>>(row, "hash")?)?;
            let next = get::<i64>(row, "pos")? == pos + 1 && found == expected;
            if !next || !payload_holds(row)? || contradicted(pos + 1, found) {
                return Ok((Checked::Broken(pos + 1), hash));
            }
            (pos, hash) = (pos + 1, found);
        }
        if rows.is_empty() {
            return Ok((Checked::Whole(pos), hash));
        }
    }
}

/// Whether a payload that is still there is the one that was hashed.
fn payload_holds(row: &Row) -> Result<bool, StoreError> {
    let (salt, payload): (Option<Vec<u8>>, Option<serde_json::Value>) =
        (get(row, "salt")?, get(row, "payload")?);
    let Some(salt) = salt else { return Ok(true) };
    let stored = digest(&get::<Vec<u8>>(row, "payload_hash")?)?;
    let hash = chain::payload_hash(&salt, &payload.unwrap_or_default()).map_err(|_| corrupt())?;
    Ok(hash == stored)
}

/// A sealed event as streams show it.
///
/// # Errors
/// When a stored value is outside the contract.
pub fn view(row: &Row, tenant: TenantId) -> Result<EventView, StoreError> {
    let kind = match get::<String>(row, "kind")?.as_str() {
        "tool_invocation" => EventKind::ToolInvocation,
        "artifact_generated" => EventKind::ArtifactGenerated,
        "workflow_state_transition" => EventKind::WorkflowStateTransition,
        "security_gate_decision" => EventKind::SecurityGateDecision,
        _ => return Err(corrupt()),
    };
    let event_id = EventId::new(get(row, "event_id")?);
    let step: Option<String> = get(row, "step_id")?;
    let code: Option<String> = get(row, "error_code")?;
    Ok(EventView {
        pos: get(row, "pos")?,
        event_id,
        event: NewEvent {
            event_id,
            kind,
            org_id: tenant,
            session_id: get::<Option<Uuid>>(row, "session_id")?.map(SessionId::new),
            workflow_id: get::<Option<Uuid>>(row, "workflow_id")?.map(RunId::new),
            step_id: step.map(|name| name.parse().map_err(|_| corrupt())).transpose()?,
            status: get(row, "status")?,
            error_code: code.map(|code| code.parse().map_err(|_| corrupt())).transpose()?,
            started_at: get(row, "started_at")?,
            finished_at: get(row, "finished_at")?,
            actor: get(row, "actor")?,
            payload: get::<Option<serde_json::Value>>(row, "payload")?.unwrap_or_default(),
        },
    })
}
