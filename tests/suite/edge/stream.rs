//! One run's events, begun at one server and read on at another.

use std::time::Duration;

use awc::ws::{CloseCode, Frame};
use futures_util::StreamExt as _;
use serde_json::Value;

use super::neighbour;
use crate::chaos::world::{Sandbox, Server, World};

/// Positions that a server sends behind `after`, at most so many, and the close that ended them.
async fn read(
    server: &Server,
    key: &str,
    run: &str,
    (after, most): (i64, usize),
) -> Result<(Vec<i64>, Option<CloseCode>), u16> {
    let base = server.base.replace("http://", "ws://");
    let url = format!("{base}/v1/workflows/{run}/stream?after={after}");
    let request = awc::Client::new().ws(url).header("Authorization", format!("Bearer {key}"));
    let mut socket = match request.connect().await {
        Ok((_, socket)) => socket,
        Err(awc::error::WsClientError::InvalidResponseStatus(status)) => {
            return Err(status.as_u16());
        }
        Err(other) => panic!("{other}"),
    };
    let mut seen = Vec::new();
    while seen.len() < most {
        let frame = tokio::time::timeout(Duration::from_secs(30), socket.next()).await.unwrap();
        match frame.unwrap().unwrap() {
            Frame::Text(text) => {
                let event: Value = serde_json::from_slice(&text).unwrap();
                assert_eq!(event["workflow_id"], run, "{event}");
                seen.push(event["pos"].as_i64().unwrap());
            }
            Frame::Close(reason) => return Ok((seen, reason.map(|reason| reason.code))),
            Frame::Ping(_) => {}
            other @ (Frame::Binary(_) | Frame::Continuation(_) | Frame::Pong(_)) => {
                panic!("{other:?}")
            }
        }
    }
    Ok((seen, None))
}

#[actix_web::test]
async fn a_stream_is_read_on_at_another_server_without_a_gap_and_only_by_its_owner() {
    let sandbox = Sandbox::start().await;
    let world = World::new(&sandbox).await;
    let servers = [world.spawn("one", "").await, world.spawn("two", "").await];
    let foreign = neighbour(&world).await.1;
    servers[0].learn().await;
    sandbox.latency(300).await;
    let run = servers[0].ask().await.unwrap();
    let key = servers[0].key.clone();
    let (mut first, _) = read(&servers[0], &key, &run, (0, 2)).await.unwrap();
    assert_eq!(first.len(), 2);
    let (rest, closed) = read(&servers[1], &key, &run, (first[1], usize::MAX)).await.unwrap();
    assert_eq!(closed, Some(CloseCode::Normal));
    assert!(!rest.is_empty(), "the run went on after the second event");
    first.extend(rest);
    for server in &servers {
        let (whole, _) = read(server, &key, &run, (0, usize::MAX)).await.unwrap();
        assert_eq!(whole, first, "every server tells the same");
        assert_eq!(read(server, &foreign, &run, (0, 1)).await, Err(404));
    }
}
