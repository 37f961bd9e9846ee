//! Tables and properties of the machine: order, retries, cancelling, and that resuming changes nothing.
//! Each test feeds events and compares the effects it answers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::super::definition::WorkflowKind;
use super::*;
use crate::codes::ErrorCode;
use crate::failure::FailureClass;
use crate::ids::Digest;

fn name(text: &str) -> StepName {
    text.parse().unwrap()
}

fn definition(steps: usize) -> Definition {
    let step = |n: usize| StepDef {
        name: name(&format!("s{n}")),
        depends_on: (0..n).map(|n| name(&format!("s{n}"))).collect(),
        skippable: false,
        can_sample: n % 2 == 1,
    };
    Definition::new(WorkflowKind::AnswerQuestion, (0..steps).map(step).collect()).unwrap()
}

fn failed(class: FailureClass) -> Outcome {
    Outcome::Failed(Failure::of(class, ErrorCode::Internal))
}

fn finished(step: &str, attempt: u32, outcome: Outcome) -> Event {
    Event::StepFinished { step: name(step), attempt: Attempt(attempt), outcome }
}

fn persisted(step: &str, attempt: u32) -> Event {
    Event::Persisted { step: name(step), attempt: Attempt(attempt) }
}

fn row(step: &StepName, tried: Try, round: u32, outcome: &Outcome) -> StepResult {
    let (status, output, error) = match outcome {
        Outcome::Succeeded(output) => (StepStatus::Success, output.clone(), None),
        Outcome::Failed(failure) => (StepStatus::Failed, Value::Null, Some(failure.clone())),
    };
    StepResult {
        step_name: step.clone(),
        status,
        attempt: tried.attempt,
        round,
        retry_count: tried.retries,
        step_key: Digest([0; 32]),
        output,
        output_hash: None,
        started_at: Timestamp::UNIX_EPOCH,
        finished_at: Timestamp::UNIX_EPOCH,
        error,
    }
}

fn runs(step: &str, attempt: u32, retries: u32, mode: Mode) -> Effect {
    Effect::RunStep { step: name(step), tried: Try { attempt: Attempt(attempt), retries, mode } }
}

#[test]
fn a_step_begins_only_after_the_one_before_is_committed() {
    let mut machine = Machine::new(definition(2));
    assert_eq!(machine.apply(Event::Started), [runs("s0", 1, 0, Mode::Full)]);
    let effects = machine.apply(finished("s0", 1, Outcome::Succeeded(json!(1))));
    assert!(matches!(&effects[..], [Effect::Persist { .. }]));
    assert_eq!(machine.output(&name("s0")), None, "not before the commit");
    assert_eq!(machine.apply(persisted("s0", 1)), [runs("s1", 1, 0, Mode::Full)]);
    assert_eq!(machine.output(&name("s0")), Some(&json!(1)));
    let _persist = machine.apply(finished("s1", 1, Outcome::Succeeded(json!(2))));
    assert_eq!(machine.apply(persisted("s1", 1)), [Effect::Finish(RunOutcome::Succeeded)]);
    assert_eq!(machine.state(), RunState::Ended(RunOutcome::Succeeded));
}

#[test]
fn a_transient_failure_waits_and_runs_as_the_next_attempt() {
    let mut machine = Machine::new(definition(1));
    let _run = machine.apply(Event::Started);
    let _persist = machine.apply(finished("s0", 1, failed(FailureClass::TransientError)));
    let wait = Effect::ScheduleRetry {
        step: name("s0"),
        attempt: Attempt(2),
        after: Duration::from_secs(1),
    };
    assert_eq!(machine.apply(persisted("s0", 1)), [wait]);
    let due = |attempt| Event::RetryDue { step: name("s0"), attempt: Attempt(attempt) };
    assert_eq!(machine.apply(due(1)), [], "a stale timer");
    assert_eq!(machine.apply(due(2)), [runs("s0", 2, 1, Mode::Full)]);
    assert_eq!(machine.apply(due(2)), [], "a timer that fires twice");
}

#[test]
fn a_terminal_failure_ends_the_run_and_begins_no_other_step() {
    let mut machine = Machine::new(definition(2));
    let _run = machine.apply(Event::Started);
    let _persist = machine.apply(finished("s0", 1, failed(FailureClass::PermissionDenied)));
    assert_eq!(machine.apply(persisted("s0", 1)), [Effect::Finish(RunOutcome::PartialFailure)]);
    assert_eq!(machine.step(&name("s1")), Some(&StepState::Pending(FIRST)));
}

