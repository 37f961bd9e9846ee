//! Who is started again after it ended, and who is not.
//!
//! The parent holds how to make each child, which life it is in and when it was last restarted. A
//! child reports its end itself, also when it panics. An unclean end means a new life, built from
//! the store, once the old life's tasks are gone; three restarts within a minute are the most.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use actix::Actor;
use serde::Serialize;
use tokio::time::Instant;

use super::actor_ref::ActorRef;
use super::runtime::Tasks;

/// Which life of an actor; later lives have greater numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(transparent)]
pub struct Generation(pub u64);

/// Restarts within [`WINDOW`] before a child is given up.
pub const RESTARTS: usize = 3;
/// The span in which restarts count.
pub const WINDOW: Duration = Duration::from_secs(60);
/// Waits before the first, second and third restart.
const BACKOFF: [Duration; RESTARTS] =
    [Duration::from_millis(200), Duration::from_millis(800), Duration::from_millis(3200)];

/// When a child was restarted.
#[derive(Debug, Default)]
struct Restarts(VecDeque<Instant>);

impl Restarts {
    /// Restarts that count at `now`.
    fn counted(&mut self, now: Instant) -> usize {
        while self.0.front().is_some_and(|at| now.duration_since(*at) > WINDOW) {
            self.0.pop_front();
        }
        self.0.len()
    }

    /// The wait before one more restart; `None` when there were too many.
    fn allow(&mut self, now: Instant) -> Option<Duration> {
        let wait = BACKOFF.get(self.counted(now)).copied()?;
        self.0.push_back(now);
        Some(wait)
    }
}

/// A started life.
pub struct Started<A: Actor> {
    /// The actor.
    pub actor: ActorRef<A>,
    /// Its tasks.
    pub tasks: Tasks,
}

type Factory<A> = Box<dyn FnMut(Generation, usize) -> Started<A>>;

struct Child<A: Actor> {
    factory: Factory<A>,
    life: Started<A>,
    alive: bool,
    generation: Generation,
    restarts: Restarts,
}

/// What a reported end means.
pub enum Verdict {
    /// It was not the present life of a known child: nothing.
    Stale,
    /// It ended as it should; the child is forgotten.
    Clean,
    /// A new life is due after the wait, once the old life's tasks are gone.
    Restart {
        /// The wait.
        after: Duration,
        /// The old life's tasks.
        old: Tasks,
    },
    /// It was restarted too often; the child is forgotten.
    TooMany,
}

/// The children of one actor.
pub struct Children<K, A: Actor> {
    children: BTreeMap<K, Child<A>>,
    last: Generation,
}

impl<K, A: Actor> Default for Children<K, A> {
    fn default() -> Self {
        Self { children: BTreeMap::new(), last: Generation::default() }
    }
}

impl<K: Ord + Copy, A: Actor> Children<K, A> {
    /// Starts a child; `factory` is kept and given each life's generation and counted restarts.
    pub fn start(
        &mut self,
        key: K,
        mut factory: impl FnMut(Generation, usize) -> Started<A> + 'static,
    ) {
        let generation = self.next();
        let life = factory(generation, 0);
        let restarts = Restarts::default();
        let child = Child { factory: Box::new(factory), life, alive: true, generation, restarts };
        self.children.insert(key, child);
    }

    /// Whether there is such a child, alive or to be restarted.
    #[must_use]
    pub fn contains(&self, key: K) -> bool {
        self.children.contains_key(&key)
    }

    /// A child that is alive.
    #[must_use]
    pub fn get(&self, key: K) -> Option<&ActorRef<A>> {
        self.children.get(&key).filter(|child| child.alive).map(|child| &child.life.actor)
    }

    /// The present life of a child.
    #[must_use]
    pub fn generation(&self, key: K) -> Option<Generation> {
        self.children.get(&key).map(|child| child.generation)
    }

    /// All children that are alive.
    pub fn alive(&self) -> impl Iterator<Item = &ActorRef<A>> {
        self.children.values().filter(|child| child.alive).map(|child| &child.life.actor)
    }

    /// How many children there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.children.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    /// Forgets a child; what it still reports is stale.
    pub fn forget(&mut self, key: K) {
        self.children.remove(&key);
    }

    /// Forgets all children and answers those that were alive.
    pub fn clear(&mut self) -> Vec<ActorRef<A>> {
        let children = std::mem::take(&mut self.children).into_values();
        children.filter(|child| child.alive).map(|child| child.life.actor).collect()
    }

    /// A child reported its end.
    pub fn exited(&mut self, key: K, generation: Generation, clean: bool, now: Instant) -> Verdict {
        let Some(child) =
            self.children.get_mut(&key).filter(|child| child.generation == generation)
        else {
            return Verdict::Stale;
        };
        child.alive = false;
        child.life.tasks.cancel();
        if clean {
            self.forget(key);
            return Verdict::Clean;
        }
        match child.restarts.allow(now) {
            Some(after) => Verdict::Restart { after, old: child.life.tasks.clone() },
            None => {
                self.forget(key);
                Verdict::TooMany
            }
        }
    }

    /// Begins the next life of a child that ended in this generation; `false` if it is not wanted
    /// any more.
    pub fn restart(&mut self, key: K, ended: Generation, now: Instant) -> bool {
        let generation = self.next();
        let Some(child) = self.children.get_mut(&key).filter(|c| c.generation == ended && !c.alive)
        else {
            return false;
        };
        child.generation = generation;
        child.life = (child.factory)(generation, child.restarts.counted(now));
        child.alive = true;
        true
    }

    /// Generations are never used twice, so that a child that comes back is not mistaken for
    /// an earlier one of the same key.
    const fn next(&mut self) -> Generation {
        self.last = Generation(self.last.0 + 1);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_restarts_a_minute_are_allowed_and_old_ones_are_forgiven() {
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        let mut restarts = Restarts::default();
        let waits: Vec<_> = [0, 20, 40, 60].map(|s| restarts.allow(at(s))).into();
        assert_eq!(waits, [Some(BACKOFF[0]), Some(BACKOFF[1]), Some(BACKOFF[2]), None]);
        assert_eq!(
            restarts.allow(at(61)),
            Some(BACKOFF[2]),
            "the first of them is older than a minute"
        );
    }
}
