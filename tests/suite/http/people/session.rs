//! Invitations, signing in and out, the browser's session, and what other sites' pages cannot do.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::{Browser, PASSWORD, Real};
use crate::http::support::Reply;

fn bare(reply: &Reply) -> (u16, Value) {
    let mut body = reply.json();
    body.as_object_mut().unwrap().remove("request_id");
    (reply.status.as_u16(), body)
}

#[actix_web::test]
async fn an_invitation_sets_one_password_once() {
    let real = Real::new().await;
    let (_, token) = real.invited("ana@example.com", "member").await;
    let accept = |token: &str, password: &str| {
        let body = json!({"token": token, "password": password});
        TestRequest::post().uri("/v1/invitations/accept").set_json(body)
    };
    real.call(accept("apinv_forged", PASSWORD)).await.problem(404, "INVITATION_INVALID");
    let weak = real.call(accept(&token, "too short")).await;
    assert!(weak.problem(422, "PASSWORD_UNFIT").contains("12"), "{weak:?}");
    assert_eq!(real.call(accept(&token, PASSWORD)).await.status, 204);
    real.call(accept(&token, PASSWORD)).await.problem(404, "INVITATION_INVALID");
    assert_eq!(real.sign_in("Ana@Example.com", PASSWORD).await.status, 200);

    let (late, token) = real.invited("bo@example.com", "member").await;
    real.run_sql("UPDATE public.invitation SET ends_at = clock_timestamp() - interval '1 second'")
        .await;
    real.call(accept(&token, PASSWORD)).await.problem(404, "INVITATION_INVALID");
    let again = real.post(real.a.admin(), &format!("/v1/users/{late}/invitation"), json!({})).await;
    assert_eq!(again.status, 201, "{again:?}");
    assert_eq!(
        real.call(accept(again.json()["token"].as_str().unwrap(), PASSWORD)).await.status,
        204
    );
}

#[actix_web::test]
async fn a_session_reads_with_its_cookie_and_changes_only_with_its_token() {
    let real = Real::new().await;
    real.person("ana@example.com", "member").await;
    let browser = real.browser("ana@example.com").await;
    assert_eq!(real.call(browser.get("/v1/workflows")).await.status, 200);
    let shown = real.call(browser.get("/v1/session")).await;
    assert_eq!(shown.json()["csrf_token"], browser.csrf);
    assert_eq!(shown.json()["org_id"], real.a.tenant.to_string());

    let key = json!({"name": "k", "scopes": ["read"]});
    let post = |request: TestRequest| request.set_json(key.clone());
    let other = real.browser("ana@example.com").await;
    for (why, request) in [
        ("no token", browser.bare(Method::POST, "/v1/keys")),
        (
            "a wrong token",
            browser.bare(Method::POST, "/v1/keys").insert_header(("X-CSRF-Token", "x")),
        ),
        (
            "another session's token",
            browser.bare(Method::POST, "/v1/keys").insert_header(("X-CSRF-Token", other.csrf)),
        ),
        (
            "a foreign page",
            browser
                .change(Method::POST, "/v1/keys")
                .insert_header(("Origin", "https://evil.example")),
        ),
        (
            "an opaque page",
            browser.change(Method::POST, "/v1/keys").insert_header(("Origin", "null")),
        ),
        (
            "a foreign fetch",
            browser
                .change(Method::POST, "/v1/keys")
                .insert_header(("Sec-Fetch-Site", "cross-site")),
        ),
        (
            "a page of a sibling host",
            browser.change(Method::POST, "/v1/keys").insert_header(("Sec-Fetch-Site", "same-site")),
        ),
    ] {
        let reply = real.call(post(request)).await;
        assert_eq!(reply.status, 403, "{why}: {reply:?}");
        reply.problem(403, "CSRF_REFUSED");
    }
    let own =
        browser.change(Method::POST, "/v1/keys").insert_header(("Sec-Fetch-Site", "same-origin"));
    assert_eq!(real.call(post(own)).await.status, 201);

    // A page of another site cannot sign its visitor in to somebody else's account.
    let body = json!({"email": "ana@example.com", "password": PASSWORD});
    let foreign =
        TestRequest::post().uri("/v1/session").insert_header(("Origin", "https://evil.example"));
    real.call(foreign.set_json(body)).await.problem(403, "CSRF_REFUSED");
}

