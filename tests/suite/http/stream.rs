//! A workflow's events over a WebSocket: order, resume, and every way a stream ends.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::rt::time::timeout;
use autopilot::http::Limits;
use autopilot::ports::{Role, StoreError};
use awc::error::{WsClientError, WsProtocolError};
use awc::ws::{CloseCode, Frame, Message};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use serde_json::{Value, json};

use super::support::{Scene, Server, key};

/// Longest a test waits for a frame.
const PATIENCE: Duration = Duration::from_secs(10);

trait Socket:
    Stream<Item = Result<Frame, WsProtocolError>> + Sink<Message, Error = WsProtocolError> + Unpin
{
}

impl<T> Socket for T where
    T: Stream<Item = Result<Frame, WsProtocolError>>
        + Sink<Message, Error = WsProtocolError>
        + Unpin
{
}

fn limits() -> Limits {
    Limits {
        workers: 1,
        shutdown_seconds: 1,
        stream_poll: Duration::from_millis(5),
        ..Limits::default()
    }
}

async fn open(
    scene: &Scene,
    server: &Server,
    key: &str,
    after: i64,
) -> Result<impl Socket + use<>, WsClientError> {
    let url = format!("ws://{}/v1/workflows/{}/stream?after={after}", server.address, scene.run_a);
    let request = awc::Client::new().ws(url).header("Authorization", format!("Bearer {key}"));
    request.connect().await.map(|(_, socket)| socket)
}

/// What a stream sent until now, and its end if it came.
#[derive(Debug, PartialEq)]
enum Got {
    Event(i64, String),
    Ping,
    Closed(CloseCode),
    Cut,
}

async fn next(socket: &mut impl Socket) -> Got {
    match timeout(PATIENCE, socket.next()).await.expect("nothing came") {
        Some(Ok(Frame::Text(text))) => {
            let event: Value = serde_json::from_slice(&text).unwrap();
            Got::Event(event["pos"].as_i64().unwrap(), event["status"].as_str().unwrap().to_owned())
        }
        Some(Ok(Frame::Ping(_))) => Got::Ping,
        Some(Ok(Frame::Close(Some(reason)))) => Got::Closed(reason.code),
        Some(Ok(other)) => panic!("{other:?}"),
        Some(Err(_)) | None => Got::Cut,
    }
}

/// The next thing that is not a ping; pings alone are not news.
async fn told(socket: &mut impl Socket) -> Got {
    let news = async {
        let mut got = next(socket).await;
        while got == Got::Ping {
            got = next(socket).await;
        }
        got
    };
    timeout(PATIENCE, news).await.expect("only pings came")
}

async fn positions(socket: &mut impl Socket, count: usize) -> Vec<i64> {
    let mut positions = Vec::new();
    for _ in 0..count {
        let got = told(socket).await;
        let Got::Event(pos, _) = got else { panic!("{got:?} after {positions:?}") };
        positions.push(pos);
    }
    positions
}

#[actix_web::test]
async fn events_come_in_order_as_they_happen_and_the_end_closes_the_stream() {
    let scene = Scene::with(limits());
    scene.event(3, "run_queued");
    let server = scene.start();
    let mut socket = open(&scene, &server, &key('a', Role::Viewer), 0).await.unwrap();
    assert_eq!(told(&mut socket).await, Got::Event(3, "run_queued".to_owned()));
    scene.event(5, "run_started");
    scene.event(9, "run_succeeded");
    assert_eq!(positions(&mut socket, 2).await, [5, 9]);
    assert_eq!(told(&mut socket).await, Got::Closed(CloseCode::Normal));
    server.stop().await;
}

