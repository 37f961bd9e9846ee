//! Where async work is done: one I/O runtime, and tasks whose end always comes back as a message.
//!
//! A task belongs to one life of one actor and carries its cancel token. Cancelled, it may end by
//! itself for a while and is dropped then; that is why waiting for a life's tasks always ends.

use std::future::Future;
use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::{Actor, Context, Handler, Message};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::actor_ref::{ActorRef, Scope};
use super::envelope::Envelope;

/// The multi-thread runtime on which PostgreSQL, Redis and HTTP clients are opened and driven.
pub struct IoRuntime {
    runtime: Option<Runtime>,
    handle: Handle,
}

impl IoRuntime {
    /// Starts it with 2 to 4 threads; a request outside is brought inside.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(threads: usize) -> std::io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(threads.clamp(2, 4)).thread_name("io").enable_all();
        let runtime = builder.build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Where to spawn on it.
    #[must_use]
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for IoRuntime {
    /// Does not wait: dropping a runtime inside another would panic, and nothing that matters lives
    /// only in a task.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// How a task ended.
#[derive(Debug)]
pub enum TaskEnd<T> {
    /// It came to its end with this.
    Done(T),
    /// It panicked.
    Panicked,
    /// It was cancelled, did not end in time, and was dropped.
    Abandoned,
}

/// The tasks of one life of one actor.
#[derive(Clone)]
pub struct Tasks {
    io: Handle,
    token: CancellationToken,
    trackers: Vec<TaskTracker>,
    grace: Duration,
}

impl Tasks {
    /// Tasks of an actor without a parent.
    #[must_use]
    pub fn root(io: Handle, grace: Duration) -> Self {
        Self { io, token: CancellationToken::new(), trackers: vec![TaskTracker::new()], grace }
    }

    /// Tasks of a child: cancelled with its parent's, and waited for with them.
    #[must_use]
    pub fn child(&self) -> Self {
        let mut trackers = vec![TaskTracker::new()];
        trackers.extend(self.trackers.iter().cloned());
        Self { io: self.io.clone(), token: self.token.child_token(), trackers, grace: self.grace }
    }

    /// Cancelled when this life ends.
    #[must_use]
    pub const fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Ends this life: nobody waits for its results any more.
    pub fn cancel(&self) {
        self.token.cancel();
    }

    /// Returns once no task of this life or its children's is left. To be called after `cancel`.
    pub async fn finished(&self) {
        if let Some(own) = self.trackers.first() {
            own.close();
            own.wait().await;
        }
    }

    /// Does `work` on the I/O runtime and sends its end to `to` as a message.
    pub fn run<T, A, M>(
        &self,
        token: CancellationToken,
        work: impl Future<Output = T> + Send + 'static,
        (to, scope): (&ActorRef<A>, Scope),
        into: impl FnOnce(TaskEnd<T>) -> M + Send + 'static,
    ) where
        T: Send + 'static,
        A: Actor<Context = Context<A>> + Handler<Envelope<M>>,
        M: Message + Send + 'static,
        M::Result: Send,
        Context<A>: ToEnvelope<A, Envelope<M>>,
    {
        let counted: Vec<_> = self.trackers.iter().map(TaskTracker::token).collect();
        let work = self.io.spawn(async move {
            let result = work.await;
            drop(counted);
            result
        });
        let (to, grace) = (to.clone(), self.grace);
        self.io
            .spawn(async move { to.deliver(scope, into(watch(work, token, grace).await)).await });
    }
}

async fn watch<T>(
    mut work: JoinHandle<T>,
    token: CancellationToken,
    grace: Duration,
) -> TaskEnd<T> {
    let overdue = async {
        token.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        biased;
        joined = &mut work => return ended(joined),
        () = overdue => work.abort(),
    }
    ended(work.await)
}

fn ended<T>(joined: Result<T, JoinError>) -> TaskEnd<T> {
    match joined {
        Ok(result) => TaskEnd::Done(result),
        Err(error) if error.is_panic() => TaskEnd::Panicked,
        Err(_) => TaskEnd::Abandoned,
    }
}