#[actix_web::test]
async fn a_session_ends_when_it_is_closed_idle_or_old() {
    let real = Real::new().await;
    real.person("ana@example.com", "viewer").await;
    let browser = real.browser("ana@example.com").await;
    let out = real.call(browser.change(Method::DELETE, "/v1/session")).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
    real.call(browser.get("/v1/me")).await.problem(401, "AUTH_INVALID");

    for (change, why) in [
        ("seen_at = clock_timestamp() - interval '8 hours 1 second'", "idle"),
        ("ends_at = clock_timestamp() - interval '1 second'", "old"),
    ] {
        let browser = real.browser("ana@example.com").await;
        assert_eq!(real.call(browser.get("/v1/me")).await.status, 200);
        real.run_sql(&format!("UPDATE public.browser_session SET {change}")).await;
        let reply = real.call(browser.get("/v1/me")).await;
        assert_eq!(reply.status, 401, "{why}");
    }
    // Only the 20 newest sessions of a user stay.
    for _ in 0..22 {
        real.browser("ana@example.com").await;
    }
    assert_eq!(real.count("SELECT count(*) FROM public.browser_session").await, 20);
}

#[actix_web::test]
async fn wrong_passwords_close_the_door_and_unknown_addresses_look_the_same() {
    let real = Real::new().await;
    real.person("ana@example.com", "member").await;
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for _ in 0..6 {
        known.push(bare(&real.sign_in("ana@example.com", "wrong horse battery").await));
        unknown.push(bare(&real.sign_in("nobody@example.com", "wrong horse battery").await));
    }
    assert_eq!(known, unknown);
    assert!(
        known[..5].iter().all(|(status, body)| *status == 401 && body["code"] == "LOGIN_FAILED")
    );
    assert_eq!(known[5].1["code"], "LOGIN_THROTTLED");
    let right = real.sign_in("ana@example.com", PASSWORD).await;
    right.problem(429, "LOGIN_THROTTLED");
    let wait: u32 = right.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");

    let open = "UPDATE public.login_throttle SET closed_until = clock_timestamp()";
    real.run_sql(open).await;
    assert_eq!(real.sign_in("ana@example.com", "wrong horse battery").await.status, 401);
    let longer = real.sign_in("ana@example.com", PASSWORD).await;
    let wait: u32 = longer.header("retry-after").parse().unwrap();
    assert!((31..=60).contains(&wait), "the sixth failure doubles the wait: {wait}");
    real.run_sql(open).await;
    assert_eq!(real.sign_in("ana@example.com", PASSWORD).await.status, 200);
    assert_eq!(real.sign_in("ana@example.com", "wrong horse battery").await.status, 401);
}

#[actix_web::test]
async fn guesses_at_once_are_no_more_than_guesses_one_after_another() {
    let real = Real::new().await;
    real.person("ana@example.com", "member").await;
    let guesses = (0..12).map(|_| real.sign_in("ana@example.com", "wrong horse battery"));
    let replies = futures_util::future::join_all(guesses).await;
    let tried = replies.iter().filter(|reply| reply.status == 401).count();
    assert_eq!(tried, 5);
}

