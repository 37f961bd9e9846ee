//! Who runs now and who waits: the queue of one tenant as a total state machine.
//!
//! Limits: so many runs at once, of them so many profiles, and so many waiting. The queue is first
//! in, first out, except that a profile that may not start yet does not hold up what stands behind
//! it, and a run that comes back (after a restart or an approval) stands in front. The machine never
//! starts anything itself: it names the runs to start.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::ids::RunId;
use crate::workflow::WorkflowKind;

/// How many runs a tenant may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Running at once.
    pub running: usize,
    /// Profiles running at once, within `running`.
    pub profiling: usize,
    /// Waiting.
    pub queued: usize,
}

impl Default for Limits {
    /// The plan's limits: 3 running, 2 of them profiles; the queue bound is ours.
    fn default() -> Self {
        Self { running: 3, profiling: 2, queued: 1_000 }
    }
}

/// Answer to a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Decision {
    /// It has a slot.
    Run,
    /// It waits at this position, counted from 1.
    Queue {
        /// Position in the queue.
        position: usize,
    },
    /// The queue is full.
    Refuse,
    /// It is running or waiting already.
    Known,
}

/// The slots and the queue of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Admission {
    limits: Limits,
    running: BTreeMap<RunId, WorkflowKind>,
    queue: VecDeque<(RunId, WorkflowKind)>,
}