#[test]
fn a_step_that_awaits_a_decision_leaves_the_run_and_comes_back_as_a_new_attempt() {
    let class = FailureClass::QuotaExceeded;
    let asked = Outcome::Failed(Failure::of(class, ErrorCode::ApprovalNeeded));
    let mut machine = Machine::new(definition(2));
    let _run = machine.apply(Event::Started);
    let _persist = machine.apply(finished("s0", 1, asked.clone()));
    assert_eq!(machine.apply(persisted("s0", 1)), [Effect::Finish(RunOutcome::Suspended)]);
    assert_eq!(machine.step(&name("s0")), Some(&StepState::Suspended(FIRST)));
    let stored = StepResult { status: StepStatus::Suspended, ..row(&name("s0"), FIRST, 0, &asked) };
    for round in [0, 1] {
        let mut back = Machine::rebuild(definition(2), round, std::slice::from_ref(&stored));
        let again = Try { attempt: Attempt(2), ..FIRST };
        let expected = [Effect::RunStep { step: name("s0"), tried: again }];
        assert_eq!(back.apply(Event::Started), expected, "round {round}");
    }
}

#[test]
fn a_cancel_waits_for_the_attempt_under_way_and_keeps_its_result() {
    let mut machine = Machine::new(definition(2));
    let _run = machine.apply(Event::Started);
    assert_eq!(
        machine.apply(Event::CancelRequested),
        [Effect::CancelStep { step: name("s0"), attempt: Attempt(1) }]
    );
    assert_eq!(machine.apply(Event::CancelRequested), [], "asked twice");
    let _persist = machine.apply(finished("s0", 1, Outcome::Succeeded(json!(1))));
    assert_eq!(machine.apply(persisted("s0", 1)), [Effect::Finish(RunOutcome::Cancelled)]);
    assert_eq!(machine.output(&name("s0")), Some(&json!(1)));
}

#[test]
fn a_cancel_ends_a_run_that_has_nothing_under_way() {
    let mut fresh = Machine::new(definition(1));
    assert_eq!(fresh.apply(Event::CancelRequested), [Effect::Finish(RunOutcome::Cancelled)]);
    assert_eq!(fresh.apply(Event::Started), []);
    let mut waiting = Machine::new(definition(1));
    let _run = waiting.apply(Event::Started);
    let _persist = waiting.apply(finished("s0", 1, failed(FailureClass::TransientError)));
    let _wait = waiting.apply(persisted("s0", 1));
    assert_eq!(waiting.apply(Event::CancelRequested), [Effect::Finish(RunOutcome::Cancelled)]);
    let due = Event::RetryDue { step: name("s0"), attempt: Attempt(2) };
    assert_eq!(waiting.apply(due), [], "the timer of a cancelled run");
}

#[test]
fn a_persons_retry_forgives_the_failure_and_keeps_what_succeeded() {
    let done = row(&name("s0"), FIRST, 0, &Outcome::Succeeded(json!(1)));
    let tried = Try { attempt: Attempt(4), retries: 3, mode: Mode::Full };
    let broken = row(&name("s1"), tried, 0, &failed(FailureClass::Timeout));
    let rows = [done, broken];
    let mut same_round = Machine::rebuild(definition(2), 0, &rows);
    assert_eq!(same_round.apply(Event::Started), [Effect::Finish(RunOutcome::PartialFailure)]);
    let mut next_round = Machine::rebuild(definition(2), 1, &rows);
    assert_eq!(next_round.apply(Event::Started), [runs("s1", 5, 0, Mode::Full)]);
}

#[test]
fn stored_steps_the_definition_does_not_know_are_ignored_and_skipped_ones_stay() {
    let mut skipped = row(&name("s0"), FIRST, 0, &Outcome::Succeeded(Value::Null));
    skipped.status = StepStatus::Skipped;
    let unknown = row(&name("gone"), FIRST, 0, &failed(FailureClass::Timeout));
    let mut machine = Machine::rebuild(definition(2), 0, &[skipped, unknown]);
    assert_eq!(machine.apply(Event::Started), [runs("s1", 1, 0, Mode::Full)]);
}

/// A store and a world in which what an attempt comes to depends on nothing but step and attempt.
#[derive(Default)]
struct World {
    script: BTreeMap<(usize, u32), FailureClass>,
    rows: BTreeMap<StepName, StepResult>,
    log: Vec<(StepName, Attempt, StepStatus)>,
    waits: Vec<Duration>,
    steps: usize,
}

