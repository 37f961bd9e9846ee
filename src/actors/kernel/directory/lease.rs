//! Keeping the node's lease, and what happens when it is over.
//!
//! A lease counts from before the call that renewed it, so that this node never believes in it for
//! longer than the database does. When it may be over, everybody is stopped first; the node then
//! comes back as another one.

use std::sync::Arc;

use actix::{AsyncContext, Context, Handler};
use autopilot_domain::codes::ErrorCode;
use tokio::time::Instant;

use super::messages::{Registered, Renewed};
use super::{Kernel, Phase};
use crate::actors::kernel::actor_ref::Scope;
use crate::actors::kernel::envelope::Envelope;
use crate::actors::kernel::patience;
use crate::actors::kernel::runtime::{TaskEnd, Tasks};
use crate::actors::tenant::messages::StopTenant;
use crate::ports::StoreError;

impl Kernel {
    pub(super) fn register(&self) {
        let (node, asked_at) = (self.id, Instant::now());
        let (ownership, name) = (Arc::clone(&self.node.ownership), self.node.name.clone());
        let work = async move { ownership.register(node, &name).await };
        self.tasks.run(self.tasks.token().clone(), work, self.to_me(), move |end| Registered {
            node,
            asked_at,
            answer: patience::answer(end),
        });
    }

    pub(super) fn keep_lease(&mut self, ctx: &mut Context<Self>) {
        match self.phase {
            Phase::Registering | Phase::Resigning | Phase::Drained => return,
            Phase::Leased | Phase::Draining => {}
        }
        if Instant::now() >= self.lease_ends {
            self.lose_lease(ctx);
        } else if !self.renewing {
            self.renew();
        }
    }

    fn renew(&mut self) {
        self.renewing = true;
        let (node, asked_at) = (self.id, Instant::now());
        let ownership = Arc::clone(&self.node.ownership);
        let work = async move { ownership.renew(node).await };
        self.tasks.run(self.tasks.token().clone(), work, self.to_me(), move |end| Renewed {
            node,
            asked_at,
            answer: patience::answer(end),
        });
    }

    /// Stops every supervisor at once, without forgetting how to go on.
    pub(super) fn stop_tenants(&mut self) {
        self.tasks.cancel();
        for supervisor in self.children.clear() {
            supervisor.tell(Scope::Node, StopTenant);
        }
        self.told.clear();
        self.claiming.clear();
    }

    /// Others may work for our tenants now: stop, wait for what was under way, come back anew.
    fn lose_lease(&mut self, ctx: &mut Context<Self>) {
        self.kit.board.lease(None);
        tracing::warn!(node = %self.id, "the node's lease is over; its tenants are given up");
        self.last_error = Some(ErrorCode::OwnershipLost);
        self.stop_tenants();
        let fresh = Tasks::root(self.kit.io.clone(), self.kit.timings.cancel_grace);
        let old = std::mem::replace(&mut self.tasks, fresh);
        self.renewing = false;
        self.polling = false;
        if self.phase == Phase::Draining {
            self.resign(ctx);
            return;
        }
        self.phase = Phase::Registering;
        self.id = (self.node.new_node)();
        let (node, ownership, name) =
            (self.id, Arc::clone(&self.node.ownership), self.node.name.clone());
        let work = async move {
            old.finished().await;
            let asked_at = Instant::now();
            (asked_at, ownership.register(node, &name).await)
        };
        let now = Instant::now();
        self.tasks.run(self.tasks.token().clone(), work, self.to_me(), move |end| match end {
            TaskEnd::Done((asked_at, answer)) => Registered { node, asked_at, answer },
            TaskEnd::Panicked | TaskEnd::Abandoned => {
                Registered { node, asked_at: now, answer: Err(StoreError::Unavailable) }
            }
        });
        self.publish();
    }
}

impl Handler<Envelope<Registered>> for Kernel {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<Registered>, ctx: &mut Self::Context) {
        let Some(Registered { node, asked_at, answer }) = self.open(envelope) else { return };
        if node != self.id || self.phase != Phase::Registering {
            return;
        }
        match answer {
            Ok(()) => {
                self.register_wait.reset();
                self.last_error = None;
                self.phase = Phase::Leased;
                self.lease_ends = asked_at + self.kit.timings.lease;
                self.kit.board.lease(Some(asked_at));
                self.poll();
            }
            Err(error) => {
                self.last_error = Some(patience::code(&error));
                ctx.run_later(self.register_wait.wait(), |kernel, _| {
                    if kernel.phase == Phase::Registering {
                        kernel.id = (kernel.node.new_node)();
                        kernel.register();
                    }
                });
            }
        }
        self.publish();
    }
}

impl Handler<Envelope<Renewed>> for Kernel {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<Renewed>, ctx: &mut Self::Context) {
        let Some(Renewed { node, asked_at, answer }) = self.open(envelope) else { return };
        if node != self.id {
            return;
        }
        self.renewing = false;
        match answer {
            Ok(()) => {
                self.lease_ends = asked_at + self.kit.timings.lease;
                self.kit.board.lease(Some(asked_at));
                self.last_error = None;
            }
            Err(StoreError::Lost) => self.lose_lease(ctx),
            Err(error @ (StoreError::Unavailable | StoreError::Corrupt(_))) => {
                self.last_error = Some(patience::code(&error));
            }
        }
        self.publish();
    }
}