#[actix_web::test]
async fn a_client_resumes_behind_the_last_position_without_gap_or_repeat() {
    let scene = Scene::with(limits());
    // More than one page of the store, so that paging has its turn too.
    for pos in 1..=450 {
        scene.event(pos * 2, "step_started");
    }
    let server = scene.start();
    let viewer = key('a', Role::Viewer);
    let mut first = open(&scene, &server, &viewer, 0).await.unwrap();
    let mut all = positions(&mut first, 230).await;
    drop(first);
    let mut second = open(&scene, &server, &viewer, *all.last().unwrap()).await.unwrap();
    all.extend(positions(&mut second, 220).await);
    assert_eq!(all, (1..=450).map(|pos| pos * 2).collect::<Vec<_>>());
    server.stop().await;
}

#[actix_web::test]
async fn a_client_that_has_seen_the_end_is_told_at_once() {
    let scene = Scene::with(limits());
    scene.event(1, "run_queued");
    scene.event(2, "run_cancelled");
    scene.end("cancelled");
    let server = scene.start();
    let mut socket = open(&scene, &server, &key('a', Role::Viewer), 2).await.unwrap();
    assert_eq!(told(&mut socket).await, Got::Closed(CloseCode::Normal));
    // Behind the start only, the end is still sent.
    let mut socket = open(&scene, &server, &key('a', Role::Viewer), 1).await.unwrap();
    assert_eq!(told(&mut socket).await, Got::Event(2, "run_cancelled".to_owned()));
    server.stop().await;
}

#[actix_web::test]
async fn an_earlier_end_does_not_close_the_stream_of_a_retried_run() {
    let scene = Scene::with(limits());
    for (pos, status) in [(1, "run_queued"), (2, "run_partial_failure"), (3, "retry_requested")] {
        scene.event(pos, status);
    }
    let server = scene.start();
    let mut socket = open(&scene, &server, &key('a', Role::Viewer), 0).await.unwrap();
    assert_eq!(positions(&mut socket, 3).await, [1, 2, 3]);
    scene.event(4, "run_succeeded");
    assert_eq!(positions(&mut socket, 1).await, [4]);
    assert_eq!(told(&mut socket).await, Got::Closed(CloseCode::Normal));
    server.stop().await;
}

