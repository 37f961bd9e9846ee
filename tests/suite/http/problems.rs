//! What a bad request, a broken store and a leaving server look like.

use actix_web::test::TestRequest;
use autopilot::ports::{Role, StoreError};
use serde_json::json;
use std::sync::atomic::Ordering;

use super::support::{Reply, Scene, bearer, key, question};

async fn submit_text(scene: &Scene, body: String) -> Reply {
    let request =
        TestRequest::post().uri("/v1/workflows").insert_header(bearer(&key('a', Role::Member)));
    scene.call(request.insert_header(("Content-Type", "application/json")).set_payload(body)).await
}

#[actix_web::test]
async fn unknown_addresses_and_ids_that_are_none_are_404() {
    let scene = Scene::new();
    let viewer = key('a', Role::Viewer);
    for path in [
        "/",
        "/v2/workflows",
        "/v1/workflows/",
        "/v1/workflows/17",
        "/v1/workflows/17/receipts",
        "/docs/errors/NO_SUCH",
        "/docs/no-such-file",
    ] {
        scene.get(&viewer, path).await.problem(404, "NOT_FOUND");
    }
}

#[actix_web::test]
async fn a_bad_body_is_422_with_field_and_position_and_never_its_values() {
    let scene = Scene::new();
    for (body, named) in [
        ("{", "line 1"),
        ("", "line 1"),
        (r#"{"kind": "s3cret", "input": {}}"#, "kind: expected"),
        (r#"{"kind": "answer_question"}"#, "missing field `input`"),
        (
            r#"{"kind": "answer_question", "input": {"metric": "s3cret", "period": "last_complete_week"}}"#,
            "input.metric",
        ),
        (
            r#"{"kind": "answer_question", "input": {"metric": "revenue", "period": "last_complete_week", "s3cret": 1}}"#,
            "input: a field stands here",
        ),
        (
            r#"{"kind": "answer_question", "input": {"metric": "revenue", "period": "last_complete_week", "as_of": "s3cret"}}"#,
            "input.as_of",
        ),
        (
            r#"{"kind": "generate_memo", "input": {"s3cret": 1}}"#,
            "not available yet; available are profile_warehouse, answer_question and run_query",
        ),
        (
            r#"{"kind": "answer_question", "kind": "answer_question", "input": {}}"#,
            "duplicate field `kind`",
        ),
    ] {
        let reply = submit_text(&scene, body.to_owned()).await;
        let detail = reply.problem(422, "INPUT_INVALID");
        assert!(detail.contains(named), "{body} -> {detail}");
        assert!(!reply.text.contains("s3cret"), "{}", reply.text);
    }
    let deep = format!(r#"{{"kind": {}"#, "[".repeat(100_000));
    submit_text(&scene, deep).await.problem(422, "INPUT_INVALID");
    assert_eq!(scene.org(scene.org_a).runs.len(), 1, "nothing was started");
}

#[actix_web::test]
async fn a_body_of_another_type_or_size_is_refused() {
    let scene = Scene::new();
    let member = key('a', Role::Member);
    let post = || TestRequest::post().uri("/v1/workflows").insert_header(bearer(&member));
    let form =
        post().insert_header(("Content-Type", "text/plain")).set_payload(question().to_string());
    assert!(scene.call(form).await.problem(422, "INPUT_INVALID").contains("Content-Type"));

    let cap = scene.state.limits.body_bytes;
    let padded = |size: usize| {
        let text = question().to_string();
        format!("{text}{}", " ".repeat(size - text.len()))
    };
    assert_eq!(submit_text(&scene, padded(cap)).await.status, 202);
    submit_text(&scene, padded(cap + 1)).await.problem(413, "BODY_TOO_LARGE");
}

#[actix_web::test]
async fn bad_parameters_are_named() {
    let scene = Scene::new();
    let viewer = key('a', Role::Viewer);
    for (query, named) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=s3cret", "query string"),
        ("s3cret=1", "`limit` or `cursor`"),
        ("cursor=s3cret", "cursor"),
        ("limit=1&limit=2", "duplicate field `limit`"),
    ] {
        let reply = scene.get(&viewer, &format!("/v1/workflows?{query}")).await;
        let detail = reply.problem(422, "INPUT_INVALID");
        assert!(detail.contains(named), "{query} -> {detail}");
        assert!(!reply.text.contains("s3cret"), "{}", reply.text);
    }
}

#[actix_web::test]
async fn a_broken_store_is_told_by_code_and_its_text_stays_inside() {
    let scene = Scene::new();
    let viewer = key('a', Role::Viewer);
    scene.fail([Some(StoreError::Unavailable)]);
    let reply = scene.get(&viewer, "/v1/workflows").await;
    reply.problem(503, "DEPENDENCY_DOWN");
    assert_eq!(reply.header("retry-after"), "5");
    scene.fail([Some(StoreError::Corrupt("column s3cret"))]);
    let reply = scene.get(&viewer, "/v1/workflows").await;
    reply.problem(500, "INTERNAL");
    assert!(!reply.text.contains("s3cret"));
    scene.fail([Some(StoreError::Lost)]);
    scene.get(&viewer, "/v1/workflows").await.problem(503, "OWNERSHIP_LOST");
}

#[actix_web::test]
async fn a_leaving_server_takes_no_new_work_and_says_so() {
    let scene = Scene::new();
    scene.world.draining.store(true, Ordering::SeqCst);
    let member = key('a', Role::Member);
    let reply = scene.post(&member, "/v1/workflows", &question()).await;
    reply.problem(503, "DRAINING");
    assert_eq!(reply.header("retry-after"), "1");
    scene
        .post(&member, &format!("/v1/workflows/{}/retry", scene.run_a), &json!({}))
        .await
        .problem(503, "DRAINING");
    assert_eq!(scene.get(&member, "/v1/workflows").await.status, 200, "reading goes on");
    assert_eq!(scene.get(&member, "/readyz").await.status, 503);
    assert_eq!(scene.get(&member, "/healthz").await.status, 200);
}

#[actix_web::test]
async fn a_deeply_nested_body_is_refused_by_its_depth_and_harms_nobody() {
    let scene = Scene::new();
    for open in ["[", r#"{"a":"#] {
        let detail = submit_text(&scene, open.repeat(20_000)).await.problem(422, "INPUT_INVALID");
        assert!(detail.contains("at most 32 levels"), "{detail}");
    }
    let within = format!("{}{}", "[".repeat(32), "]".repeat(32));
    let detail = submit_text(&scene, within).await.problem(422, "INPUT_INVALID");
    assert!(!detail.contains("levels"), "{detail}");
}

#[actix_web::test]
async fn headers_and_addresses_beyond_the_bounds_are_431() {
    let scene = Scene::new();
    let many = |count: usize| {
        (0..count).fold(TestRequest::get().uri("/healthz"), |request, index| {
            request.insert_header((format!("x-{index}"), "1"))
        })
    };
    assert_eq!(scene.call(many(64)).await.status, 200);
    scene.call(many(65)).await.problem(431, "HEADERS_TOO_LARGE");
    let long = TestRequest::get().uri("/healthz").insert_header(("x-long", "v".repeat(16 * 1024)));
    scene.call(long).await.problem(431, "HEADERS_TOO_LARGE");
    let address = format!("/healthz?{}", "q".repeat(4 * 1024));
    scene.get("", &address).await.problem(431, "HEADERS_TOO_LARGE");
}
