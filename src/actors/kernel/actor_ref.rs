//! The only way to send a message: counted, bounded where the sender can be told, never silent.
//!
//! `try_send` is for edges (full is an answer), `ask` for a reply under a deadline, `tell` and
//! `deliver` for what may not be lost between actors and their tasks. A message for an actor that is
//! gone becomes a dead letter; what it carried is in the store, or it would not have been sent.

use std::sync::Arc;
use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, AsyncContext, Context, Handler, MailboxError, Message};
use actix_rt::ArbiterHandle;

use super::board::Path;
use super::dead_letters::Reason;
pub use super::envelope::Scope;
use super::envelope::{Envelope, Gauge};
use super::kit::Kit;

/// Messages an actor takes before its senders are told that it is busy.
const MAILBOX: usize = 256;

/// A message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// As many messages wait as may wait; try again later.
    #[error("busier than it accepts")]
    Busy,
    /// The actor is gone; its parent decides whether it comes back.
    #[error("not running")]
    Gone,
    /// No reply came in time; the message may still be handled.
    #[error("no reply in time")]
    TimedOut,
}

/// A reference to an actor.
pub struct ActorRef<A: Actor> {
    addr: Addr<A>,
    gauge: Arc<Gauge>,
    path: Path,
    kit: Kit,
}

impl<A: Actor> Clone for ActorRef<A> {
    fn clone(&self) -> Self {
        Self {
            addr: self.addr.clone(),
            gauge: Arc::clone(&self.gauge),
            path: self.path.clone(),
            kit: self.kit.clone(),
        }
    }
}

impl<A: Actor<Context = Context<A>>> ActorRef<A> {
    /// Starts an actor on a thread; `build` is given the reference to it.
    pub fn start(
        thread: &ArbiterHandle,
        path: Path,
        kit: &Kit,
        build: impl FnOnce(Self) -> A + Send + 'static,
    ) -> Self {
        let (gauge, kit) = (Gauge::new(MAILBOX), kit.clone());
        let inner = (Arc::clone(&gauge), path.clone(), kit.clone());
        let addr = A::start_in_arbiter(thread, move |ctx| {
            ctx.set_mailbox_capacity(MAILBOX);
            let (gauge, path, kit) = inner;
            build(Self { addr: ctx.address(), gauge, path, kit })
        });
        Self { addr, gauge, path, kit }
    }

    /// Where the actor stands in the tree.
    #[must_use]
    pub const fn path(&self) -> &Path {
        &self.path
    }

    /// Its waiting messages.
    #[must_use]
    pub const fn gauge(&self) -> &Arc<Gauge> {
        &self.gauge
    }

    /// Sends without waiting.
    ///
    /// # Errors
    /// [`Refused::Busy`] when full, [`Refused::Gone`] when the actor has ended.
    pub fn try_send<M>(&self, scope: Scope, body: M) -> Result<(), Refused>
    where
        A: Handler<Envelope<M>>,
        M: Message + Send + 'static,
        M::Result: Send,
        A::Context: ToEnvelope<A, Envelope<M>>,
    {
        let ticket = self.gauge.admit(true).ok_or(Refused::Busy)?;
        let sent = self.addr.try_send(Envelope::new(scope, body, ticket));
        sent.map_err(|error| match error {
            actix::prelude::SendError::Full(_) => Refused::Busy,
            actix::prelude::SendError::Closed(_) => self.dead::<M>(scope),
        })
    }

    /// Sends and waits for the reply.
    ///
    /// # Errors
    /// As [`Self::try_send`], and [`Refused::TimedOut`] when no reply came within `deadline`.
    pub async fn ask<M>(
        &self,
        scope: Scope,
        body: M,
        deadline: Duration,
    ) -> Result<M::Result, Refused>
    where
        A: Handler<Envelope<M>>,
        M: Message + Send + 'static,
        M::Result: Send,
        A::Context: ToEnvelope<A, Envelope<M>>,
    {
        let ticket = self.gauge.admit(true).ok_or(Refused::Busy)?;
        let reply = self.addr.send(Envelope::new(scope, body, ticket));
        match tokio::time::timeout(deadline, reply).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(MailboxError::Closed)) => Err(self.dead::<M>(scope)),
            Ok(Err(MailboxError::Timeout)) | Err(_) => Err(Refused::TimedOut),
        }
    }

    /// Sends, waits for room, and returns once the message was handled or its receiver is gone.
    pub async fn deliver<M>(&self, scope: Scope, body: M)
    where
        A: Handler<Envelope<M>>,
        M: Message + Send + 'static,
        M::Result: Send,
        A::Context: ToEnvelope<A, Envelope<M>>,
    {
        let Some(ticket) = self.gauge.admit(false) else { return };
        if self.addr.send(Envelope::new(scope, body, ticket)).await.is_err() {
            self.dead::<M>(scope);
        }
    }

    /// Sends what may not be lost: now if there is room, from a task when there is.
    pub fn tell<M>(&self, scope: Scope, body: M)
    where
        A: Handler<Envelope<M>>,
        M: Message + Send + 'static,
        M::Result: Send,
        A::Context: ToEnvelope<A, Envelope<M>>,
    {
        let Some(ticket) = self.gauge.admit(false) else { return };
        match self.addr.try_send(Envelope::new(scope, body, ticket)) {
            Ok(()) => {}
            Err(actix::prelude::SendError::Closed(_)) => {
                self.dead::<M>(scope);
            }
            Err(actix::prelude::SendError::Full(envelope)) => {
                let me = self.clone();
                self.kit.io.spawn(async move {
                    if me.addr.send(envelope).await.is_err() {
                        me.dead::<M>(scope);
                    }
                });
            }
        }
    }

    fn dead<M>(&self, scope: Scope) -> Refused {
        self.kit.letters.add(self.path.as_str(), std::any::type_name::<M>(), scope, Reason::Gone);
        Refused::Gone
    }
}
