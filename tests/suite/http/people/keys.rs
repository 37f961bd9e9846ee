//! Keys through the API: bounded by the credential that makes them, ended by revocation or time.

use actix_web::http::Method;
use autopilot::ports::Role;
use serde_json::json;

use super::Real;

#[actix_web::test]
async fn a_key_is_never_stronger_than_what_made_it() {
    let real = Real::new().await;
    let scopes = [("read", Role::Viewer), ("execute", Role::Member), ("admin", Role::Admin)];
    for maker in [Role::Viewer, Role::Member, Role::Admin] {
        for (scope, role) in scopes {
            let body = json!({"name": "k", "scopes": [scope]});
            let reply = real.post(real.a.key(maker), "/v1/keys", body).await;
            if role > maker {
                reply.problem(403, "ROLE_FORBIDDEN");
                continue;
            }
            let key = reply.json()["key"].as_str().unwrap().to_owned();
            assert_eq!(real.get(&key, "/v1/me").await.json()["role"], role.as_str());
        }
    }
    // A weak key of an admin does not make a strong one.
    let body = json!({"name": "weak", "scopes": ["read"]});
    let weak = real.post(real.a.admin(), "/v1/keys", body).await.json();
    let weak = weak["key"].as_str().unwrap();
    let body = json!({"name": "strong", "scopes": ["admin"]});
    real.post(weak, "/v1/keys", body).await.problem(403, "ROLE_FORBIDDEN");
    assert_eq!(real.get(weak, "/v1/users").await.status, 403);
}

#[actix_web::test]
async fn a_key_is_shown_once_and_over_when_revoked_or_ended() {
    let real = Real::new().await;
    let body =
        json!({"name": "nightly", "scopes": ["execute"], "expires_at": "2099-01-01T00:00:00Z"});
    let made = real.post(real.a.admin(), "/v1/keys", body).await.json();
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let listed = real.get(real.a.admin(), "/v1/keys").await;
    assert!(!listed.text.contains(key) && listed.text.contains("nightly"));
    let shown = listed.json();
    let shown = shown["keys"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap();
    assert!(key.starts_with(shown["prefix"].as_str().unwrap()));
    let own = real.get(real.a.key(Role::Viewer), "/v1/keys").await;
    assert!(!own.text.contains("nightly"), "a viewer sees their own keys only");

    assert_eq!(real.get(key, "/v1/me").await.status, 200);
    let path = format!("/v1/keys/{id}");
    real.send(real.a.key(Role::Member), Method::DELETE, &path, json!({}))
        .await
        .problem(404, "NOT_FOUND");
    assert_eq!(real.send(real.a.admin(), Method::DELETE, &path, json!({})).await.status, 204);
    real.get(key, "/v1/me").await.problem(401, "AUTH_INVALID");

    let body = json!({"name": "past", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"});
    let past = real.post(real.a.admin(), "/v1/keys", body).await;
    assert!(past.problem(422, "INPUT_INVALID").contains("expires_at"));
    for body in [
        json!({"name": "x", "scopes": []}),
        json!({"name": "", "scopes": ["read"]}),
        json!({"name": "x", "scopes": ["root"]}),
        json!({"name": "x", "scopes": ["read"], "expires_at": "soon"}),
        json!({"name": "x", "scopes": "read"}),
    ] {
        real.post(real.a.admin(), "/v1/keys", body).await.problem(422, "INPUT_INVALID");
    }
}

#[actix_web::test]
async fn a_user_has_at_most_fifty_keys_in_force() {
    let real = Real::new().await;
    let body = || json!({"name": "k", "scopes": ["read"]});
    for _ in 0..49 {
        let made = real.post(real.a.admin(), "/v1/keys", body()).await;
        assert_eq!(made.status, 201, "{made:?}");
    }
    real.post(real.a.admin(), "/v1/keys", body()).await.problem(409, "TOO_MANY");
    let own = real.post(real.a.key(Role::Member), "/v1/keys", body()).await;
    assert_eq!(own.status, 201, "the bound is a user's, not the organisation's");
}
