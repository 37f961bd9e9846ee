//! An orderly end: no new work, running attempts may finish, then the lease is given back.
//!
//! What has not ended within the grace is cancelled; it is in the store, and the next owner goes on.

use std::sync::Arc;
use std::time::Duration;

use actix::{ActorContext, AsyncContext, Context, Handler};

use super::messages::{BeginDrain, Resigned};
use super::{Kernel, Phase};
use crate::actors::kernel::actor_ref::Scope;
use crate::actors::kernel::envelope::Envelope;
use crate::actors::kernel::runtime::Tasks;
use crate::actors::tenant::messages::DrainTenant;

/// How long giving the lease back may take; it ends by itself a few seconds later.
const RESIGN: Duration = Duration::from_secs(3);

impl Kernel {
    /// Gives the lease back once a drain has nobody left to wait for.
    pub(super) fn resign_when_empty(&mut self, ctx: &mut Context<Self>) {
        if self.phase == Phase::Draining && self.children.is_empty() {
            self.resign(ctx);
        }
    }

    pub(super) fn resign(&mut self, _: &mut Context<Self>) {
        self.phase = Phase::Resigning;
        self.stop_tenants();
        let old = std::mem::replace(
            &mut self.tasks,
            Tasks::root(self.kit.io.clone(), self.kit.timings.cancel_grace),
        );
        let (ownership, node) = (Arc::clone(&self.node.ownership), self.id);
        let work = async move {
            old.finished().await;
            tokio::time::timeout(RESIGN, ownership.resign(node)).await
        };
        let token = self.tasks.token().clone();
        self.tasks.run(token, work, self.to_me(), move |end| {
            tracing::info!(?end, "lease given back");
            Resigned { node }
        });
    }
}

impl Handler<Envelope<BeginDrain>> for Kernel {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<BeginDrain>, ctx: &mut Self::Context) {
        if self.open(envelope).is_none() {
            return;
        }
        match self.phase {
            Phase::Registering | Phase::Leased => self.phase = Phase::Draining,
            Phase::Draining | Phase::Resigning | Phase::Drained => return,
        }
        for supervisor in self.children.alive() {
            supervisor.tell(Scope::Node, DrainTenant);
        }
        ctx.run_later(self.kit.timings.drain_grace, |kernel, ctx| {
            if kernel.phase == Phase::Draining {
                kernel.resign(ctx);
            }
        });
        self.resign_when_empty(ctx);
        self.publish();
    }
}

impl Handler<Envelope<Resigned>> for Kernel {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<Resigned>, ctx: &mut Self::Context) {
        let Some(Resigned { node }) = self.open(envelope) else { return };
        if node == self.id && self.phase == Phase::Resigning {
            self.phase = Phase::Drained;
            self.publish();
            ctx.stop();
        }
    }
}
