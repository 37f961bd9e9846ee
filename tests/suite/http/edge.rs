//! Request ids, headers, panics, limits, probes and the documentation pages.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::test::TestRequest;
use autopilot::http::Limits;
use autopilot::ports::{Role, StoreError};
use autopilot_domain::codes::ErrorCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::support::{Scene, bearer, key};

#[actix_web::test]
async fn every_answer_has_a_fresh_request_id_and_the_security_headers() {
    let scene = Scene::new();
    let sent = "00000000-0000-0000-0000-000000000000";
    let mut seen = std::collections::BTreeSet::new();
    for path in ["/healthz", "/v1/me", "/v1/workflows", "/nowhere", "/docs/"] {
        let request = TestRequest::get().uri(path).insert_header(bearer(&key('a', Role::Viewer)));
        let reply = scene.call(request.insert_header(("X-Request-Id", sent))).await;
        let id = reply.header("x-request-id").to_owned();
        assert_eq!(uuid::Uuid::parse_str(&id).unwrap().get_version_num(), 7, "{path}");
        assert!(seen.insert(id), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("x-frame-options"), "DENY");
        assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(reply.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(reply.header("cache-control"), "no-store");
        let own_scripts = if path == "/docs/" { "script-src 'self'" } else { "default-src 'none'" };
        assert!(reply.header("content-security-policy").contains(own_scripts), "{path}");
    }
}

/// Sends one GET on an open connection and answers the whole response.
async fn get(stream: &mut TcpStream, path: &str, key: &str) -> String {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    response(stream).await
}

async fn response(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await.unwrap();
        assert!(count > 0, "the server closed the connection: {}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .to_lowercase()
            .split("content-length: ")
            .nth(1)
            .unwrap()
            .split("\r\n")
            .next()
            .unwrap()
            .parse::<usize>()
            .unwrap();
        if body.len() >= length {
            return text;
        }
    }
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

#[actix_web::test]
async fn a_panic_is_a_500_with_a_request_id_and_the_connection_lives() {
    let scene = Scene::new();
    let server = scene.start();
    let mut stream = connect(server.address).await;
    let viewer = key('a', Role::Viewer);
    scene.world.panic_next.store(true, Ordering::SeqCst);
    let broken = get(&mut stream, "/v1/workflows", &viewer).await;
    assert!(
        broken.starts_with("HTTP/1.1 500") && broken.contains("\"code\":\"INTERNAL\""),
        "{broken}"
    );
    assert!(broken.contains("\"request_id\":\"") && !broken.contains("the test asked"), "{broken}");
    let next = get(&mut stream, "/v1/workflows", &viewer).await;
    assert!(next.starts_with("HTTP/1.1 200"), "{next}");
    drop(stream);
    server.stop().await;
}

#[actix_web::test]
async fn a_body_that_does_not_say_how_long_it_is_is_cut_off_at_the_cap() {
    let scene = Scene::new();
    let server = scene.start();
    let mut stream = connect(server.address).await;
    let head = format!(
        "POST /v1/workflows HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        key('a', Role::Member)
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 64 * 1024, " ".repeat(64 * 1024));
    for _ in 0..5 {
        // The server may close before it has read all of it.
        let _ = stream.write_all(chunk.as_bytes()).await;
    }
    let refused = response(&mut stream).await;
    assert!(refused.starts_with("HTTP/1.1 413") && refused.contains("BODY_TOO_LARGE"), "{refused}");
    drop(stream);
    server.stop().await;
}

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[actix_web::test]
async fn the_log_names_route_status_and_request_id_and_nothing_that_was_sent() {
    let scene = Scene::new();
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    // With one dispatcher alone, a thread of another test may switch a log line off for all threads.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let guard =
        tracing::subscriber::set_default(subscriber.with_writer(move || writer.clone()).finish());
    let viewer = key('a', Role::Viewer);
    let path = format!("/v1/workflows/{}?s3cret=1", scene.run_a);
    let request = TestRequest::get()
        .uri(&path)
        .insert_header(bearer(&viewer))
        .insert_header(("User-Agent", "s3cret"));
    let reply = scene.call(request).await;
    scene.fail([Some(StoreError::Corrupt("what broke"))]);
    assert_eq!(scene.get(&viewer, "/v1/workflows").await.status, 500);
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("/v1/workflows/{id}") && text.contains("status=200"), "{text}");
    assert!(text.contains(reply.header("x-request-id")), "{text}");
    assert!(text.contains("what broke"), "the operator sees the inner text: {text}");
    for sent in ["s3cret", viewer.as_str(), &scene.run_a.to_string()] {
        assert!(!text.contains(sent), "{sent}: {text}");
    }
}

#[actix_web::test]
async fn a_full_server_refuses_at_once_and_its_probes_still_answer() {
    let scene = std::rc::Rc::new(Scene::with(Limits { in_flight: 1, ..Limits::default() }));
    let hold = scene.world.gate.acquire_many(1_000).await.unwrap();
    let viewer = key('a', Role::Viewer);
    let (other, theirs) = (scene.clone(), viewer.clone());
    let first = actix_web::rt::spawn(async move { other.get(&theirs, "/v1/workflows").await });
    scene.world.entered.notified().await;
    let refused = scene.get(&viewer, "/v1/me").await;
    refused.problem(503, "OVERLOADED");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(scene.get(&viewer, "/healthz").await.status, 200);
    assert_eq!(scene.get(&viewer, "/readyz").await.status, 200);
    drop(hold);
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(scene.get(&viewer, "/v1/me").await.status, 200, "the place was given back");
}

#[actix_web::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let scene =
        Scene::with(Limits { request_deadline: Duration::from_millis(50), ..Limits::default() });
    let _hold = scene.world.gate.acquire_many(1_000).await.unwrap();
    let viewer = key('a', Role::Viewer);
    let given_up =
        tokio::time::timeout(Duration::from_secs(5), scene.get(&viewer, "/v1/workflows"));
    let detail = given_up.await.unwrap().problem(503, "DEPENDENCY_DOWN");
    assert!(detail.contains("deadline"), "{detail}");
}

#[actix_web::test]
async fn readiness_names_the_part_that_does_not_work() {
    let scene = Scene::new();
    assert_eq!(scene.get("", "/readyz").await.json()["ready"], true);
    scene.world.ready.store(false, Ordering::SeqCst);
    let reply = scene.get("", "/readyz").await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.json()["parts"][1], serde_json::json!({"name": "redis", "ok": false}));
    assert_eq!(scene.get("", "/healthz").await.status, 200);
}

#[actix_web::test]
async fn head_is_answered_where_get_is() {
    let scene = Scene::new();
    let reply = scene
        .call(TestRequest::default().method(actix_web::http::Method::HEAD).uri("/healthz"))
        .await;
    assert_eq!(reply.status, 200);
}

#[actix_web::test]
async fn the_documentation_comes_out_of_the_binary_and_loads_nothing_foreign() {
    let scene = Scene::new();
    assert_eq!(scene.get("", "/docs").await.header("location"), "/docs/");
    for file in ["", "swagger-ui-bundle.js", "swagger-ui.css", "swagger-initializer.js"] {
        assert_eq!(scene.get("", &format!("/docs/{file}")).await.status, 200, "{file}");
    }
    let document = scene.get("", "/openapi.json").await.json();
    assert_eq!(document["info"]["title"], "Data Team Autopilot");
    for code in ErrorCode::ALL {
        let page = scene.get("", &format!("/docs/errors/{code}")).await;
        assert!(page.text.starts_with(&format!("# {code}\n")), "{page:?}");
    }
}
