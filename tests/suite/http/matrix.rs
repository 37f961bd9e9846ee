//! Every route of the table with no key, a wrong key and a wrong method, without a store behind it.
//! Organisations and roles are walked over the real store, in `people/matrix.rs`.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use autopilot::http::{Access, ROUTES, RouteSpec, Verb};
use autopilot::ports::Role;
use serde_json::{Value, json};

use super::support::{CANARY, Reply, Scene, bearer, key, question};

fn request(spec: &RouteSpec, id: &str) -> TestRequest {
    let path =
        spec.path.replace("{id}", id).replace("{code}", "NOT_FOUND").replace("{file:.*}", "");
    let path = path.replace("{path:.*}", &format!("kernel/tenant:{id}"));
    match spec.verb {
        Verb::Get => TestRequest::get().uri(&path),
        Verb::Post => TestRequest::post().uri(&path).set_json(body(spec.path)),
        Verb::Put => TestRequest::put().uri(&path).set_json(body(spec.path)),
        Verb::Patch => TestRequest::patch().uri(&path).set_json(body(spec.path)),
        Verb::Delete => TestRequest::delete().uri(&path),
    }
}

fn body(path: &str) -> Value {
    let decision = json!({"table": {"project": CANARY, "dataset": "shop", "table": "orders"}, "column": "amount", "examination": "clear"});
    if path.ends_with("column-decisions") { json!({"decisions": [decision]}) } else { question() }
}

async fn as_holder(scene: &Scene, spec: &RouteSpec, id: &str, key: &str) -> Reply {
    scene.call(request(spec, id).insert_header(bearer(key))).await
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
            assert!(!matches!(none.status.as_u16(), 401 | 403), "{}", spec.path);
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

#[test]
fn admin_routes_need_an_admin_or_an_operator() {
    for spec in ROUTES {
        if spec.path.starts_with("/v1/admin") {
            let inspects = matches!(spec.access, Access::Operator | Access::AdminOrOperator);
            assert!(inspects, "{}", spec.path);
        }
        if spec.path.ends_with("column-decisions") {
            assert_eq!(spec.access, Access::AtLeast(Role::Admin), "{}", spec.path);
        }
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
        let reply = scene.call(TestRequest::default().method(Method::TRACE).uri(&uri)).await;
        reply.problem(405, "METHOD_NOT_ALLOWED");
        let allowed: Vec<_> = ROUTES
            .iter()
            .filter(|other| other.path == spec.path)
            .map(|other| other.verb.allow())
            .collect();
        assert_eq!(reply.header("allow"), allowed.join(", "));
    }
}
