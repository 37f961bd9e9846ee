//! Users: who may change whom, and what a disabled user keeps.

use actix_web::http::Method;
use autopilot::ports::Role;
use serde_json::json;
use tokio_postgres::error::SqlState;

use super::Real;

#[actix_web::test]
async fn a_disabled_user_loses_sessions_keys_and_invitations_at_once() {
    let real = Real::new().await;
    let user = real.person("ana@example.com", "member").await;
    let browser = real.browser("ana@example.com").await;
    let key = json!({"name": "k", "scopes": ["execute"]});
    let made = real.call(browser.change(Method::POST, "/v1/keys").set_json(key)).await;
    let key = made.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(real.get(&key, "/v1/me").await.status, 200);

    let path = format!("/v1/users/{user}");
    let off = real.send(real.a.admin(), Method::PATCH, &path, json!({"enabled": false})).await;
    assert_eq!(off.json()["enabled"], false, "{off:?}");
    real.get(&key, "/v1/me").await.problem(401, "AUTH_INVALID");
    real.call(browser.get("/v1/me")).await.problem(401, "AUTH_INVALID");
    real.sign_in("ana@example.com", super::PASSWORD).await.problem(401, "LOGIN_FAILED");
    let invite = format!("{path}/invitation");
    real.post(real.a.admin(), &invite, json!({})).await.problem(404, "NOT_FOUND");

    real.send(real.a.admin(), Method::PATCH, &path, json!({"enabled": true})).await;
    assert_eq!(real.get(&key, "/v1/me").await.status, 200);
    real.call(browser.get("/v1/me")).await.problem(401, "AUTH_INVALID");
}

#[actix_web::test]
async fn a_role_holds_from_the_next_request_and_bounds_older_keys() {
    let real = Real::new().await;
    let user = real.a.user_id;
    let path = format!("/v1/users/{user}");
    let member = real.a.key(Role::Member);
    assert_eq!(real.get(member, "/v1/me").await.json()["role"], "member");
    real.send(real.a.admin(), Method::PATCH, &path, json!({"role": "viewer"})).await;
    assert_eq!(real.get(member, "/v1/me").await.json()["role"], "viewer");
    for (body, detail) in [
        (json!({}), "role"),
        (json!({"role": "owner"}), "role"),
        (json!({"role": "viewer", "tenant_id": "x"}), "not known"),
    ] {
        let reply = real.send(real.a.admin(), Method::PATCH, &path, body).await;
        assert!(reply.problem(422, "INPUT_INVALID").contains(detail), "{reply:?}");
    }
}

#[actix_web::test]
async fn an_organisation_is_never_left_without_an_admin() {
    let real = Real::new().await;
    let me =
        real.get(real.a.admin(), "/v1/me").await.json()["user_id"].as_str().unwrap().to_owned();
    let path = format!("/v1/users/{me}");
    for change in [json!({"enabled": false}), json!({"role": "member"})] {
        let reply = real.send(real.a.admin(), Method::PATCH, &path, change).await;
        reply.problem(409, "LAST_ADMIN");
    }
    let other = real.person("ana@example.com", "admin").await;
    // Both remove each other at once: whoever comes second waits, and is refused.
    let (one, two) = (real.test.app().await, real.test.app().await);
    let off = |user: &str| {
        let tenant = real.a.tenant;
        format!("SELECT public.user_change('{tenant}', '{user}', NULL, false)")
    };
    one.batch_execute("BEGIN").await.unwrap();
    let first: String = one.query_one(&off(&other), &[]).await.unwrap().get(0);
    let query = off(&me);
    let waiting = actix_web::rt::spawn(async move {
        let answered: String = two.query_one(&query, &[]).await.unwrap().get(0);
        answered
    });
    let blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database IS NOT DISTINCT FROM \
        (SELECT oid FROM pg_database WHERE datname = current_database()) OR \
        (NOT granted AND locktype = 'transactionid')";
    while real.count(blocked).await == 0 && !waiting.is_finished() {
        actix_web::rt::task::yield_now().await;
    }
    one.batch_execute("COMMIT").await.unwrap();
    let answered = waiting.await.unwrap();
    assert_eq!((first.as_str(), answered.as_str()), ("ok", "last_admin"));
}

#[actix_web::test]
async fn an_address_is_one_user_of_an_organisation_and_lists_come_in_pages() {
    let real = Real::new().await;
    real.invited("ana@example.com", "viewer").await;
    let body = json!({"email": "ANA@example.com", "name": "Ana", "role": "admin"});
    real.post(real.a.admin(), "/v1/users", body).await.problem(409, "ADDRESS_TAKEN");
    for (field, value) in [
        ("email", json!("ana")),
        ("name", json!("a\nb")),
        ("name", json!("")),
        ("role", json!("root")),
    ] {
        let mut body = json!({"email": "x@example.com", "name": "X", "role": "viewer"});
        body[field] = value;
        let reply = real.post(real.a.admin(), "/v1/users", body).await;
        assert!(reply.problem(422, "INPUT_INVALID").contains(field), "{reply:?}");
    }
    let mut seen = Vec::new();
    let mut path = "/v1/users?limit=3".to_owned();
    loop {
        let page = real.get(real.a.admin(), &path).await.json();
        let ids = page["users"].as_array().unwrap().iter();
        seen.extend(ids.map(|user| user["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/users?limit=3&cursor={next}");
    }
    assert_eq!(seen.len(), 4, "three with keys and one invited: {seen:?}");
    seen.dedup();
    assert_eq!(seen.len(), 4);
    assert!(seen.is_sorted());
}

/// The service's own login cannot read what would let it act as anybody, nor can a tenant's role.
#[actix_web::test]
async fn the_services_roles_reach_passwords_sessions_and_operators_through_functions_only() {
    let real = Real::new().await;
    let login = real.test.app().await;
    for table in [
        "user_password",
        "invitation",
        "browser_session",
        "login_throttle",
        "operator_key",
        "org_settings",
        "user_settings",
    ] {
        for sql in [format!("SELECT 1 FROM public.{table}"), format!("DELETE FROM public.{table}")]
        {
            let error = login.batch_execute(&sql).await.expect_err(&sql);
            assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
        }
    }
    let enter = format!("SET ROLE ap_t_{}", real.a.tenant.as_uuid().simple());
    login.batch_execute(&enter).await.unwrap();
    let functions = "SELECT p.oid FROM pg_proc p \
        WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef";
    let rows = real.test.migrator().await.query(functions, &[]).await.unwrap();
    assert!(rows.len() >= 20, "{}", rows.len());
    for row in rows {
        let function: u32 = row.get(0);
        let allowed = "SELECT has_function_privilege($1::oid, 'EXECUTE'), $1::oid::regproc::text";
        let row = login.query_one(allowed, &[&function]).await.unwrap();
        let (may, name): (bool, String) = (row.get(0), row.get(1));
        assert!(!may, "a tenant's role may call {name}");
    }
}
