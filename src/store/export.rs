//! A chain as lines for somebody else to check: where it begins, each event with its link, where it ends.
//!
//! What a line holds is what the link's hash covers, so that whoever has the lines alone can verify
//! them. Nothing is held in memory but a page, and no transaction is open while a line is written.

use std::ops::ControlFlow;

use autopilot_domain::event::{NewEvent, contract};
use autopilot_domain::ids::{Digest, TenantId};
use jiff::Timestamp;
use serde::Serialize;
use tokio_postgres::Row;

use super::admin::reading;
use super::chain::{beginning, view};
use super::rows::{corrupt, digest, get};
use super::statements::{CHAIN, LINK_AT, LINK_LAST, POS_SINCE};
use super::tenant_db::{TenantDb, TenantTx};
use crate::ports::StoreError;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Line {
    /// The position before the first event, with the hash that its link stands on.
    Begin {
        /// Version of the contract.
        contract: u32,
        /// The organisation.
        org_id: TenantId,
        /// The position before the first event.
        pos: i64,
        /// The hash there.
        hash: Digest,
    },
    /// An event.
    Event(Box<Sealed>),
    /// The last position and its hash, so that a file that was cut off is noticed.
    End {
        /// The last position.
        pos: i64,
        /// The hash there.
        hash: Digest,
        /// How many events stand between the first line and this.
        events: u64,
    },
}

/// An event with its link.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sealed {
    /// Its position.
    pub pos: i64,
    /// Its link's hash.
    pub hash: Digest,
    /// Hash of salt and payload.
    pub payload_hash: Digest,
    /// The salt in hexadecimal digits; null when it was forgotten with the payload.
    pub salt: Option<String>,
    /// The event.
    pub event: NewEvent,
}

/// Which part of a chain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// From the first event that was recorded at this moment or later.
    pub since: Option<Timestamp>,
    /// Up to the last one before the first that was recorded at this moment or later.
    pub until: Option<Timestamp>,
}

/// The positions of a span: the one before the first, with its hash, and the last.
struct Range {
    before: i64,
    hash: Digest,
    last: i64,
}

/// Hands every line to `sink` until it breaks off. `sink` is told first how many events there are.
///
/// # Errors
/// When the database does not answer, or a stored row is not of the contract.
pub async fn lines<B>(
    db: &TenantDb,
    tenant: TenantId,
    span: Span,
    mut sink: impl FnMut(u64, &Line) -> ControlFlow<B>,
) -> Result<ControlFlow<B>, StoreError> {
    let Range { before, mut hash, last } = range(db, tenant, span).await?;
    let total = u64::try_from(last - before).unwrap_or_default();
    let begin = Line::Begin { contract: contract::VERSION, org_id: tenant, pos: before, hash };
    if let ControlFlow::Break(end) = sink(total, &begin) {
        return Ok(ControlFlow::Break(end));
    }
    let mut pos = before;
    while pos < last {
        let rows = page(db, tenant, pos).await?;
        if rows.is_empty() {
            // Retention took the rest of the range meanwhile; an end here would say that it was whole.
            return Err(StoreError::Corrupt("the chain was shortened while it was read"));
        }
        for row in rows.iter().take(usize::try_from(last - pos).unwrap_or(usize::MAX)) {
            let sealed = sealed(row, tenant)?;
            (pos, hash) = (sealed.pos, sealed.hash);
            if let ControlFlow::Break(end) = sink(total, &Line::Event(Box::new(sealed))) {
                return Ok(ControlFlow::Break(end));
            }
        }
    }
    let events = u64::try_from(pos - before).unwrap_or_default();
    Ok(sink(total, &Line::End { pos, hash, events }))
}

async fn page(db: &TenantDb, tenant: TenantId, after: i64) -> Result<Vec<Row>, StoreError> {
    let tx = reading(db, tenant).await?;
    let rows = tx.query(CHAIN, &[&after]).await?;
    tx.commit().await.map(|()| rows)
}

async fn range(db: &TenantDb, tenant: TenantId, span: Span) -> Result<Range, StoreError> {
    let tx = reading(db, tenant).await?;
    let (cut, cut_hash) = beginning(&tx).await?;
    let head = tx.query_opt(LINK_LAST, &[]).await?;
    let head = head.map_or(Ok(cut), |row| get::<i64>(&row, "pos"))?;
    let before = bound(&tx, span.since, head).await?.unwrap_or(cut).max(cut);
    let last = bound(&tx, span.until, head).await?.unwrap_or(head).max(before);
    let hash = if before == cut {
        cut_hash
    } else {
        let row = tx.query_opt(LINK_AT, &[&before]).await?.ok_or_else(corrupt)?;
        digest(&get::<Vec<u8>>(&row, "hash")?)?
    };
    tx.commit().await.map(|()| Range { before, hash, last })
}

/// The position before the first event that was recorded at a moment or later; the head when none was.
async fn bound(
    tx: &TenantTx,
    moment: Option<Timestamp>,
    head: i64,
) -> Result<Option<i64>, StoreError> {
    let Some(moment) = moment else { return Ok(None) };
    let found = tx.query_opt(POS_SINCE, &[&moment]).await?;
    found.map_or(Ok(head), |row| get::<i64>(&row, "pos").map(|pos| pos - 1)).map(Some)
}

fn sealed(row: &Row, tenant: TenantId) -> Result<Sealed, StoreError> {
    let hash = |column| digest(&get::<Vec<u8>>(row, column)?);
    let view = view(row, tenant)?;
    Ok(Sealed {
        pos: view.pos,
        hash: hash("hash")?,
        payload_hash: hash("payload_hash")?,
        salt: get::<Option<Vec<u8>>>(row, "salt")?.map(hex::encode),
        event: view.event,
    })
}
