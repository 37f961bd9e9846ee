//! Starting the actors, and the handle through which the rest of the process speaks to them.
//!
//! The actors have threads of their own, so that no caller needs actix or a particular runtime. The
//! handle never blocks: a full kernel answers `Busy`, and the board is read without asking anyone.

use std::sync::Arc;
use std::time::Duration;

use actix::System;
use actix_rt::{Arbiter, ArbiterHandle};
use autopilot_domain::admission::Limits;
use autopilot_domain::ids::{NodeId, TenantId};
use tokio::sync::watch;

use super::kernel::actor_ref::{ActorRef, Refused, Scope};
use super::kernel::board::{Board, Path, Snapshot};
use super::kernel::dead_letters::{DeadLetter, DeadLetters};
use super::kernel::directory::messages::{BeginDrain, CheckHealth, HintWake, RestartActor};
use super::kernel::directory::{Kernel, Node};
use super::kernel::kit::{Kit, Timings};
use crate::ports::{Clock, Ownership, Tenants};

/// What the actors are started with.
pub struct Config {
    /// Name of this node, for people.
    pub node_name: String,
    /// Makes the id of each registration of this node; every call must give a new one.
    pub new_node: Arc<dyn Fn() -> NodeId + Send + Sync>,
    /// The runtime on which ports were opened and on which all their work is done.
    pub io: tokio::runtime::Handle,
    /// Threads for actors; at least one is used.
    pub arbiters: usize,
    /// Node leases and owners.
    pub ownership: Arc<dyn Ownership>,
    /// Opens tenants.
    pub tenants: Arc<dyn Tenants>,
    /// Business time.
    pub clock: Arc<dyn Clock>,
    /// Limits of each tenant.
    pub limits: Limits,
    /// Waits and deadlines.
    pub timings: Timings,
}

/// The actors could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The operating system gave no thread.
    #[error("no thread could be started for the actors: {0}")]
    Thread(#[from] std::io::Error),
    /// The actors' thread ended before they were ready.
    #[error("the actors ended while they were being started")]
    Ended,
}

/// Speaks to the actors of this process.
#[derive(Clone)]
pub struct Handle {
    kernel: ActorRef<Kernel>,
    kit: Kit,
    drained: watch::Receiver<bool>,
    draining: Arc<watch::Sender<bool>>,
    system: System,
}

impl Handle {
    /// Says that something was asked of a tenant; a lost hint costs a second, as owners also poll.
    ///
    /// # Errors
    /// [`Refused::Busy`] when the kernel has as many messages as it takes.
    pub fn wake(&self, tenant: TenantId) -> Result<(), Refused> {
        self.kernel.try_send(Scope::Node, HintWake { tenant })
    }

    /// Every actor of this node, by path. Never waits for an actor.
    #[must_use]
    pub fn board(&self) -> Vec<Snapshot> {
        self.kit.board.all()
    }

    /// The actors of one tenant on this node.
    #[must_use]
    pub fn board_of(&self, tenant: TenantId) -> Vec<Snapshot> {
        let root = Path::tenant(tenant);
        self.board()
            .into_iter()
            .filter(|actor| actor.path.as_str().starts_with(root.as_str()))
            .collect()
    }

    /// One actor by its path.
    #[must_use]
    pub fn actor(&self, path: &str) -> Option<Snapshot> {
        self.kit.board.get(path)
    }

    /// How long ago the node's lease was renewed; `None` when it holds none.
    #[must_use]
    pub fn lease_age(&self) -> Option<Duration> {
        self.kit.board.lease_age()
    }

    /// How long the events of any tenant of this node have waited to be sealed.
    #[must_use]
    pub fn seal_lag(&self) -> Duration {
        self.kit.board.seal_lag()
    }

    /// Replaces an actor of this node by a new life; `false` when there is no such actor here. An
    /// actor whose thread is blocked takes the request when the thread is free again.
    pub async fn restart(&self, path: &str) -> bool {
        let Some((tenant, run)) = Path::names(path) else { return false };
        if self.actor(path).is_none() {
            return false;
        }
        let asked = RestartActor { tenant, run };
        let asked = self.kernel.ask(Scope::Node, asked, Duration::from_secs(1));
        asked.await.unwrap_or(false)
    }

    /// Messages that reached nobody, oldest first.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.kit.letters.all()
    }

    /// Whether the kernel answers within a second, holds its lease and takes work.
    pub async fn ready(&self) -> bool {
        let asked = self.kernel.ask(Scope::Node, CheckHealth, Duration::from_secs(1));
        matches!(asked.await, Ok(health) if health.leased && !health.draining)
    }

    /// Whether a drain was asked for.
    #[must_use]
    pub fn draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Takes no new work, lets running attempts end within the grace, gives the lease back and ends
    /// the actors' threads. May be called more than once.
    pub async fn drain(&self) {
        self.draining.send_replace(true);
        self.kernel.deliver(Scope::Node, BeginDrain).await;
        let mut drained = self.drained.clone();
        // An error means that the kernel is gone, and with it everything there was to wait for.
        let _ended = drained.wait_for(|done| *done).await;
        self.system.stop();
    }

    #[cfg(test)]
    pub(super) const fn kernel(&self) -> &ActorRef<Kernel> {
        &self.kernel
    }

    #[cfg(test)]
    pub(super) const fn kit(&self) -> &Kit {
        &self.kit
    }
}

/// Starts the actors on threads of their own.
///
/// # Errors
/// When a thread cannot be started.
pub fn start(config: Config) -> Result<Handle, StartError> {
    let (ready, started) = std::sync::mpsc::sync_channel(1);
    std::thread::Builder::new().name("actors".to_owned()).spawn(move || {
        let runner = System::new();
        let handle = runner.block_on(async move {
            let threads = (0..config.arbiters.max(1)).map(|_| Arbiter::new().handle()).collect();
            assemble(config, threads)
        });
        // If nobody waits any more, the handle is dropped and the process is on its way out.
        let _sent = ready.send(handle);
        if let Err(error) = runner.run() {
            tracing::error!(%error, "the actors' system ended with an error");
        }
    })?;
    started.recv().map_err(|_| StartError::Ended)
}

/// Starts the kernel within the current system.
pub(super) fn assemble(config: Config, threads: Vec<ArbiterHandle>) -> Handle {
    let kit = Kit {
        io: config.io,
        board: Board::new(Arc::clone(&config.clock)),
        letters: DeadLetters::new(Arc::clone(&config.clock)),
        clock: config.clock,
        limits: config.limits,
        timings: config.timings,
    };
    let node = Node {
        name: config.node_name,
        new_node: config.new_node,
        ownership: config.ownership,
        tenants: config.tenants,
        threads,
    };
    let (done, drained) = watch::channel(false);
    let kernel = Kernel::launch(&kit, node, done);
    Handle {
        kernel,
        kit,
        drained,
        draining: Arc::new(watch::channel(false).0),
        system: System::current(),
    }
}
