//! Settings: versions, who may change them, and what they change.

use actix_web::http::Method;
use autopilot::ports::{Role, RunStore as _};
use autopilot::store::OwnedTenant;
use serde_json::{Value, json};

use super::Real;

#[actix_web::test]
async fn a_change_on_an_older_version_is_refused_and_loses_nothing() {
    let real = Real::new().await;
    let first = real.get(real.a.key(Role::Viewer), "/v1/settings").await.json();
    assert_eq!(first, json!({"version": 1, "name": "canary-of-a", "time_zone": "UTC"}));
    let change =
        |version: i32, zone: &str| json!({"version": version, "name": "Acme", "time_zone": zone});
    let put =
        async |body: Value| real.send(real.a.admin(), Method::PUT, "/v1/settings", body).await;
    let done = put(change(1, "Asia/Tokyo")).await;
    assert_eq!(done.json(), json!({"version": 2, "name": "Acme", "time_zone": "Asia/Tokyo"}));
    put(change(1, "Europe/Paris")).await.problem(409, "VERSION_CONFLICT");
    assert_eq!(real.get(real.a.admin(), "/v1/settings").await.json()["time_zone"], "Asia/Tokyo");
    for zone in ["Mars/Olympus", "", "../etc/passwd", "+02:00"] {
        let reply = put(change(2, zone)).await;
        assert!(reply.problem(422, "INPUT_INVALID").contains("time_zone"), "{zone}");
    }
    // B's are its own.
    assert_eq!(real.get(real.b.admin(), "/v1/settings").await.json()["version"], 1);
    // What runs are planned with from now on.
    let claim = real.test.owner(real.a.tenant).await;
    let planned = OwnedTenant::new(real.test.db.clone(), claim).settings().await.unwrap();
    assert_eq!((planned.name.as_str(), planned.zone.name()), ("Acme", "Asia/Tokyo"));
    let history =
        "SELECT count(*) FROM public.org_settings WHERE version = 2 AND zone = 'Asia/Tokyo'";
    assert_eq!(real.count(history).await, 1);
    let events = format!(
        "SELECT count(*) FROM {}.event WHERE status = 'settings_changed'",
        real.a.tenant.schema_name()
    );
    assert_eq!(real.count(&events).await, 1, "the refused change took its event back");
}

#[actix_web::test]
async fn everybody_has_settings_of_their_own() {
    let real = Real::new().await;
    let viewer = real.a.key(Role::Viewer);
    assert_eq!(
        real.get(viewer, "/v1/me/settings").await.json(),
        json!({"version": 0, "time_zone": null})
    );
    let put = async |body: Value| real.send(viewer, Method::PUT, "/v1/me/settings", body).await;
    assert_eq!(put(json!({"version": 0, "time_zone": "Europe/Paris"})).await.json()["version"], 1);
    put(json!({"version": 0, "time_zone": "UTC"})).await.problem(409, "VERSION_CONFLICT");
    assert_eq!(put(json!({"version": 1, "time_zone": null})).await.json()["version"], 2);
    let other = real.get(real.a.key(Role::Member), "/v1/me/settings").await.json();
    assert_eq!(other["version"], 0);
}
