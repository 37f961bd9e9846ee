//! Who sees which actors, owners and dead letters, and whose restart is recorded.

use autopilot::ports::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{OPERATOR, Reply, Scene, key};

fn paths(reply: &Reply) -> Vec<String> {
    let of = |actor: &Value| actor["path"].as_str().unwrap().to_owned();
    reply.json()["actors"].as_array().unwrap().iter().map(of).collect()
}

fn bare(reply: &Reply) -> Value {
    let mut body = reply.json();
    body.as_object_mut().unwrap().remove("request_id");
    body
}

#[actix_web::test]
async fn an_admin_sees_the_own_subtree_and_an_operator_all() {
    let scene = Scene::new();
    let own = format!("kernel/tenant:{}", scene.org_a);
    let admin = key('a', Role::Admin);
    let seen = paths(&scene.get(&admin, "/v1/admin/actors").await);
    assert_eq!(seen, std::slice::from_ref(&own));
    let all = paths(&scene.get(OPERATOR, "/v1/admin/actors").await);
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(all.is_sorted() && all[0] == "kernel" && all.contains(&own));
    let letters = scene.get(&admin, "/v1/admin/dead-letters").await.json();
    assert_eq!(letters["letters"].as_array().unwrap().len(), 1, "{letters}");
    assert_eq!(letters["letters"][0]["org_id"], json!(scene.org_a), "{letters}");
    let letters = scene.get(OPERATOR, "/v1/admin/dead-letters").await.json();
    assert_eq!(letters["letters"].as_array().unwrap().len(), 2);
    assert_eq!(scene.get(OPERATOR, "/v1/me").await.status, 401, "an operator is nobody's user");
}

#[actix_web::test]
async fn a_foreign_path_answers_exactly_like_a_missing_one() {
    let scene = Scene::new();
    let admin = key('a', Role::Admin);
    let missing = format!("kernel/tenant:{}", Uuid::now_v7());
    let foreign = format!("kernel/tenant:{}", scene.org_b);
    // The own id as a mere beginning is somebody else.
    let longer = format!("kernel/tenant:{}0", scene.org_a);
    for path in [foreign.as_str(), longer.as_str(), "kernel", "kernel/tenant:x", ""] {
        let gone = scene.get(&admin, &format!("/v1/admin/actors/{missing}")).await;
        let theirs = scene.get(&admin, &format!("/v1/admin/actors/{path}")).await;
        theirs.problem(404, "NOT_FOUND");
        assert_eq!(bare(&theirs), bare(&gone), "{path}");
        let asked =
            scene.post(&admin, &format!("/v1/admin/actors/{path}/restart"), &json!({})).await;
        assert_eq!(bare(&asked), bare(&gone), "{path}");
    }
    assert!(scene.world.restarts.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn a_restart_is_recorded_for_the_own_actor_and_for_an_operator_but_never_for_a_kernel() {
    let scene = Scene::new();
    let own = format!("kernel/tenant:{}", scene.org_a);
    let address = format!("/v1/admin/actors/{own}/restart");
    for who in [key('a', Role::Admin).as_str(), OPERATOR] {
        let asked = scene.post(who, &address, &json!({})).await;
        assert_eq!((asked.status.as_u16(), &asked.json()["generation"]), (202, &json!(1)));
    }
    let kernel = scene.post(OPERATOR, "/v1/admin/actors/kernel/restart", &json!({})).await;
    kernel.problem(422, "INPUT_INVALID");
    assert_eq!(*scene.world.restarts.lock().unwrap(), [own.clone(), own]);
}

#[actix_web::test]
async fn lists_are_read_page_by_page_and_a_bad_cursor_is_refused() {
    let scene = Scene::new();
    for (list, field) in [("actors", "actors"), ("owners", "owners"), ("dead-letters", "letters")] {
        let mut address = format!("/v1/admin/{list}?limit=1");
        let mut seen = Vec::new();
        loop {
            let page = scene.get(OPERATOR, &address).await.json();
            let items = page[field].as_array().unwrap();
            assert_eq!(items.len(), 1, "{page}");
            seen.push(items[0].to_string());
            let Some(next) = page["next_cursor"].as_str() else { break };
            address = format!("/v1/admin/{list}?limit=1&cursor={next}");
        }
        let whole = scene.get(OPERATOR, &format!("/v1/admin/{list}")).await.json();
        let whole: Vec<_> = whole[field].as_array().unwrap().iter().map(Value::to_string).collect();
        assert_eq!(seen, whole, "{list}");
        for bad in ["x", "MSBhY3RvcnM", "limit=0"] {
            let parameter =
                if bad.contains('=') { bad.to_owned() } else { format!("cursor={bad}") };
            scene
                .get(OPERATOR, &format!("/v1/admin/{list}?{parameter}"))
                .await
                .problem(422, "INPUT_INVALID");
        }
    }
}