#[actix_web::test]
async fn changing_a_password_needs_the_present_one_and_ends_the_other_sessions() {
    let real = Real::new().await;
    real.person("ana@example.com", "member").await;
    let (own, other) =
        (real.browser("ana@example.com").await, real.browser("ana@example.com").await);
    let change = |current: &str, new: &str| {
        own.change(Method::POST, "/v1/me/password")
            .set_json(json!({"current": current, "new": new}))
    };
    real.call(change("wrong horse battery", "another long password"))
        .await
        .problem(401, "LOGIN_FAILED");
    real.call(change(PASSWORD, "ana@example.com!")).await.problem(422, "PASSWORD_UNFIT");
    assert_eq!(real.call(change(PASSWORD, "another long password")).await.status, 204);
    assert_eq!(real.call(own.get("/v1/me")).await.status, 200);
    real.call(other.get("/v1/me")).await.problem(401, "AUTH_INVALID");
    real.sign_in("ana@example.com", PASSWORD).await.problem(401, "LOGIN_FAILED");
    assert_eq!(real.sign_in("ana@example.com", "another long password").await.status, 200);
    // A user who has only keys has no password to change.
    let body = json!({"current": PASSWORD, "new": "another long password"});
    real.post(real.a.admin(), "/v1/me/password", body).await.problem(401, "LOGIN_FAILED");
}

#[actix_web::test]
async fn one_address_in_two_organisations_is_two_people() {
    let real = Real::new().await;
    real.person("ana@example.com", "member").await;
    let body = json!({"email": "ana@example.com", "name": "Ana", "role": "admin"});
    let made = real.post(real.b.admin(), "/v1/users", body).await;
    assert_eq!(made.status, 201, "whether A knows the address is nothing B may learn");
    let body = json!({"token": made.json()["token"], "password": PASSWORD});
    let done = real.call(TestRequest::post().uri("/v1/invitations/accept").set_json(body)).await;
    assert_eq!(done.status, 204);
    let unnamed = real.sign_in("ana@example.com", PASSWORD).await;
    assert!(unnamed.problem(422, "INPUT_INVALID").contains("org_id"));
    for org in [&real.a, &real.b] {
        let body = json!({"email": "ana@example.com", "password": PASSWORD, "org_id": org.tenant});
        let reply = real.call(TestRequest::post().uri("/v1/session").set_json(body)).await;
        assert_eq!(reply.json()["org_id"], org.tenant.to_string());
    }
}

#[actix_web::test]
async fn a_key_goes_before_a_cookie_and_a_key_has_no_session() {
    let real = Real::new().await;
    real.person("ana@example.com", "viewer").await;
    let browser = real.browser("ana@example.com").await;
    let key = crate::http::support::bearer(real.b.admin());
    let both = real.call(browser.get("/v1/me").insert_header(key)).await;
    assert_eq!(both.json()["org_id"], real.b.tenant.to_string());
    real.get(real.a.admin(), "/v1/session").await.problem(404, "NOT_FOUND");
}

/// Nothing that was secret is in the chain, nor anybody's address or name.
#[actix_web::test]
async fn events_of_identity_hold_no_secret_and_no_address() {
    let real = Real::new().await;
    real.person("ana@example.com", "member").await;
    let browser: Browser = real.browser("ana@example.com").await;
    let made = real
        .call(
            browser
                .change(Method::POST, "/v1/keys")
                .set_json(json!({"name": "Secret Plan", "scopes": ["read"]})),
        )
        .await;
    let sql = format!(
        "SELECT string_agg(status || ' ' || payload::text, ' ' ORDER BY started_at) FROM {}.event",
        real.a.tenant.schema_name()
    );
    let text: String = real.test.migrator().await.query_one(&sql, &[]).await.unwrap().get(0);
    for happened in ["user_added", "invitation_accepted", "session_opened", "key_created"] {
        assert!(text.contains(happened), "{happened}: {text}");
    }
    let cookie = browser.cookie.trim_start_matches("__Host-autopilot=");
    let key = made.json()["key"].as_str().unwrap().to_owned();
    for secret in
        ["ana", "A Person", "Secret Plan", PASSWORD, "argon2", cookie, &key, &browser.csrf]
    {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
