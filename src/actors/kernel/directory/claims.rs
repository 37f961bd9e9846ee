//! Which tenants this node works for: looking for wakes, claiming, starting and restarting.
//!
//! A tenant hashes to one thread, where all of its actors live. A supervisor that panicked too often
//! is left alone for a while and shown as degraded; the request that still waits then starts it anew.

use std::sync::Arc;

use actix::Handler;
use actix_rt::{Arbiter, ArbiterHandle};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::TenantId;
use tokio::time::Instant;

use super::messages::{ClaimAnswered, RestartActor, TenantExited, TenantRestartDue, WakesRead};
use super::{Kernel, Phase};
use crate::actors::kernel::actor_ref::Scope;
use crate::actors::kernel::board::{Path, Status};
use crate::actors::kernel::envelope::Envelope;
use crate::actors::kernel::exit::ExitReport;
use crate::actors::kernel::patience;
use crate::actors::kernel::runtime::Tasks;
use crate::actors::kernel::supervise::{Generation, RESTARTS, Verdict};
use crate::actors::tenant::messages::{RestartRunOf, RestartTenant, StopTenant, WakeTenant};
use crate::actors::tenant::{Life, TenantSupervisor};
use crate::ports::OwnerClaim;
use crate::ports::ownership::{Claimed, Wake};

impl Kernel {
    pub(super) fn poll(&mut self) {
        if self.phase != Phase::Leased || self.polling {
            return;
        }
        self.polling = true;
        let ownership = Arc::clone(&self.node.ownership);
        let work = async move { ownership.wakes().await };
        let token = self.tasks.token().clone();
        self.tasks
            .run(token, work, self.to_me(), |end| WakesRead { answer: patience::answer(end) });
    }

    fn consider(&mut self, wake: Wake) {
        let tenant = wake.tenant;
        if wake.owner.is_some_and(|owner| owner != self.id) {
            // It would notice with its next write; until then it could still cause costs.
            if let Some(supervisor) = self.children.get(tenant) {
                supervisor.tell(Scope::Node, StopTenant);
            }
            return;
        }
        if self.children.contains(tenant) {
            self.pass_on(wake);
        } else if self.cooling.get(&tenant).is_none_or(|until| *until <= Instant::now())
            && self.claiming.insert(tenant)
        {
            self.claim(wake);
        }
    }

    /// Tells a living supervisor about a counter it has not been told.
    fn pass_on(&mut self, Wake { tenant, counter, .. }: Wake) {
        let Some(supervisor) = self.children.get(tenant) else { return };
        if self.told.get(&tenant) != Some(&counter) {
            supervisor.tell(Scope::Tenant(tenant), WakeTenant { counter });
            self.told.insert(tenant, counter);
        }
    }

    fn claim(&self, wake: Wake) {
        let (ownership, node) = (Arc::clone(&self.node.ownership), self.id);
        let work = async move { ownership.claim(node, wake.tenant).await };
        let token = self.tasks.token().clone();
        self.tasks.run(token, work, self.to_me(), move |end| ClaimAnswered {
            wake,
            answer: patience::answer(end),
        });
    }

    fn start_tenant(&mut self, claim: OwnerClaim, counter: i64) {
        let tenant = claim.tenant();
        self.cooling.remove(&tenant);
        self.told.insert(tenant, counter);
        let (me, kit, tasks) = (self.me.clone(), self.kit.clone(), self.tasks.clone());
        let thread = self.thread_of(tenant);
        let (ownership, tenants) =
            (Arc::clone(&self.node.ownership), Arc::clone(&self.node.tenants));
        self.children.start(tenant, move |generation, restarts| {
            let kernel = me.clone();
            let exit = ExitReport::new(move |clean| {
                kernel.tell(Scope::Node, TenantExited { tenant, generation, clean });
            });
            let life = Life { generation, restarts, exit, tasks: tasks.child() };
            let ports = (Arc::clone(&ownership), Arc::clone(&tenants));
            TenantSupervisor::launch(&thread, &kit, life, claim, counter, ports)
        });
    }

