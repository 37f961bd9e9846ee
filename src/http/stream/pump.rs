//! The life of one stream's connection.
//!
//! Looks for new events, pings, listens, and ends the connection with a close frame that says why. A
//! client that does not take what is sent, does not answer pings, or talks, is let go: nothing here
//! waits without a bound.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use actix_ws::{CloseCode, CloseReason, Message, MessageStream, ProtocolError, Session};
use autopilot_domain::codes::ErrorCode;
use futures_util::FutureExt;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::feed::Feed;
use crate::http::problem::Problem;

/// How long a client may take to accept one frame.
const SEND_DEADLINE: Duration = Duration::from_secs(10);

/// How a stream comes to its end.
enum End {
    /// With a close frame.
    Close(CloseCode, &'static str),
    /// The client is gone, or has already said good-bye.
    Gone,
}

const GOING_DOWN: End =
    End::Close(CloseCode::Away, "the server is shutting down; resume elsewhere");
const TOO_OLD: End = End::Close(CloseCode::Away, "the stream is old; resume");
const SILENT: End = End::Close(CloseCode::Away, "no answer to pings");
const TALKING: End = End::Close(CloseCode::Policy, "this stream takes no messages");
const OVER: End = End::Close(CloseCode::Normal, "the workflow has ended");

/// Runs a stream to its end.
pub(super) async fn run(mut feed: Feed, mut session: Session, mut incoming: MessageStream) {
    let followed =
        AssertUnwindSafe(follow(&mut feed, &mut session, &mut incoming)).catch_unwind().await;
    let end = followed.unwrap_or_else(|_| {
        tracing::error!("a stream panicked");
        close_for(&Problem::of(ErrorCode::Internal))
    });
    if let End::Close(code, why) = end {
        let reason = CloseReason { code, description: Some(why.to_owned()) };
        // A client that is gone cannot be told.
        let _ = timeout(SEND_DEADLINE, session.close(Some(reason))).await;
    }
}

async fn follow(feed: &mut Feed, session: &mut Session, incoming: &mut MessageStream) -> End {
    let limits = feed.state.limits.clone();
    let mut poll = interval(limits.stream_poll);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut beat = interval(limits.stream_heartbeat);
    let too_old = Instant::now() + limits.stream_life;
    let mut heard = Instant::now();
    loop {
        let outcome = tokio::select! {
            message = incoming.recv() => {
                heard = Instant::now();
                answer(message, session).await
            }
            _ = poll.tick() => advance(feed, session).await,
            _ = beat.tick() => {
                if heard.elapsed() > limits.stream_idle { Err(SILENT) } else { ping(session).await }
            }
            () = tokio::time::sleep_until(too_old) => Err(TOO_OLD),
        };
        if let Err(end) = outcome {
            return end;
        }
    }
}

/// Sends everything there is now.
async fn advance(feed: &mut Feed, session: &mut Session) -> Result<(), End> {
    loop {
        if feed.state.actors.draining() {
            return Err(GOING_DOWN);
        }
        let page = feed.next().await.map_err(|problem| close_for(&problem))?;
        for frame in page.frames {
            sent(timeout(SEND_DEADLINE, session.text(frame)).await)?;
        }
        if !page.more {
            return if feed.is_over() { Err(OVER) } else { Ok(()) };
        }
    }
}

async fn ping(session: &mut Session) -> Result<(), End> {
    sent(timeout(SEND_DEADLINE, session.ping(b"")).await)
}

fn sent<E>(outcome: Result<Result<(), actix_ws::Closed>, E>) -> Result<(), End> {
    outcome.ok().and_then(Result::ok).ok_or(End::Gone)
}

async fn answer(
    message: Option<Result<Message, ProtocolError>>,
    session: &mut Session,
) -> Result<(), End> {
    match message {
        Some(Ok(Message::Ping(bytes))) => sent(timeout(SEND_DEADLINE, session.pong(&bytes)).await),
        Some(Ok(Message::Pong(_) | Message::Nop)) => Ok(()),
        Some(Ok(Message::Text(_) | Message::Binary(_) | Message::Continuation(_))) => Err(TALKING),
        Some(Ok(Message::Close(_))) => Err(End::Close(CloseCode::Normal, "")),
        Some(Err(_)) | None => Err(End::Gone),
    }
}

fn close_for(problem: &Problem) -> End {
    if problem.code() == ErrorCode::DependencyDown {
        End::Close(CloseCode::Again, "a part the service depends on does not answer; resume later")
    } else {
        End::Close(CloseCode::Error, "something went wrong inside the service")
    }
}
