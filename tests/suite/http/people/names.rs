//! Names that try to be something else: headers, paths, markup, SQL.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::Real;

async fn rename(real: &Real, version: Value, name: &str) -> crate::http::support::Reply {
    let body = json!({"version": version, "name": name, "time_zone": "UTC"});
    real.send(real.a.admin(), Method::PUT, "/v1/settings", body).await
}

#[actix_web::test]
async fn a_name_that_could_move_a_cursor_or_end_a_header_is_refused() {
    let real = Real::new().await;
    for name in [
        "Acme\r\nSet-Cookie: a=b",
        "Acme\nX: y",
        "Acme\u{0}",
        "Acme\u{1b}[2J",
        "Acme\u{202e}moc.live",
        "\u{200b}",
        " Acme",
        "",
        "\t",
    ] {
        let reply = rename(&real, json!(1), name).await;
        assert!(reply.problem(422, "INPUT_INVALID").contains("name"), "{name:?}");
        assert!(reply.headers.get("set-cookie").is_none());
    }
    let long = rename(&real, json!(1), &"x".repeat(201)).await;
    long.problem(422, "INPUT_INVALID");
    assert_eq!(real.get(real.a.admin(), "/v1/settings").await.json()["version"], 1);
}

#[actix_web::test]
async fn a_name_that_is_a_path_markup_or_sql_is_only_a_name() {
    let real = Real::new().await;
    let names = [
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "'; DROP TABLE public.org; --",
        "%0d%0aSet-Cookie:%20a=b",
        "{{7*7}} ${jndi:ldap://x}",
        "\"quoted\" \\ back",
    ];
    for (version, name) in (1..).zip(names) {
        let reply = rename(&real, json!(version), name).await;
        assert_eq!(reply.json()["name"], name, "{reply:?}");
        assert!(reply.headers.get("set-cookie").is_none());
        let shown = real.get(real.a.admin(), "/v1/settings").await;
        assert_eq!(shown.json()["name"], name);
        assert_eq!(shown.header("content-type"), "application/json");
        assert_eq!(shown.header("x-content-type-options"), "nosniff");
    }
    // Paths are built from ids alone: a name in the place of one is nothing.
    for path in [
        "/v1/users/..%2f..%2fadmin%2fowners",
        "/v1/users/%00",
        "/v1/keys/..",
        "/v1/users/%0d%0aX:y",
    ] {
        let reply = real.get(real.a.admin(), path).await;
        assert!(matches!(reply.status.as_u16(), 404 | 405), "{path}: {reply:?}");
        assert!(reply.headers.get("x").is_none());
    }
}