impl Admission {
    /// An empty one.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, running: BTreeMap::new(), queue: VecDeque::new() }
    }

    /// A new run asks for a slot; it waits behind all others if there is none.
    pub fn submit(&mut self, run: RunId, kind: WorkflowKind) -> Decision {
        if self.knows(run) {
            return Decision::Known;
        }
        if self.queue.len() >= self.limits.queued && !self.fits(kind) {
            return Decision::Refuse;
        }
        self.queue.push_back((run, kind));
        self.place(run)
    }

    /// A run that had a slot before comes back; it waits in front of all others if there is none.
    pub fn rejoin(&mut self, run: RunId, kind: WorkflowKind) -> Decision {
        if self.knows(run) {
            return Decision::Known;
        }
        self.queue.push_front((run, kind));
        self.place(run)
    }

    /// A run ended or was cancelled; answers the runs that start in its place.
    pub fn release(&mut self, run: RunId) -> Vec<RunId> {
        self.running.remove(&run);
        self.queue.retain(|(waiting, _)| *waiting != run);
        self.start_all()
    }

    /// Other limits hold from now on; answers the runs that start because of it. Lower ones stop
    /// nothing that runs and drop nothing that waits.
    pub fn limit(&mut self, limits: Limits) -> Vec<RunId> {
        self.limits = limits;
        self.start_all()
    }

    fn start_all(&mut self) -> Vec<RunId> {
        let mut started = Vec::new();
        while let Some(next) = self.start_next() {
            started.push(next);
        }
        started
    }

    /// Runs that hold a slot.
    pub fn running(&self) -> impl Iterator<Item = RunId> {
        self.running.keys().copied()
    }

    /// Runs that wait, in order; the first has position 1.
    pub fn queued(&self) -> impl Iterator<Item = RunId> {
        self.queue.iter().map(|(run, _)| *run)
    }

    /// Position of a waiting run, counted from 1.
    #[must_use]
    pub fn position(&self, run: RunId) -> Option<usize> {
        self.queued().position(|waiting| waiting == run).map(|index| index + 1)
    }

    /// Whether nothing runs and nothing waits.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.running.is_empty() && self.queue.is_empty()
    }

    fn knows(&self, run: RunId) -> bool {
        self.running.contains_key(&run) || self.position(run).is_some()
    }

    /// Starts what now fits and says where `run` ended up.
    fn place(&mut self, run: RunId) -> Decision {
        if let Some((_, kind)) = self.queue.iter().find(|(waiting, _)| *waiting == run)
            && self.fits(*kind)
            && self.first_fitting() == self.queue.iter().position(|(waiting, _)| *waiting == run)
        {
            self.start_next();
            return Decision::Run;
        }
        Decision::Queue { position: self.position(run).unwrap_or(self.queue.len()) }
    }

    fn start_next(&mut self) -> Option<RunId> {
        let (run, kind) = self.queue.remove(self.first_fitting()?)?;
        self.running.insert(run, kind);
        Some(run)
    }

    fn first_fitting(&self) -> Option<usize> {
        self.queue.iter().position(|(_, kind)| self.fits(*kind))
    }

    fn fits(&self, kind: WorkflowKind) -> bool {
        let profiles = self.running.values().filter(|k| **k == WorkflowKind::ProfileWarehouse);
        self.running.len() < self.limits.running
            && (kind != WorkflowKind::ProfileWarehouse || profiles.count() < self.limits.profiling)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const QUESTION: WorkflowKind = WorkflowKind::AnswerQuestion;
    const PROFILE: WorkflowKind = WorkflowKind::ProfileWarehouse;

    fn run(number: u8) -> RunId {
        RunId::new(Uuid::from_u128(u128::from(number)))
    }

    fn full() -> Admission {
        let mut admission = Admission::new(Limits::default());
        for number in 0..3 {
            assert_eq!(admission.submit(run(number), QUESTION), Decision::Run);
        }
        admission
    }

    #[test]
    fn a_fourth_run_waits_and_starts_when_one_ends() {
        let mut admission = full();
        assert_eq!(admission.submit(run(3), QUESTION), Decision::Queue { position: 1 });
        assert_eq!(admission.submit(run(4), QUESTION), Decision::Queue { position: 2 });
        assert_eq!(admission.release(run(1)), [run(3)]);
        assert_eq!(admission.position(run(4)), Some(1));
    }

    #[test]
    fn other_limits_start_what_fits_and_stop_nothing() {
        let mut admission = full();
        for number in 3..6 {
            admission.submit(run(number), QUESTION);
        }
        let of = |running| Limits { running, ..Limits::default() };
        assert_eq!(admission.limit(of(5)), [run(3), run(4)]);
        assert_eq!(admission.limit(of(1)), []);
        assert_eq!((admission.running().count(), admission.queued().count()), (5, 1));
        for number in 0..4 {
            assert_eq!(admission.release(run(number)), []);
        }
        assert_eq!(admission.release(run(4)), [run(5)]);
    }

    #[test]
    fn a_run_is_known_while_it_runs_or_waits_and_not_after() {
        let mut admission = full();
        admission.submit(run(3), QUESTION);
        assert_eq!(admission.submit(run(0), QUESTION), Decision::Known);
        assert_eq!(admission.rejoin(run(3), QUESTION), Decision::Known);
        admission.release(run(0));
        assert_eq!(admission.submit(run(0), QUESTION), Decision::Queue { position: 1 });
    }

    #[test]
    fn a_run_that_comes_back_stands_in_front() {
        let mut admission = full();
        admission.submit(run(3), QUESTION);
        assert_eq!(admission.rejoin(run(9), QUESTION), Decision::Queue { position: 1 });
        assert_eq!(admission.release(run(0)), [run(9)]);
    }

    #[test]
    fn a_profile_over_its_limit_holds_up_nobody() {
        let mut admission = Admission::new(Limits::default());
        admission.submit(run(0), PROFILE);
        admission.submit(run(1), PROFILE);
        assert_eq!(admission.submit(run(2), PROFILE), Decision::Queue { position: 1 });
        assert_eq!(admission.submit(run(3), QUESTION), Decision::Run);
        assert_eq!(admission.release(run(3)), [], "the free slot is not a profile's");
        assert_eq!(admission.release(run(0)), [run(2)]);
    }

    #[test]
    fn a_full_queue_refuses_what_would_wait_and_takes_what_would_run() {
        let mut admission = Admission::new(Limits { running: 2, profiling: 1, queued: 1 });
        admission.submit(run(0), PROFILE);
        admission.submit(run(1), PROFILE);
        assert_eq!(admission.submit(run(2), PROFILE), Decision::Refuse);
        assert_eq!(admission.submit(run(3), QUESTION), Decision::Run);
        assert_eq!(admission.submit(run(4), QUESTION), Decision::Refuse);
        assert_eq!(
            admission.rejoin(run(5), QUESTION),
            Decision::Queue { position: 1 },
            "what ran before is not lost"
        );
    }

    #[test]
    fn releasing_a_waiting_run_removes_it_and_an_unknown_one_changes_nothing() {
        let mut admission = full();
        admission.submit(run(3), QUESTION);
        assert_eq!(admission.release(run(3)), []);
        let before = admission.clone();
        assert_eq!(admission.release(run(77)), []);
        assert_eq!(admission, before);
    }

    #[derive(Debug, Clone, Copy)]
    enum Ask {
        Submit(u8, WorkflowKind),
        Rejoin(u8, WorkflowKind),
        Release(u8),
    }

    fn ask() -> impl Strategy<Value = Ask> {
        let kind = prop_oneof![Just(PROFILE), Just(QUESTION), Just(WorkflowKind::GenerateMemo)];
        prop_oneof![
            3 => (0_u8..20, kind.clone()).prop_map(|(n, kind)| Ask::Submit(n, kind)),
            1 => (0_u8..20, kind).prop_map(|(n, kind)| Ask::Rejoin(n, kind)),
            2 => (0_u8..20).prop_map(Ask::Release),
        ]
    }

    proptest! {
        #[test]
        fn limits_hold_no_slot_is_wasted_and_every_run_gets_one(
            asks in prop::collection::vec(ask(), 0..80),
            running in 1_usize..5, profiling in 1_usize..4, queued in 0_usize..8,
        ) {
            let mut admission = Admission::new(Limits { running, profiling, queued });
            let mut expected = BTreeSet::new();
            for ask in asks {
                match ask {
                    Ask::Submit(n, kind) => {
                        let waiting = admission.queue.len();
                        if admission.submit(run(n), kind) != Decision::Refuse { expected.insert(run(n)); }
                        prop_assert!(admission.queue.len() <= waiting.max(queued));
                    }
                    Ask::Rejoin(n, kind) => {
                        prop_assert_ne!(admission.rejoin(run(n), kind), Decision::Refuse);
                        expected.insert(run(n));
                    }
                    Ask::Release(n) => { admission.release(run(n)); expected.remove(&run(n)); }
                }
                let profiles = admission.running.values().filter(|kind| **kind == PROFILE).count();
                prop_assert!(admission.running.len() <= running && profiles <= profiling.min(running));
                prop_assert_eq!(admission.first_fitting(), None, "a run waits beside a slot it fits");
                let held: BTreeSet<_> = admission.running().chain(admission.queued()).collect();
                prop_assert_eq!(&held, &expected, "a run was lost or stands twice");
            }
            let mut rounds = 0;
            loop {
                let Some(next) = admission.running().next() else { break };
                admission.release(next);
                expected.remove(&next);
                rounds += 1;
                prop_assert!(rounds <= 20);
            }
            prop_assert!(expected.is_empty() && admission.is_idle(), "some run never got a slot");
        }
    }
}
