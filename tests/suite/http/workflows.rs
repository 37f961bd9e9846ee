//! Start, repeat, read, cancel and retry a workflow; the catalog; the caller.

use actix_web::test::TestRequest;
use autopilot::ports::{Role, StoreError};
use serde_json::json;
use std::sync::atomic::Ordering;

use super::support::{CANARY, Reply, Scene, bearer, key, question, run_view};

async fn submit(scene: &Scene, idempotency_key: &str, body: serde_json::Value) -> Reply {
    let request =
        TestRequest::post().uri("/v1/workflows").insert_header(bearer(&key('a', Role::Member)));
    scene.call(request.insert_header(("Idempotency-Key", idempotency_key)).set_json(body)).await
}

#[actix_web::test]
async fn a_submission_is_accepted_once_for_each_key() {
    let scene = Scene::new();
    let first = submit(&scene, "k1", question()).await;
    assert_eq!(first.status, 202);
    let id = first.json()["id"].clone();
    assert_eq!(first.json(), json!({"id": id, "status": "queued", "queue_position": 1}));
    assert_eq!(first.header("location"), format!("/v1/workflows/{}", id.as_str().unwrap()));
    assert_eq!(*scene.world.wakes.lock().unwrap(), [scene.org_a]);

    let again = submit(&scene, "k1", question()).await;
    assert_eq!((again.status.as_u16(), again.json()["id"].clone()), (200, id.clone()));
    let mut other = question();
    other["input"]["as_of"] = json!("1998-07-31");
    submit(&scene, "k1", other).await.problem(409, "IDEMPOTENCY_CONFLICT");
    assert_ne!(submit(&scene, "k2", question()).await.json()["id"], id);
    assert_eq!(scene.org(scene.org_a).runs.len(), 3);
}

#[actix_web::test]
async fn the_stored_input_is_the_checked_question() {
    let scene = Scene::new();
    submit(&scene, "k", question()).await;
    let input = scene.org(scene.org_a).runs[1].input.clone();
    let expected = json!({"metric": "revenue", "period": "last_complete_week", "as_of": "1998-06-30", "source": null});
    assert_eq!(input, expected);
}

#[actix_web::test]
async fn an_idempotency_key_is_1_to_200_visible_ascii_characters() {
    let scene = Scene::new();
    assert_eq!(submit(&scene, &"k".repeat(200), question()).await.status, 202);
    for bad in ["", "a b", "a\tb", &"k".repeat(201)] {
        let detail = submit(&scene, bad, question()).await.problem(422, "INPUT_INVALID");
        assert!(detail.starts_with("Idempotency-Key"), "{detail}");
    }
    let twice =
        TestRequest::post().uri("/v1/workflows").insert_header(bearer(&key('a', Role::Member)));
    let twice =
        twice.append_header(("Idempotency-Key", "a")).append_header(("Idempotency-Key", "b"));
    scene.call(twice.set_json(question())).await.problem(422, "INPUT_INVALID");
}

#[actix_web::test]
async fn a_full_queue_is_429_and_a_committed_run_is_never_reported_as_failed() {
    let scene = Scene::new();
    scene.world.queue_full.store(true, Ordering::SeqCst);
    let reply = submit(&scene, "k", question()).await;
    reply.problem(429, "QUEUE_FULL");
    assert_eq!(reply.header("retry-after"), "10");
    scene.world.queue_full.store(false, Ordering::SeqCst);

    // The row is written; reading it back fails.
    scene.fail([None, Some(StoreError::Unavailable)]);
    let unread = submit(&scene, "k", question()).await;
    assert_eq!((unread.status.as_u16(), unread.json()["status"].clone()), (202, json!("queued")));
    assert_eq!(scene.org(scene.org_a).runs[1].run.to_string(), unread.json()["id"]);
}

