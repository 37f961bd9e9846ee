//! Boards of all nodes in Redis; owners and requests for restarts in PostgreSQL.
//!
//! A board is one value that forgets itself within seconds, so that a node that is gone is not shown
//! as alive; losing one costs a look, nothing else. A request for a restart is a row and stays: it is
//! the record of what was done. Nothing here reaches into a node.

use std::time::Duration;

use async_trait::async_trait;
use autopilot_domain::event::EventKind;
use autopilot_domain::ids::TenantId;
use serde_json::json;
use uuid::Uuid;

use super::events::{self, Fact};
use super::redis_pool::RedisPool;
use super::rows::get;
use super::statements::{OWNERS, RESTART_ASK, RESTART_TAKE, RESTARTS_OPEN};
use super::tenant_db::TenantDb;
use crate::ports::boards::{Boards, Inspection, Inspector, NodeBoard, OwnerRow, RestartRequest};
use crate::ports::{Actor, StoreError};

const PATIENCE: Duration = Duration::from_secs(1);
/// A board that is not written again is forgotten after this long: three writes were missed.
const LIFE_MS: u64 = 6_000;
/// Largest board that is written, in bytes; a node with more actors shows the first of them.
const LARGEST: usize = 4 * 1024 * 1024;

/// Boards of one installation.
#[derive(Clone)]
pub struct RedisBoards {
    pool: RedisPool,
    prefix: String,
}

impl RedisBoards {
    /// The boards of `installation` in the database of this name: two databases that share a Redis
    /// do not see each other's nodes.
    #[must_use]
    pub fn new(pool: RedisPool, installation: &str, database: &str) -> Self {
        Self { pool, prefix: format!("autopilot:{{{installation}:{database}}}:board") }
    }

    async fn call<T: redis::FromRedisValue>(
        &self,
        pipe: &redis::Pipeline,
    ) -> Result<T, StoreError> {
        let answer = async {
            let mut connection = self.pool.get().await.map_err(|_| StoreError::Unavailable)?;
            pipe.query_async(&mut *connection).await.map_err(|_| StoreError::Unavailable)
        };
        tokio::time::timeout(PATIENCE, answer).await.map_err(|_| StoreError::Unavailable)?
    }
}

#[async_trait]
impl Boards for RedisBoards {
    async fn publish(&self, board: &NodeBoard) -> Result<(), StoreError> {
        let strange = |_| StoreError::Corrupt("a board cannot be written");
        let mut text = serde_json::to_string(board).map_err(strange)?;
        let mut shown = board.clone();
        while text.len() > LARGEST {
            shown.actors.truncate(shown.actors.len() / 2);
            text = serde_json::to_string(&shown).map_err(strange)?;
        }
        let key = format!("{}:{}", self.prefix, board.id);
        let mut pipe = redis::pipe();
        pipe.cmd("SET").arg(&key).arg(text).arg("PX").arg(LIFE_MS).ignore();
        pipe.cmd("SADD").arg(&self.prefix).arg(board.id.to_string()).ignore();
        pipe.cmd("PEXPIRE").arg(&self.prefix).arg(LIFE_MS * 10).ignore();
        self.call::<()>(&pipe).await
    }

    async fn read(&self) -> Result<Vec<NodeBoard>, StoreError> {
        let mut pipe = redis::pipe();
        pipe.cmd("SMEMBERS").arg(&self.prefix);
        let (nodes,): (Vec<String>,) = self.call(&pipe).await?;
        if nodes.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipe = redis::pipe();
        let keys: Vec<String> =
            nodes.iter().map(|node| format!("{}:{node}", self.prefix)).collect();
        pipe.cmd("MGET").arg(&keys);
        let (texts,): (Vec<Option<String>>,) = self.call(&pipe).await?;
        let gone: Vec<&String> =
            nodes.iter().zip(&texts).filter(|(_, text)| text.is_none()).map(|(n, _)| n).collect();
        if !gone.is_empty() {
            let mut pipe = redis::pipe();
            pipe.cmd("SREM").arg(&self.prefix).arg(gone).ignore();
            self.call::<()>(&pipe).await?;
        }
        // A board of another version that cannot be read is left out rather than guessed.
        Ok(texts.iter().flatten().filter_map(|text| serde_json::from_str(text).ok()).collect())
    }
}

/// Owners and restarts.
#[derive(Clone)]
pub struct InspectionStore(pub TenantDb);

#[async_trait]
impl Inspection for InspectionStore {
    async fn owners(
        &self,
        after: Option<TenantId>,
        limit: u32,
    ) -> Result<Vec<OwnerRow>, StoreError> {
        let after = after.map(|tenant| tenant.as_uuid());
        let rows = self.0.login_query(OWNERS, &[&after, &i64::from(limit)]).await?;
        rows.iter()
            .map(|row| {
                Ok(OwnerRow {
                    tenant: TenantId::new(get(row, "tenant_id")?),
                    node: get(row, "name")?,
                    epoch: get(row, "epoch")?,
                    lease_seconds: get(row, "lease_seconds")?,
                })
            })
            .collect()
    }

    async fn ask_restart(&self, by: &Inspector, path: &str) -> Result<Uuid, StoreError> {
        let (user, role) = match by {
            Inspector::Operator(operator) => (operator.operator().as_uuid(), "operator"),
            Inspector::OrgAdmin(admin) => {
                let tx = self.0.begin(admin).await?;
                let fact = Fact {
                    kind: EventKind::WorkflowStateTransition,
                    run: None,
                    step: None,
                    status: "actor_restart_requested",
                    code: None,
                    started_at: None,
                    actor: Actor::User(admin.user()),
                    payload: json!({ "path": path }),
                };
                events::record(&tx, fact).await?;
                tx.commit().await?;
                (admin.user().as_uuid(), "org_admin")
            }
        };
        let id = Uuid::now_v7();
        self.0.login_execute(RESTART_ASK, &[&id, &path, &user, &role]).await?;
        Ok(id)
    }

    async fn open_restarts(&self) -> Result<Vec<RestartRequest>, StoreError> {
        let rows = self.0.login_query(RESTARTS_OPEN, &[]).await?;
        rows.iter()
            .map(|row| Ok(RestartRequest { id: get(row, "request_id")?, path: get(row, "path")? }))
            .collect()
    }

    async fn take_restart(&self, id: Uuid, node: Uuid) -> Result<bool, StoreError> {
        Ok(self.0.login_execute(RESTART_TAKE, &[&id, &node]).await? == 1)
    }
}
