//! Canaries: credentials of every kind are put where they belong, everything is made to fail, and then
//! every place is searched that keeps, shows or says anything.

use std::fmt::Write as _;

use autopilot::ports::secrets::{Purpose, Secrets as _};
use reqwest::Method;
use serde_json::json;

use super::{key_list, manager_over};
use crate::governed::Desk;

/// Every row of every table that the login role or a tenant may write, as text.
async fn dump(desk: &Desk) -> String {
    let client = desk.world.superuser().await;
    let tables = "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables \
        WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')";
    let mut text = String::new();
    for table in client.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        let rows =
            client.query(&format!("SELECT to_jsonb(t)::text FROM {table} t"), &[]).await.unwrap();
        for row in rows {
            writeln!(text, "{table} {}", row.get::<_, String>(0)).unwrap();
        }
    }
    text
}

/// Every value in Redis.
async fn redis(desk: &Desk) -> String {
    let client = redis::Client::open(desk.world.redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    let mut text = String::new();
    for key in keys {
        let dumped: Option<Vec<u8>> =
            redis::cmd("DUMP").arg(&key).query_async(&mut connection).await.unwrap();
        writeln!(text, "{key} {}", String::from_utf8_lossy(&dumped.unwrap_or_default())).unwrap();
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_10_secrets_non_disclosure() {
    let master = key_list(&[("k1", 77)]);
    let settings = [("AUTOPILOT_MASTER_KEYS", master.as_str()), ("AUTOPILOT_LOG_LEVEL", "debug")];
    let desk = Desk::open(&settings).await;
    let stored = "CANARY-stored-credential-0123456789";
    manager_over(&desk.world, &[("k1", 77)], async |secrets, ctx| {
        secrets.put(ctx, Purpose::WarehouseKey, stored.into()).await.unwrap();
    })
    .await;
    // Good and bad answers of the warehouse, refusals, and wrong credentials.
    let sum = "SELECT SUM(amount_usd) AS s FROM shop.orders WHERE ordered_on = DATE '1998-06-30'";
    let mut shown = String::new();
    for (call, drill) in [
        ("dry_run", "PERMISSION_DENIED"),
        ("results", "MALFORMED_RESPONSE"),
        ("insert", "QUOTA_EXCEEDED"),
    ] {
        desk.world.sandbox.drill(call, drill, 1).await;
        shown += &desk.run(json!({"sql": sum})).await.to_string();
    }
    shown += &desk.run(json!({"sql": sum})).await.to_string();
    shown += &desk.run(json!({"sql": "DROP TABLE x"})).await.to_string();
    for path in [
        "/v1/me",
        "/v1/keys",
        "/v1/users",
        "/v1/settings",
        "/v1/catalog",
        "/v1/workflows",
        "/v1/approvals",
        "/v1/admin/actors",
        "/v1/nothing",
        "/readyz",
        "/openapi.json",
    ] {
        shown += &desk.call(Method::GET, path, None).await.1.to_string();
    }
    let wrong = format!("{}x", desk.server.key);
    shown += &desk.call_as(&wrong, Method::GET, "/v1/me", None).await.1.to_string();
    let places = [
        ("answers", shown),
        ("logs", desk.world.logs()),
        ("database", dump(&desk).await),
        ("redis", redis(&desk).await),
    ];
    let private = desk.world.private_key();
    let middle: String = private.lines().nth(5).unwrap().to_owned();
    let canaries = [
        ("the service account's key", middle),
        ("the stored credential", stored.to_owned()),
        ("the master key", master.split_once(':').unwrap().1.to_owned()),
        ("an API key", desk.server.key.clone()),
        ("the database's password", ":test-only@".to_owned()),
    ];
    for (place, text) in &places {
        assert!(place == &"redis" || text.len() > 500, "{place} is hardly there: {text}");
        for (what, canary) in &canaries {
            assert!(!text.contains(canary.as_str()), "{what} stands in the {place}");
        }
    }
    // The search finds what is there: a value that belongs into each place.
    assert!(places[2].1.contains("secret_stored") && places[0].1.contains("PERMISSION_DENIED"));
}