#[actix_web::test]
async fn lists_are_paged_from_new_to_old() {
    let scene = Scene::new();
    for number in 0..4 {
        submit(&scene, &format!("k{number}"), question()).await;
    }
    let viewer = key('a', Role::Viewer);
    let first = scene.get(&viewer, "/v1/workflows?limit=3").await.json();
    let next = first["next_cursor"].as_str().unwrap();
    let second = scene.get(&viewer, &format!("/v1/workflows?limit=3&cursor={next}")).await.json();
    let ids = |page: &serde_json::Value| {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = [ids(&first), ids(&second)].concat();
    assert_eq!((ids(&first).len(), ids(&second).len()), (3, 2));
    assert!(all.windows(2).all(|pair| pair[0] > pair[1]), "{all:?}");
    assert_eq!(second["next_cursor"], json!(null));
}

#[actix_web::test]
async fn cancel_and_retry_follow_the_state_of_the_run() {
    let scene = Scene::new();
    let member = key('a', Role::Member);
    let path = |what: &str| format!("/v1/workflows/{}/{what}", scene.run_a);
    let none = json!({});
    assert_eq!(scene.post(&member, &path("cancel"), &none).await.status, 202);
    scene.post(&member, &path("retry"), &none).await.problem(409, "RUN_NOT_RETRYABLE");
    scene.end("succeeded");
    let ended = scene.post(&member, &path("cancel"), &none).await;
    assert_eq!((ended.status.as_u16(), ended.json()["status"].clone()), (200, json!("succeeded")));
    scene.end("partial_failure");
    let retried = scene.post(&member, &path("retry"), &none).await;
    assert_eq!((retried.status.as_u16(), retried.json()["status"].clone()), (202, json!("queued")));
}

#[actix_web::test]
async fn receipts_show_money_as_decimal_text() {
    let scene = Scene::new();
    let path = format!("/v1/workflows/{}/receipts", scene.run_a);
    let receipt = scene.get(&key('a', Role::Viewer), &path).await.json()["items"][0].clone();
    assert_eq!(receipt["billed_usd"], "0.000060");
    assert_eq!(receipt["billed_bytes"], 10_485_760);
    assert_eq!(
        (&receipt["state"], &receipt["decision"]["accuracy"]),
        (&json!("settled"), &json!("PRECISE"))
    );
}

#[actix_web::test]
async fn an_admin_decides_about_columns_and_hears_which_were_unknown() {
    let scene = Scene::new();
    let admin = key('a', Role::Admin);
    let table = json!({"project": CANARY, "dataset": "shop", "table": "orders"});
    let decision = |column: &str| json!({"table": table, "column": column, "examination": "clear"});
    let body = json!({"decisions": [decision("amount"), decision("nothing")]});
    let reply = scene.post(&admin, "/v1/catalog/column-decisions", &body).await;
    assert_eq!(reply.json(), json!({"recorded": 1, "unknown": [decision("nothing")]}));
    assert_eq!(scene.org(scene.org_a).decisions.len(), 1);
    for bad in [
        json!({"decisions": []}),
        json!({"decisions": [decision("a\u{0}b")]}),
        json!({"decisions": [decision("")]}),
    ] {
        scene
            .post(&admin, "/v1/catalog/column-decisions", &bad)
            .await
            .problem(422, "INPUT_INVALID");
    }
    let catalog = scene.get(&admin, "/v1/catalog").await.json();
    assert_eq!(
        catalog["tables"][0]["columns"][0],
        json!({"name": "amount", "type": "NUMERIC", "repeated": false, "examination": "unexamined"})
    );
}

#[actix_web::test]
async fn the_caller_sees_themselves_and_their_own_actors() {
    let scene = Scene::new();
    let me = scene.get(&key('b', Role::Member), "/v1/me").await.json();
    assert_eq!((&me["org_id"], &me["role"]), (&json!(scene.org_b.to_string()), &json!("member")));
    let actors = scene.get(&key('b', Role::Admin), "/v1/admin/actors").await.json();
    let path = format!("kernel/tenant:{}", scene.org_b);
    assert_eq!(actors["actors"].as_array().unwrap().len(), 1, "{actors}");
    assert_eq!(actors["actors"][0]["path"], json!(path));
}

#[actix_web::test]
async fn a_failed_step_is_shown_with_its_code_and_what_to_do() {
    let scene = Scene::new();
    scene.edit_a(|org| {
        let step = json!({"step_name": "execute", "status": "failed", "attempt": 4, "round": 0, "retry_count": 3,
            "step_key": "0".repeat(64), "output": null, "output_hash": null,
            "started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:00:01Z",
            "error": {"class": "TIMEOUT", "code": "WAREHOUSE_TIMEOUT", "safe_message": "It took too long."}});
        let mut view = run_view(org.runs[0].run, json!({}), "partial_failure");
        view.steps.push(serde_json::from_value(step).unwrap());
        org.runs[0] = view;
    });
    let viewer = key('a', Role::Viewer);
    let shown = scene.get(&viewer, &format!("/v1/workflows/{}", scene.run_a)).await.json();
    assert_eq!(shown["steps"][0]["error"]["code"], "WAREHOUSE_TIMEOUT");
    assert_eq!(shown["steps"][0]["error"]["message"], "It took too long.");
    assert!(shown["steps"][0]["error"]["next_step"].as_str().unwrap().ends_with('.'));
    scene.fail([Some(StoreError::Unavailable)]);
    scene
        .get(&viewer, &format!("/v1/workflows/{}", scene.run_a))
        .await
        .problem(503, "DEPENDENCY_DOWN");
}
