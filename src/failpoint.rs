//! Named places at every commit boundary where a test may end, freeze or break this process.
//!
//! Nothing happens at a point unless the process was told so by its configuration, and a binary
//! built without the feature `sandbox` cannot be told: there `hit` is empty and `arm` refuses. A
//! point must stand directly before or after the commit it is named for, never inside a lock.

/// Every point there is: those of a run in the order it meets them, then those of the boot.
pub const POINTS: &[&str] = &[
    "run_started.before",
    "run_started.after",
    "workflow_decide",
    "step_started.before",
    "step_started.after",
    "step_run.before",
    "step_run.after",
    "step_commit.before",
    "step_commit.after",
    "run_finish.before",
    "run_finish.after",
    "gate_reserve.before",
    "gate_reserve.after",
    "gate_execute.before",
    "gate_execute.after",
    "gate_settle.before",
    "gate_settle.after",
    "self_test.before",
];

/// A text does not say what to do at which point.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSpec {
    /// This binary was built without failure points.
    #[error("this binary was built without failure points (feature `sandbox`)")]
    NotBuilt,
    /// There is no such point.
    #[error("there is no failure point of that name: {0}")]
    UnknownPoint(String),
    /// The action is not one of the known ones.
    #[error(
        "not an action: {0}; write abort, freeze, panic or block, then *COUNT to repeat it or @N to begin at the Nth hit"
    )]
    UnknownAction(String),
}

/// Passes a point: returns at once unless an action was armed for it.
#[cfg_attr(
    not(feature = "sandbox"),
    expect(clippy::missing_const_for_fn, reason = "does work with the feature")
)]
pub fn hit(point: &'static str) {
    #[cfg(feature = "sandbox")]
    armed::hit(point);
    #[cfg(not(feature = "sandbox"))]
    let _ = point;
}

/// Arms points from a text such as `step_commit.after=abort;step_run.before=panic*3`.
///
/// An armed action fires once, or as often as `*COUNT` says; `@N` lets the first N-1 hits pass.
///
/// # Errors
/// When a point or action is unknown, or the binary has no failure points; nothing is armed then.
pub fn arm(spec: &str) -> Result<(), BadSpec> {
    #[cfg(feature = "sandbox")]
    return armed::arm(spec);
    #[cfg(not(feature = "sandbox"))]
    if spec.trim().is_empty() { Ok(()) } else { Err(BadSpec::NotBuilt) }
}

#[cfg(feature = "sandbox")]
mod armed {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};

    use super::{BadSpec, POINTS};

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) enum Action {
        /// Ends the process at once, without any clean-up.
        Abort,
        /// Stops the process as SIGSTOP does, until something continues it.
        Freeze,
        /// Panics in the current task or handler.
        Panic,
        /// Holds the current thread for a minute.
        Block,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) struct Armed {
        pub(super) action: Action,
        pub(super) pass: u32,
        pub(super) fire: u32,
    }

    static ARMED: Mutex<BTreeMap<String, Armed>> = Mutex::new(BTreeMap::new());

    pub(super) fn arm(spec: &str) -> Result<(), BadSpec> {
        let parts = spec.split(';').map(str::trim).filter(|part| !part.is_empty());
        let parsed = parts.map(parse).collect::<Result<Vec<_>, _>>()?;
        ARMED.lock().unwrap_or_else(PoisonError::into_inner).extend(parsed);
        Ok(())
    }

    pub(super) fn parse(part: &str) -> Result<(String, Armed), BadSpec> {
        let (point, action) = part.split_once('=').unwrap_or((part, ""));
        if !POINTS.contains(&point) {
            return Err(BadSpec::UnknownPoint(point.to_owned()));
        }
        let unknown = || BadSpec::UnknownAction(action.to_owned());
        let (rest, at) = action.split_once('@').unwrap_or((action, "1"));
        let (name, count) = rest.split_once('*').unwrap_or((rest, "1"));
        let action = match name {
            "abort" => Action::Abort,
            "freeze" => Action::Freeze,
            "panic" => Action::Panic,
            "block" => Action::Block,
            _ => return Err(unknown()),
        };
        let at: u32 = at.parse().map_err(|_| unknown())?;
        let fire = count.parse().map_err(|_| unknown())?;
        Ok((point.to_owned(), Armed { action, pass: at.saturating_sub(1), fire }))
    }

    pub(super) fn hit(point: &str) {
        let due = {
            let mut armed = ARMED.lock().unwrap_or_else(PoisonError::into_inner);
            armed.get_mut(point).and_then(take)
        };
        match due {
            None => {}
            Some(Action::Abort) => std::process::abort(),
            Some(Action::Freeze) => freeze(),
            Some(Action::Panic) => panic_at(point),
            Some(Action::Block) => std::thread::sleep(std::time::Duration::from_secs(60)),
        }
    }

    #[expect(clippy::panic, reason = "a failure point armed with `panic` is there to panic")]
    fn panic_at(point: &str) -> ! {
        panic!("failure point {point}")
    }

    pub(super) fn take(armed: &mut Armed) -> Option<Action> {
        if armed.pass > 0 {
            armed.pass -= 1;
            return None;
        }
        armed.fire = armed.fire.checked_sub(1)?;
        Some(armed.action)
    }

    /// Stops the whole process; a failure to do so is worth nothing more than a line on the log.
    fn freeze() {
        let me = std::process::id().to_string();
        if let Err(error) = std::process::Command::new("kill").args(["-STOP", &me]).status() {
            tracing::error!(%error, "could not freeze this process");
        }
    }
}

#[cfg(all(test, feature = "sandbox"))]
mod tests {
    use super::armed::{Action, parse, take};
    use super::*;

    #[test]
    fn a_spec_names_known_points_and_actions_only() {
        assert_eq!(arm("nowhere=abort"), Err(BadSpec::UnknownPoint("nowhere".into())));
        assert_eq!(arm("run_finish.after=explode"), Err(BadSpec::UnknownAction("explode".into())));
        assert_eq!(arm("run_finish.after=panic*x"), Err(BadSpec::UnknownAction("panic*x".into())));
        assert_eq!(arm(" ; "), Ok(()));
    }

    #[test]
    fn an_action_passes_fires_and_is_used_up() {
        let (_, mut armed) = parse("step_run.before=panic*2@3").unwrap();
        let hits: Vec<_> = (0..6).map(|_| take(&mut armed).is_some()).collect();
        assert_eq!(hits, [false, false, true, true, false, false]);
        assert_eq!(armed.action, Action::Panic);
    }

    #[test]
    fn an_armed_point_panics_once() {
        arm("gate_settle.after=panic").unwrap();
        assert!(std::panic::catch_unwind(|| hit("gate_settle.after")).is_err());
        hit("gate_settle.after");
    }
}
