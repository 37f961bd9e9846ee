//! From a claim to a tenant that may work: open its ports, then bring its money in order.
//!
//! Both are repeated until they succeed; until then nothing is admitted, so that nothing is spent.
//! Reading goes on meanwhile, since it does not come through here.

use std::sync::Arc;

use actix::{AsyncContext, Context, Handler};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};

use super::messages::{Opened, Recovered};
use super::{Phase, TenantSupervisor};
use crate::actors::kernel::envelope::Envelope;
use crate::actors::kernel::patience;
use crate::actors::kernel::runtime::TaskEnd;
use crate::ports::StoreError;

impl TenantSupervisor {
    pub(super) fn open_ports(&self) {
        let (tenants, claim) = (Arc::clone(&self.tenants), self.claim);
        let work = async move { tenants.open(claim).await };
        let token = self.life.tasks.token().clone();
        let into = |end| Opened { answer: patience::answer(end) };
        self.life.tasks.run(token, work, self.to_me(), into);
    }

    fn recover(&self) {
        let Some(ports) = &self.ports else { return };
        let steps = Arc::clone(&ports.steps);
        let work = async move { steps.recover().await };
        let token = self.life.tasks.token().clone();
        self.life.tasks.run(token, work, self.to_me(), |end| Recovered {
            answer: match end {
                TaskEnd::Done(answer) => answer,
                TaskEnd::Panicked => {
                    Err(Failure::of(FailureClass::TransientError, ErrorCode::StepPanicked))
                }
                TaskEnd::Abandoned => {
                    Err(Failure::of(FailureClass::Timeout, ErrorCode::DependencyDown))
                }
            },
        });
    }

    fn again(&mut self, ctx: &mut Context<Self>, phase: Phase, step: fn(&Self)) {
        ctx.run_later(self.wait.wait(), move |supervisor, _| {
            if supervisor.phase == phase {
                step(supervisor);
            }
        });
    }
}

impl Handler<Envelope<Opened>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<Opened>, ctx: &mut Self::Context) {
        let Some(Opened { answer }) = self.open(envelope) else { return };
        if self.phase != Phase::Opening {
            return;
        }
        match answer {
            Ok(ports) => {
                self.ports = Some(ports);
                self.phase = Phase::Recovering;
                self.wait.reset();
                self.last_error = None;
                self.recover();
            }
            Err(StoreError::Lost) => self.lose(ctx),
            Err(error @ (StoreError::Unavailable | StoreError::Corrupt(_))) => {
                self.last_error = Some(patience::code(&error));
                self.again(ctx, Phase::Opening, Self::open_ports);
            }
        }
        self.publish();
    }
}

impl Handler<Envelope<Recovered>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<Recovered>, ctx: &mut Self::Context) {
        let Some(Recovered { answer }) = self.open(envelope) else { return };
        if self.phase != Phase::Recovering {
            return;
        }
        match answer {
            Ok(()) => {
                self.phase = Phase::Ready;
                self.wait.reset();
                self.last_error = None;
                self.watch_idleness(ctx);
                self.look_at_runs(ctx);
            }
            Err(failure) if failure.code == ErrorCode::OwnershipLost => self.lose(ctx),
            Err(failure) => {
                tracing::warn!(tenant = %self.tenant(), code = %failure.code, "recovery failed; it will be repeated");
                self.last_error = Some(failure.code);
                self.again(ctx, Phase::Recovering, Self::recover);
            }
        }
        self.publish();
    }
}
