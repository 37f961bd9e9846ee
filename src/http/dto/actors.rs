//! Actors, owners and dead letters as operators and admins see them.
//!
//! Names, counts, ages and codes only; nothing here comes from inputs or rows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::ports::boards::{NodeBoard, OwnerRow, ShownActor, ShownLetter};

/// One actor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Actor)]
pub(in crate::http) struct ActorDto {
    /// Where it stands in the tree.
    path: String,
    /// Path of the actor above it; absent for a node's root.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    /// Name of its node.
    node: String,
    /// This boot of the node.
    node_id: Uuid,
    /// `kernel`, `tenant` or `workflow`.
    kind: String,
    /// Its state, by name.
    state: String,
    /// Which life of it; grows with each restart.
    generation: u64,
    /// Restarts within the last minute.
    restarts: u64,
    /// Runs, attempts or calls under way.
    in_flight: u64,
    /// Runs that wait for a slot.
    queue_depth: u64,
    /// Messages that wait in its mailbox.
    mailbox_depth: u64,
    /// How long the oldest of them has waited, in milliseconds, when its node last showed it.
    oldest_message_ms: Option<u64>,
    /// Code of what last failed.
    last_error: Option<String>,
    /// When it last said something.
    #[schema(value_type = String, format = DateTime)]
    updated: Timestamp,
}

impl ActorDto {
    pub(in crate::http) fn of(node: &NodeBoard, actor: &ShownActor) -> Self {
        let actor = actor.clone();
        Self {
            parent: actor.path.rsplit_once('/').map(|(parent, _)| parent.to_owned()),
            node: node.node.clone(),
            node_id: node.id,
            path: actor.path,
            kind: actor.kind,
            state: actor.state,
            generation: actor.generation,
            restarts: actor.restarts,
            in_flight: actor.in_flight,
            queue_depth: actor.queue_depth,
            mailbox_depth: actor.mailbox_depth,
            oldest_message_ms: actor.oldest_message_ms,
            last_error: actor.last_error,
            updated: actor.updated,
        }
    }
}

/// Actors by path, which is the order of the tree from its root down.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Actors)]
pub(in crate::http) struct ActorsDto {
    /// The actors.
    pub(in crate::http) actors: Vec<ActorDto>,
    /// Whether every node is shown; `false` when only the answering one could be read.
    pub(in crate::http) complete: bool,
    /// Send as `cursor` to read on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) next_cursor: Option<String>,
}

/// A restart was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RestartAsked)]
pub(in crate::http) struct RestartAskedDto {
    /// Id of the request, as the record of restarts holds it.
    pub(in crate::http) request: Uuid,
    /// The actor.
    pub(in crate::http) path: String,
    /// Its life at the time; a greater number means that it was replaced.
    pub(in crate::http) generation: u64,
}

/// Which node works for an organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Owner)]
pub(in crate::http) struct OwnerDto {
    /// The organisation.
    org_id: Uuid,
    /// The node that owns it; absent when nobody does.
    node: Option<String>,
    /// How often it changed hands.
    epoch: i64,
    /// Seconds for which the owner's lease still holds; negative when it is over.
    lease_seconds: Option<f64>,
}

impl From<OwnerRow> for OwnerDto {
    fn from(row: OwnerRow) -> Self {
        let OwnerRow { tenant, node, epoch, lease_seconds } = row;
        Self { org_id: tenant.as_uuid(), node, epoch, lease_seconds }
    }
}

/// Owners by organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Owners)]
pub(in crate::http) struct OwnersDto {
    /// The owners.
    pub(in crate::http) owners: Vec<OwnerDto>,
    /// Send as `cursor` to read on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) next_cursor: Option<String>,
}

/// A message that reached nobody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub(in crate::http) struct LetterDto {
    /// When it was given up.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Name of the node.
    node: String,
    /// The receiver's path.
    path: String,
    /// The message's type.
    message: String,
    /// The organisation it belonged to, if any.
    org_id: Option<Uuid>,
    /// `gone`: its receiver had ended; `foreign_tenant`: its receiver was another organisation's.
    reason: String,
}

impl LetterDto {
    pub(in crate::http) fn of(node: &NodeBoard, letter: &ShownLetter) -> Self {
        let ShownLetter { at, path, message, tenant, reason } = letter.clone();
        let org_id = tenant.map(|tenant| tenant.as_uuid());
        Self { at, node: node.node.clone(), path, message, org_id, reason }
    }
}

/// Dead letters, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetters)]
pub(in crate::http) struct LettersDto {
    /// The letters.
    pub(in crate::http) letters: Vec<LetterDto>,
    /// Whether every node is shown.
    pub(in crate::http) complete: bool,
    /// Send as `cursor` to read on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) next_cursor: Option<String>,
}

/// Which page to read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ListQuery {
    /// Items on the page, 1 to 100; 50 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub(in crate::http) limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub(in crate::http) cursor: Option<String>,
}