    fn thread_of(&self, tenant: TenantId) -> ArbiterHandle {
        let count = u128::try_from(self.node.threads.len()).unwrap_or(1).max(1);
        let index = usize::try_from(tenant.as_uuid().as_u128() % count).unwrap_or_default();
        self.node.threads.get(index).cloned().unwrap_or_else(Arbiter::current)
    }

    fn restart_later(
        &self,
        tenant: TenantId,
        ended: Generation,
        after: std::time::Duration,
        old: Tasks,
    ) {
        let work = async move {
            old.finished().await;
            tokio::time::sleep(after).await;
        };
        let token = self.tasks.token().clone();
        self.tasks.run(token, work, self.to_me(), move |_| TenantRestartDue { tenant, ended });
    }

    fn give_up(&mut self, tenant: TenantId, generation: Generation) {
        tracing::error!(%tenant, "the supervisor panicked too often; it is left alone for a while");
        self.told.remove(&tenant);
        self.cooling.insert(tenant, Instant::now() + self.kit.timings.cool_down);
        let status = Status {
            kind: "tenant",
            state: "degraded",
            generation,
            restarts: RESTARTS,
            in_flight: 0,
            queue_depth: 0,
            last_error: Some(ErrorCode::Internal),
        };
        self.kit.board.publish(&Path::tenant(tenant), status, None);
    }
}

impl Handler<Envelope<WakesRead>> for Kernel {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<WakesRead>, _: &mut Self::Context) {
        let Some(WakesRead { answer }) = self.open(envelope) else { return };
        self.polling = false;
        if self.phase != Phase::Leased {
            return;
        }
        match answer {
            Ok(wakes) => wakes.into_iter().for_each(|wake| self.consider(wake)),
            Err(error) => self.last_error = Some(patience::code(&error)),
        }
        self.publish();
    }
}

impl Handler<Envelope<ClaimAnswered>> for Kernel {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<ClaimAnswered>, _: &mut Self::Context) {
        let Some(ClaimAnswered { wake, answer }) = self.open(envelope) else { return };
        self.claiming.remove(&wake.tenant);
        match answer {
            Ok(Claimed::Mine(claim)) if self.phase == Phase::Leased && claim.node() == self.id => {
                if !self.children.contains(wake.tenant) {
                    self.start_tenant(claim, wake.counter);
                }
            }
            Ok(Claimed::Mine(_) | Claimed::Held) => {}
            Err(error) => self.last_error = Some(patience::code(&error)),
        }
        self.publish();
    }
}

impl Handler<Envelope<TenantExited>> for Kernel {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<TenantExited>, ctx: &mut Self::Context) {
        let Some(TenantExited { tenant, generation, clean }) = self.open(envelope) else { return };
        match self.children.exited(tenant, generation, clean, Instant::now()) {
            Verdict::Stale => return,
            Verdict::Clean => {
                self.told.remove(&tenant);
            }
            Verdict::Restart { after, old } => {
                self.kit.board.mark(&Path::tenant(tenant), generation, "restarting");
                self.restart_later(tenant, generation, after, old);
            }
            Verdict::TooMany => self.give_up(tenant, generation),
        }
        self.resign_when_empty(ctx);
        self.publish();
    }
}

impl Handler<Envelope<RestartActor>> for Kernel {
    type Result = bool;

    fn handle(&mut self, envelope: Envelope<RestartActor>, _: &mut Self::Context) -> bool {
        let Some(RestartActor { tenant, run }) = self.open(envelope) else { return false };
        let Some(supervisor) = self.children.get(tenant) else { return false };
        match run {
            None => supervisor.tell(Scope::Node, RestartTenant),
            Some(run) => supervisor.tell(Scope::Node, RestartRunOf { run }),
        }
        true
    }
}

impl Handler<Envelope<TenantRestartDue>> for Kernel {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<TenantRestartDue>, ctx: &mut Self::Context) {
        let Some(TenantRestartDue { tenant, ended }) = self.open(envelope) else { return };
        if self.phase == Phase::Leased {
            // What it was told before, it has forgotten: the next look tells it again.
            self.told.remove(&tenant);
            self.children.restart(tenant, ended, Instant::now());
        } else if self.children.generation(tenant) == Some(ended) {
            self.children.forget(tenant);
            self.resign_when_empty(ctx);
        }
        self.publish();
    }
}
