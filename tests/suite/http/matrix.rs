//! Every route of the table with no key, a wrong key, another organisation's key, and a weaker role.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use autopilot::http::{Access, ROUTES, RouteSpec, Verb};
use autopilot::ports::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{CANARY, Reply, Scene, bearer, key, question};

fn request(spec: &RouteSpec, id: &str) -> TestRequest {
    let path =
        spec.path.replace("{id}", id).replace("{code}", "NOT_FOUND").replace("{file:.*}", "");
    let path = path.replace("{path:.*}", &format!("kernel/tenant:{id}"));
    match spec.verb {
        Verb::Get => TestRequest::get().uri(&path),
        Verb::Post => TestRequest::post().uri(&path).set_json(body(spec.path)),
    }
}

fn body(path: &str) -> Value {
    let decision = json!({"table": {"project": CANARY, "dataset": "shop", "table": "orders"}, "column": "amount", "examination": "clear"});
    if path.ends_with("column-decisions") { json!({"decisions": [decision]}) } else { question() }
}

async fn as_holder(scene: &Scene, spec: &RouteSpec, id: &str, key: &str) -> Reply {
    scene.call(request(spec, id).insert_header(bearer(key))).await
}

/// A document without what differs between any two requests.
fn without_request_id(reply: &Reply) -> Value {
    let mut body = reply.json();
    body.as_object_mut().unwrap().remove("request_id");
    body
}

#[actix_web::test]
async fn without_a_valid_key_only_public_routes_answer() {
    let scene = Scene::new();
    for spec in ROUTES {
        let id = scene.run_a.to_string();
        let none = scene.call(request(spec, &id)).await;
        let wrong = as_holder(&scene, spec, &id, "ap_not_a_key").await;
        let basic =
            scene.call(request(spec, &id).insert_header(("Authorization", "Basic YTpi"))).await;
        if spec.access == Access::Public {
            assert!(
                !none.status.is_client_error() && !none.status.is_server_error(),
                "{}",
                spec.path
            );
            assert!(!none.text.contains(CANARY));
            continue;
        }
        none.problem(401, "AUTH_MISSING");
        wrong.problem(401, "AUTH_INVALID");
        basic.problem(401, "AUTH_INVALID");
        for reply in [none, wrong, basic] {
            assert!(reply.header("www-authenticate").starts_with("Bearer"), "{}", spec.path);
        }
    }
    assert_eq!(scene.org(scene.org_a).runs.len(), 1);
    assert!(scene.world.wakes.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn two_keys_in_one_request_are_no_key() {
    let scene = Scene::new();
    let twice = TestRequest::get().uri("/v1/me").append_header(bearer(&key('a', Role::Admin)));
    scene
        .call(twice.append_header(bearer(&key('b', Role::Admin))))
        .await
        .problem(401, "AUTH_INVALID");
}

#[actix_web::test]
async fn another_organisation_sees_and_changes_nothing() {
    let scene = Scene::new();
    let admin = key('b', Role::Admin);
    for spec in ROUTES {
        let theirs = as_holder(&scene, spec, &scene.run_a.to_string(), &admin).await;
        assert!(!theirs.text.contains(CANARY), "{}", spec.path);
        assert!(!theirs.text.contains(&scene.org_a.to_string()), "{}", spec.path);
        if spec.path.contains("{id}") {
            theirs.problem(404, "NOT_FOUND");
            let missing = as_holder(&scene, spec, &Uuid::now_v7().to_string(), &admin).await;
            assert_eq!(without_request_id(&theirs), without_request_id(&missing), "{}", spec.path);
        }
    }
    let org = scene.org(scene.org_a);
    assert!(org.runs.len() == 1 && org.decisions.is_empty());
    assert!(!scene.world.wakes.lock().unwrap().contains(&scene.org_a));
}

#[actix_web::test]
async fn a_role_may_do_what_the_table_says_and_no_more() {
    for role in [Role::Viewer, Role::Member, Role::Admin] {
        for spec in ROUTES {
            let scene = Scene::new();
            let reply = as_holder(&scene, spec, &scene.run_a.to_string(), &key('a', role)).await;
            match spec.access {
                Access::AtLeast(needed) if role < needed => {
                    reply.problem(403, "ROLE_FORBIDDEN");
                    let org = scene.org(scene.org_a);
                    assert!(org.runs.len() == 1 && org.decisions.is_empty(), "{}", spec.path);
                }
                Access::Operator => drop(reply.problem(403, "ROLE_FORBIDDEN")),
                Access::AdminOrOperator if role < Role::Admin => {
                    reply.problem(403, "ROLE_FORBIDDEN");
                    assert!(scene.world.restarts.lock().unwrap().is_empty());
                }
                Access::AtLeast(_) | Access::Public | Access::AdminOrOperator => {
                    assert_ne!(reply.status, 403, "{}", spec.path)
                }
            }
        }
    }
}

/// The roles of the table itself: what changes something is never for viewers.
#[test]
fn changing_routes_need_more_than_a_viewer_and_admin_routes_an_admin() {
    for spec in ROUTES {
        if spec.verb == Verb::Post {
            assert!(
                spec.access == Access::AdminOrOperator
                    || matches!(spec.access, Access::AtLeast(role) if role > Role::Viewer),
                "{}",
                spec.path
            );
        }
        if spec.path.starts_with("/v1/admin") {
            let inspects = matches!(spec.access, Access::Operator | Access::AdminOrOperator);
            assert!(inspects, "{}", spec.path);
        }
        if spec.path.ends_with("column-decisions") {
            assert_eq!(spec.access, Access::AtLeast(Role::Admin), "{}", spec.path);
        }
        assert_eq!(spec.access == Access::Public, !spec.path.starts_with("/v1/"), "{}", spec.path);
    }
}

#[actix_web::test]
async fn a_wrong_method_is_405_with_the_methods_that_work() {
    let scene = Scene::new();
    for spec in ROUTES {
        let uri = spec
            .path
            .replace("{id}", &scene.run_a.to_string())
            .replace("{code}", "X")
            .replace("{file:.*}", "x")
            .replace("{path:.*}", "x");
        let reply = scene.call(TestRequest::default().method(Method::DELETE).uri(&uri)).await;
        reply.problem(405, "METHOD_NOT_ALLOWED");
        let allowed: Vec<_> = ROUTES
            .iter()
            .filter(|other| other.path == spec.path)
            .map(|other| other.verb.allow())
            .collect();
        assert_eq!(reply.header("allow"), allowed.join(", "));
    }
}
