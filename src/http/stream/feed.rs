//! Which events a stream sends, and when there are no more.
//!
//! The cursor is the chain's position, the only order in which no event can appear late. A stream is
//! over when it has caught up and the last event says that the run ended; a run that was retried
//! after an earlier end goes on. Reads only through the request door.

use autopilot_domain::ids::RunId;

use crate::http::dto::events::EventDto;
use crate::http::problem::Problem;
use crate::http::workflows::State;
use crate::ports::RequestContext;
use crate::ports::requests::{EventView, RunView};

/// Events read at once.
const PAGE: u32 = 200;
/// Statuses of the events that end a run.
const TERMINAL: [&str; 3] = ["run_succeeded", "run_partial_failure", "run_cancelled"];

/// One client's place in one run's events.
pub(super) struct Feed {
    pub(super) state: State,
    caller: RequestContext,
    run: RunId,
    cursor: i64,
    ended: bool,
}

/// A piece of the feed, ready to be sent.
pub(super) struct Page {
    /// JSON texts in order.
    pub(super) frames: Vec<String>,
    /// Whether there may be more right now.
    pub(super) more: bool,
}

impl Feed {
    /// A feed behind `after`. A client that has already seen the end of an ended run is told so.
    pub(super) async fn resume(
        state: State,
        caller: RequestContext,
        view: &RunView,
        after: i64,
    ) -> Result<Self, Problem> {
        let mut feed = Self { state, caller, run: view.run, cursor: 0, ended: false };
        if after > 0 && view.finished_at.is_some() {
            feed.ended = feed.ended_by(after).await?;
        }
        feed.cursor = after;
        Ok(feed)
    }

    /// Whether the last event up to a position ended the run.
    async fn ended_by(&mut self, after: i64) -> Result<bool, Problem> {
        let mut ended = false;
        loop {
            let events = self.read().await?;
            let seen = events.iter().take_while(|event| event.pos <= after);
            ended = seen.last().map_or(ended, is_end);
            let past = events.last().is_none_or(|event| event.pos > after);
            if past || !is_full(&events) {
                return Ok(ended);
            }
        }
    }

    /// The next events; the cursor moves behind them.
    pub(super) async fn next(&mut self) -> Result<Page, Problem> {
        let events = self.read().await?;
        let more = is_full(&events);
        self.ended = events.last().map_or(self.ended, is_end);
        let frames = events
            .into_iter()
            .filter_map(|event| serde_json::to_string(&EventDto::from(event)).ok());
        Ok(Page { frames: frames.collect(), more })
    }

    /// Whether the last event handed out, or seen by the client before, ended the run.
    pub(super) const fn is_over(&self) -> bool {
        self.ended
    }

    async fn read(&mut self) -> Result<Vec<EventView>, Problem> {
        let events =
            self.state.requests.events(&self.caller, Some(self.run), self.cursor, PAGE).await?;
        self.cursor = events.last().map_or(self.cursor, |event| event.pos);
        Ok(events)
    }
}

fn is_full(events: &[EventView]) -> bool {
    u32::try_from(events.len()).is_ok_and(|count| count >= PAGE)
}

fn is_end(event: &EventView) -> bool {
    event.event.step_id.is_none() && TERMINAL.contains(&event.event.status.as_str())
}
