//! This node's board, shown to all every two seconds, and the restarts that are asked of its actors.
//!
//! The only thing it does on a request is to pass a restart on to an actor of this node. A Redis or
//! database that does not answer costs a round, never the task.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::actors::{self, DeadLetter, Snapshot};
use crate::ports::boards::{NodeBoard, ShownActor, ShownLetter};
use crate::ports::{Boards, Clock, Inspection};

const EVERY: Duration = Duration::from_secs(2);
/// Dead letters that are shown; the newest.
const LETTERS: usize = 50;

/// What this node shows, and to whom.
#[derive(Clone)]
pub(super) struct Showing {
    pub(super) id: Uuid,
    pub(super) node: String,
    pub(super) actors: actors::Handle,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) boards: Arc<dyn Boards>,
    pub(super) inspection: Arc<dyn Inspection>,
}

impl Showing {
    /// This node as it is now.
    pub(super) fn own(&self) -> NodeBoard {
        let letters = self.actors.dead_letters();
        let newest = letters.len().saturating_sub(LETTERS);
        NodeBoard {
            id: self.id,
            node: self.node.clone(),
            at: self.clock.now(),
            actors: self.actors.board().iter().map(actor).collect(),
            letters: letters.into_iter().skip(newest).map(letter).collect(),
        }
    }

    /// All nodes, this one as it is now; and whether the others could be read.
    pub(super) async fn all(&self) -> (Vec<NodeBoard>, bool) {
        let own = self.own();
        match self.boards.read().await {
            Ok(mut boards) => {
                boards.retain(|board| board.id != own.id);
                boards.push(own);
                (boards, true)
            }
            Err(_) => (vec![own], false),
        }
    }

    /// Shows the board and obeys requests until the runtime ends.
    pub(super) async fn run(self) {
        let mut round = tokio::time::interval(EVERY);
        round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            round.tick().await;
            if self.boards.publish(&self.own()).await.is_err() {
                tracing::debug!("the board could not be shown");
            }
            self.obey().await;
        }
    }

    async fn obey(&self) {
        let Ok(requests) = self.inspection.open_restarts().await else { return };
        for request in requests {
            let here = self.actors.actor(&request.path).is_some();
            if here && self.inspection.take_restart(request.id, self.id).await == Ok(true) {
                let begun = self.actors.restart(&request.path).await;
                tracing::warn!(path = request.path, request = %request.id, begun, "an actor is replaced on request");
            }
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn actor(snapshot: &Snapshot) -> ShownActor {
    ShownActor {
        path: snapshot.path.as_str().to_owned(),
        kind: snapshot.kind.to_owned(),
        state: snapshot.state.to_owned(),
        generation: snapshot.generation.0,
        restarts: count(snapshot.restarts),
        in_flight: count(snapshot.in_flight),
        queue_depth: count(snapshot.queue_depth),
        mailbox_depth: count(snapshot.mailbox_depth),
        oldest_message_ms: snapshot.oldest_message_ms,
        last_error: snapshot.last_error.map(|code| code.as_str().to_owned()),
        updated: snapshot.updated,
    }
}

fn letter(letter: DeadLetter) -> ShownLetter {
    ShownLetter {
        at: letter.at,
        path: letter.path,
        message: letter.message.to_owned(),
        tenant: letter.tenant,
        reason: letter.reason.as_str().to_owned(),
    }
}