impl World {
    fn outcome(&self, step: &StepName, attempt: Attempt) -> Outcome {
        let index = step.as_str().trim_start_matches('s').parse().unwrap();
        match self.script.get(&(index, attempt.0)) {
            Some(class) => failed(*class),
            None => Outcome::Succeeded(json!({ "by": attempt.0 })),
        }
    }

    fn rebuilt(&self) -> Machine {
        Machine::rebuild(
            definition(self.steps),
            0,
            &self.rows.values().cloned().collect::<Vec<_>>(),
        )
    }

    /// Runs to the end; the process dies before each effect whose number is among `crashes`.
    fn run(&mut self, crashes: &[usize]) -> RunOutcome {
        let mut machine = self.rebuilt();
        let mut effects = machine.apply(Event::Started);
        for number in 0..10_000 {
            if crashes.contains(&number) {
                machine = self.rebuilt();
                effects = machine.apply(Event::Started);
                continue;
            }
            assert_eq!(effects.len(), 1, "one thing at a time: {effects:?}");
            effects = match effects.remove(0) {
                Effect::Finish(outcome) => return outcome,
                Effect::RunStep { step, tried } => {
                    let outcome = self.outcome(&step, tried.attempt);
                    let Attempt(attempt) = tried.attempt;
                    let stale = finished(step.as_str(), attempt + 1, outcome.clone());
                    assert_eq!(machine.apply(stale), [], "a stale attempt changes nothing");
                    machine.apply(finished(step.as_str(), attempt, outcome))
                }
                Effect::Persist { step, tried, outcome } => {
                    let known = self.rows.get(&step);
                    assert!(
                        known.is_none_or(|row| row.status != StepStatus::Success),
                        "a final result was replaced"
                    );
                    let row = row(&step, tried, 0, &outcome);
                    self.log.push((step.clone(), tried.attempt, row.status));
                    self.rows.insert(step.clone(), row);
                    let before = machine.clone();
                    assert_eq!(machine.apply(persisted(step.as_str(), tried.attempt.0 + 1)), []);
                    assert_eq!(machine, before, "a stale commit changes nothing");
                    machine.apply(Event::Persisted { step, attempt: tried.attempt })
                }
                Effect::ScheduleRetry { step, attempt, after } => {
                    self.waits.push(after);
                    machine.apply(Event::RetryDue { step, attempt })
                }
                Effect::CancelStep { .. } => panic!("nobody cancelled"),
            };
        }
        panic!("the run never ended");
    }
}

fn class() -> impl Strategy<Value = FailureClass> {
    // Transient classes more often, so that ladders are climbed.
    prop_oneof![
        3 => Just(FailureClass::TransientError),
        3 => Just(FailureClass::Timeout),
        1 => prop::sample::select(FailureClass::ALL.to_vec()),
    ]
}

proptest! {
    #[test]
    fn a_crashed_and_resumed_run_equals_an_uninterrupted_one(
        steps in 1_usize..6,
        script in prop::collection::btree_map((0_usize..6, 1_u32..5), class(), 0..14),
        crashes in prop::collection::vec(0_usize..60, 0..25),
    ) {
        let mut whole = World { steps, script: script.clone(), ..World::default() };
        let mut broken = World { steps, script, ..World::default() };
        prop_assert_eq!(whole.run(&[]), broken.run(&crashes));
        prop_assert_eq!(whole.rows, broken.rows);
        prop_assert_eq!(whole.log, broken.log, "an attempt was committed twice or left out");
        prop_assert!(whole.waits.iter().all(|wait| retry::LADDER.contains(wait)));
    }

    #[test]
    fn no_event_moves_a_run_that_has_ended(
        steps in 1_usize..4, step in 0_usize..4, attempt in 0_u32..4, which in 0_usize..5,
    ) {
        let mut world = World { steps, ..World::default() };
        world.run(&[]);
        let mut machine = world.rebuilt();
        let _finish = machine.apply(Event::Started);
        let before = machine.clone();
        let step = name(&format!("s{step}"));
        let attempt = Attempt(attempt);
        let event = [
            Event::Started,
            Event::CancelRequested,
            Event::Persisted { step: step.clone(), attempt },
            Event::RetryDue { step: step.clone(), attempt },
            Event::StepFinished { step, attempt, outcome: failed(FailureClass::Timeout) },
        ].into_iter().nth(which).unwrap();
        prop_assert_eq!(machine.apply(event), []);
        prop_assert_eq!(machine, before);
    }
}