#[actix_web::test]
async fn only_the_owner_and_no_foreign_page_gets_a_stream() {
    let scene = Scene::with(limits());
    let server = scene.start();
    let refused = |outcome: Result<_, WsClientError>| match outcome.map(drop) {
        Err(WsClientError::InvalidResponseStatus(status)) => status.as_u16(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(open(&scene, &server, &key('b', Role::Admin), 0).await.map(drop)), 404);
    assert_eq!(refused(open(&scene, &server, "ap_wrong", 0).await.map(drop)), 401);
    assert_eq!(refused(open(&scene, &server, &key('a', Role::Viewer), -1).await.map(drop)), 422);
    let url = format!("ws://{}/v1/workflows/{}/stream", server.address, scene.run_a);
    for (origin, let_in) in
        [(format!("http://{}", server.address), true), ("https://evil.example".to_owned(), false)]
    {
        let request = awc::Client::new()
            .ws(url.as_str())
            .header("Authorization", format!("Bearer {}", key('a', Role::Viewer)));
        let outcome = request.origin(origin.as_str()).connect().await.map(drop);
        assert_eq!(outcome.is_ok(), let_in, "{origin}: {outcome:?}");
    }
    let plain =
        scene.get(&key('a', Role::Viewer), &format!("/v1/workflows/{}/stream", scene.run_a)).await;
    assert!(plain.problem(422, "INPUT_INVALID").contains("WebSocket"));
    server.stop().await;
}

#[actix_web::test]
async fn a_client_that_talks_is_let_go() {
    let scene = Scene::with(limits());
    let server = scene.start();
    let mut socket = open(&scene, &server, &key('a', Role::Viewer), 0).await.unwrap();
    socket.send(Message::Text("hello".into())).await.unwrap();
    assert_eq!(told(&mut socket).await, Got::Closed(CloseCode::Policy));
    server.stop().await;
}

#[actix_web::test]
async fn a_broken_store_a_panic_and_a_leaving_server_end_the_stream_with_their_reason() {
    let scene = Scene::with(limits());
    scene.event(1, "run_queued");
    let server = scene.start();
    let viewer = key('a', Role::Viewer);
    let mut socket = open(&scene, &server, &viewer, 0).await.unwrap();
    assert_eq!(positions(&mut socket, 1).await, [1]);
    scene.fail([Some(StoreError::Unavailable)]);
    assert_eq!(told(&mut socket).await, Got::Closed(CloseCode::Again));

    let mut socket = open(&scene, &server, &viewer, 1).await.unwrap();
    scene.world.panic_next.store(true, Ordering::SeqCst);
    assert_eq!(told(&mut socket).await, Got::Closed(CloseCode::Error));

    let mut socket = open(&scene, &server, &viewer, 1).await.unwrap();
    scene.world.draining.store(true, Ordering::SeqCst);
    assert_eq!(told(&mut socket).await, Got::Closed(CloseCode::Away));
    server.stop().await;
}

#[actix_web::test]
async fn a_silent_client_is_pinged_and_then_let_go() {
    let quick = Duration::from_millis(50);
    let scene =
        Scene::with(Limits { stream_heartbeat: quick, stream_idle: quick * 20, ..limits() });
    let server = scene.start();
    // This client library leaves pongs to its user, and this user sends none.
    let mut socket = open(&scene, &server, &key('a', Role::Viewer), 0).await.unwrap();
    assert_eq!(next(&mut socket).await, Got::Ping);
    assert_eq!(told(&mut socket).await, Got::Closed(CloseCode::Away));

    let mut socket = open(&scene, &server, &key('a', Role::Viewer), 0).await.unwrap();
    for _ in 0..30 {
        assert_eq!(next(&mut socket).await, Got::Ping, "a client that answers stays");
        socket.send(Message::Pong("".into())).await.unwrap();
    }
    server.stop().await;
}

#[actix_web::test]
async fn streams_have_a_bound_and_an_age() {
    let scene = Scene::with(Limits { streams: 1, stream_life: Duration::from_secs(2), ..limits() });
    let server = scene.start();
    let viewer = key('a', Role::Viewer);
    let mut socket = open(&scene, &server, &viewer, 0).await.unwrap();
    let second = open(&scene, &server, &viewer, 0).await.map(drop);
    assert!(
        matches!(second, Err(WsClientError::InvalidResponseStatus(status)) if status == 503),
        "{second:?}"
    );
    assert_eq!(told(&mut socket).await, Got::Closed(CloseCode::Away));
    drop(socket);
    server.stop().await;
}

#[actix_web::test]
async fn a_frame_holds_the_event_contract() {
    let scene = Scene::with(limits());
    scene.event(7, "run_queued");
    let server = scene.start();
    let mut socket = open(&scene, &server, &key('a', Role::Viewer), 0).await.unwrap();
    let frame = timeout(PATIENCE, socket.next()).await.unwrap();
    let text = loop_to_text(frame, &mut socket).await;
    let event: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(event["workflow_id"], json!(scene.run_a.to_string()));
    assert_eq!(
        (&event["kind"], &event["actor"]),
        (&json!("workflow_state_transition"), &json!("system"))
    );
    for field in ["event_id", "step_id", "error_code", "started_at", "finished_at", "payload"] {
        assert!(event.get(field).is_some(), "{field}");
    }
    server.stop().await;
}

/// Pings may come first.
async fn loop_to_text(
    first: Option<Result<Frame, WsProtocolError>>,
    socket: &mut impl Socket,
) -> actix_web::web::Bytes {
    let mut frame = first;
    loop {
        match frame {
            Some(Ok(Frame::Text(text))) => return text,
            Some(Ok(Frame::Ping(_))) => frame = socket.next().await,
            other => panic!("{other:?}"),
        }
    }
}
