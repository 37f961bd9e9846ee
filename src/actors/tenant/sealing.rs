//! Sealing of the tenant's events after something happened.
//!
//! One seal at a time. A seal takes only what can no longer be preceded, so what it could not take
//! yet is tried again a little later; a reader also seals what it needs, so nothing waits for this.

use std::sync::Arc;
use std::time::Duration;

use actix::{AsyncContext, Handler};

use super::TenantSupervisor;
use super::messages::{Progressed, Sealed};
use crate::actors::kernel::envelope::Envelope;
use crate::actors::kernel::patience;
use crate::ports::StoreError;

/// Until the next look for events behind those that were just sealed.
const AGAIN: Duration = Duration::from_secs(1);

impl TenantSupervisor {
    pub(super) fn seal_soon(&mut self) {
        let Some(ports) = &self.ports else { return };
        self.kit.board.unsealed(self.claim.tenant(), true);
        if self.seal.under_way {
            self.seal.due = true;
            return;
        }
        self.seal.under_way = true;
        self.seal.due = false;
        let store = Arc::clone(&ports.store);
        let work = async move { store.seal().await };
        let token = self.life.tasks.token().clone();
        self.life
            .tasks
            .run(token, work, self.to_me(), |end| Sealed { answer: patience::answer(end) });
    }
}

impl Handler<Envelope<Progressed>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<Progressed>, _: &mut Self::Context) {
        if self.open(envelope).is_some() {
            self.seal_soon();
        }
    }
}

impl Handler<Envelope<Sealed>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<Sealed>, ctx: &mut Self::Context) {
        let Some(Sealed { answer }) = self.open(envelope) else { return };
        self.seal.under_way = false;
        let wait = match answer {
            Ok(sealed) => {
                self.seal.wait.reset();
                self.seal.due |= sealed > 0;
                // What waits now has waited since this seal at the longest.
                self.kit.board.unsealed(self.claim.tenant(), false);
                AGAIN
            }
            Err(StoreError::Lost) => return self.lose(ctx),
            Err(error @ (StoreError::Unavailable | StoreError::Corrupt(_))) => {
                self.last_error = Some(patience::code(&error));
                self.seal.due = true;
                self.seal.wait.wait()
            }
        };
        if self.seal.due {
            ctx.run_later(wait, |supervisor, _| supervisor.seal_soon());
        }
        self.publish();
    }
}
