//! Every route of the table x no credential, another organisation, a viewer: over the real store.
//!
//! The counts are written down: a new route changes them, and whoever adds one says here whether it
//! names things of an organisation and whether a viewer may call it.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use autopilot::http::{Access, ROUTES, RouteSpec, Verb};
use autopilot::ports::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Org, PASSWORD, Real};
use crate::http::support::{Reply, bearer, question};

/// What a path names.
struct Ids {
    run: String,
    key: String,
    user: String,
    approval: String,
    connection: String,
    tenant: String,
}

impl Ids {
    fn of(org: &Org) -> Self {
        Self {
            run: org.run.to_string(),
            key: org.key_id.to_string(),
            user: org.user_id.to_string(),
            approval: org.approval_id.to_string(),
            connection: org.connection_id.to_string(),
            tenant: org.tenant.to_string(),
        }
    }

    /// Of the same form, naming nothing.
    fn of_nothing() -> Self {
        let id = || Uuid::new_v4().to_string();
        Self { run: id(), key: id(), user: id(), approval: id(), connection: id(), tenant: id() }
    }

    fn path(&self, pattern: &str) -> String {
        let id = match pattern.split('/').nth(2) {
            Some("workflows") => &self.run,
            Some("keys") => &self.key,
            Some("users") => &self.user,
            Some("approvals") => &self.approval,
            Some("connections") => &self.connection,
            _ => &self.tenant,
        };
        let path = pattern.replace("{id}", id).replace("{code}", "NOT_FOUND");
        path.replace("{file:.*}", "")
            .replace("{path:.*}", &format!("kernel/tenant:{}", self.tenant))
    }
}

/// Whether the path names something of an organisation.
fn names_something(spec: &RouteSpec) -> bool {
    spec.path.contains("{id}") || spec.path.contains("{path:.*}")
}

fn body(path: &str) -> Value {
    match path {
        "/v1/session" => json!({"email": "nobody@example.com", "password": PASSWORD}),
        "/v1/invitations/accept" => json!({"token": "apinv_nothing", "password": PASSWORD}),
        "/v1/me/password" => json!({"current": PASSWORD, "new": PASSWORD}),
        "/v1/me/settings" => json!({"version": 99, "time_zone": "UTC"}),
        "/v1/settings" => json!({"version": 99, "name": "Renamed", "time_zone": "UTC"}),
        "/v1/keys" => json!({"name": "made by the matrix", "scopes": ["read"]}),
        "/v1/users" => json!({"email": "new@example.com", "name": "New", "role": "viewer"}),
        "/v1/users/{id}" => json!({"enabled": false}),
        "/v1/queries/estimate" => json!({"sql": ""}),
        "/v1/connections" | "/v1/connections/{id}/rotate" => connection(path),
        "/v1/approvals/{id}/decision" => json!({"decision": "approve"}),
        "/v1/catalog/column-decisions" => {
            let table = json!({"project": "p", "dataset": "d", "table": "t"});
            json!({"decisions": [{"table": table, "column": "c", "examination": "clear"}]})
        }
        _ => question(),
    }
}

fn connection(path: &str) -> Value {
    let key = json!({"type": "service_account", "project_id": "p", "client_email": "a@b.example",
        "private_key": "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n",
        "token_uri": "https://oauth2.googleapis.com/token"});
    if path.ends_with("/rotate") {
        return json!({"service_account_key": key});
    }
    json!({"name": "W", "project": "p", "dataset": "d", "location": "EU", "service_account_key": key})
}

fn request(spec: &RouteSpec, ids: &Ids) -> TestRequest {
    let request = TestRequest::default().uri(&ids.path(spec.path));
    match spec.verb {
        Verb::Get => request.method(Method::GET),
        Verb::Post => request.method(Method::POST).set_json(body(spec.path)),
        Verb::Put => request.method(Method::PUT).set_json(body(spec.path)),
        Verb::Patch => request.method(Method::PATCH).set_json(body(spec.path)),
        Verb::Delete => request.method(Method::DELETE),
    }
}

/// An answer without what differs between any two requests.
fn without_request_id(reply: &Reply) -> Value {
    let mut body = reply.json();
    body.as_object_mut().unwrap().remove("request_id");
    body
}

/// Rows of all that a call could have changed for an organisation.
async fn rows(real: &Real, org: &Org) -> String {
    let schema = org.tenant.schema_name();
    let tenant = org.tenant;
    let people = format!(
        "SELECT jsonb_build_array( \
           (SELECT jsonb_agg(jsonb_build_array(user_id, role, disabled_at) ORDER BY user_id) \
              FROM public.app_user WHERE tenant_id = '{tenant}'), \
           (SELECT jsonb_agg(jsonb_build_array(k.key_id, k.revoked_at) ORDER BY k.key_id) \
              FROM public.api_key k JOIN public.app_user u USING (user_id) WHERE u.tenant_id = '{tenant}'), \
           (SELECT count(*) FROM public.invitation i JOIN public.app_user u USING (user_id) \
              WHERE u.tenant_id = '{tenant}'), \
           (SELECT jsonb_build_array(name, zone, settings_version) FROM public.org WHERE tenant_id = '{tenant}'), \
           (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.run_id) FROM {schema}.workflow_run r), \
           (SELECT jsonb_agg(a.decision ORDER BY a.approval_id) FROM {schema}.approval a), \
           (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.connection_id) FROM {schema}.connection c), \
           (SELECT count(*) FROM {schema}.secret), (SELECT count(*) FROM {schema}.event), (SELECT count(*) FROM {schema}.column_decision))::text"
    );
    real.test.migrator().await.query_one(&people, &[]).await.unwrap().get(0)
}

#[actix_web::test]
async fn p1a_01_no_route_shows_or_changes_anything_of_another_organisation() {
    let real = Real::new().await;
    let before = rows(&real, &real.b).await;
    let (theirs, nothing) = (Ids::of(&real.b), Ids::of_nothing());
    let (mut walked, mut named) = (0, 0);
    for spec in ROUTES {
        let as_admin = |ids: &Ids| request(spec, ids).insert_header(bearer(real.a.admin()));
        let reply = real.call(as_admin(&theirs)).await;
        assert!(!reply.text.contains(real.b.canary), "{:?} {}", spec.verb, spec.path);
        walked += 1;
        if names_something(spec) {
            let missing = real.call(as_admin(&nothing)).await;
            reply.problem(404, "NOT_FOUND");
            assert_eq!(
                without_request_id(&reply),
                without_request_id(&missing),
                "{:?} {}: another organisation's id answers differently than a missing one",
                spec.verb,
                spec.path
            );
            named += 1;
        }
    }
    assert_eq!(rows(&real, &real.b).await, before, "something of B was changed");
    assert!(real.fake.world.restarts.lock().unwrap().is_empty());
    // The same ids with B's own key name something: the 404s above are not for want of it.
    for path in [
        format!("/v1/workflows/{}", theirs.run),
        format!("/v1/users/{}", theirs.user),
        format!("/v1/approvals/{}", theirs.approval),
        format!("/v1/connections/{}", theirs.connection),
        format!("/v1/admin/actors/kernel/tenant:{}", theirs.tenant),
    ] {
        assert_eq!(real.get(real.b.admin(), &path).await.status, 200, "{path}");
    }
    assert_eq!((walked, named), (49, 17), "a route came or went: see the head of this file");
}

#[actix_web::test]
async fn without_a_credential_no_route_but_the_public_ones_answers() {
    let real = Real::new().await;
    let (ids, before) = (Ids::of(&real.a), rows(&real, &real.a).await);
    let mut public = Vec::new();
    for spec in ROUTES {
        let none = real.call(request(spec, &ids)).await;
        if spec.access == Access::Public {
            public.push(spec.path);
            assert!(!none.text.contains(real.a.canary), "{}", spec.path);
            continue;
        }
        none.problem(401, "AUTH_MISSING");
        let cookie = ("Cookie", "__Host-autopilot=aps_forged");
        let forged = real.call(request(spec, &ids).insert_header(cookie)).await;
        forged.problem(401, "AUTH_INVALID");
    }
    assert_eq!(
        public,
        [
            "/v1/session",
            "/v1/invitations/accept",
            "/healthz",
            "/readyz",
            "/openapi.json",
            "/docs",
            "/docs/errors/{code}",
            "/docs/{file:.*}"
        ]
    );
    assert_eq!(rows(&real, &real.a).await, before);
}

/// What a viewer may change: their own credentials and settings, nothing else. This list may only
/// shrink.
const OF_VIEWERS: [&str; 5] = [
    "Delete /v1/session",
    "Post /v1/me/password",
    "Put /v1/me/settings",
    "Post /v1/keys",
    "Delete /v1/keys/{id}",
];

#[actix_web::test]
async fn p1a_04_a_viewer_starts_decides_and_changes_nothing() {
    let real = Real::new().await;
    let ids = Ids::of(&real.a);
    let (mut allowed, mut refused) = (Vec::new(), 0);
    let before = rows(&real, &real.a).await;
    for spec in ROUTES.iter().filter(|spec| spec.access != Access::Public) {
        let name = format!("{:?} {}", spec.verb, spec.path);
        if OF_VIEWERS.contains(&name.as_str()) {
            allowed.push(name);
            continue;
        }
        let viewer = bearer(real.a.key(Role::Viewer));
        let reply = real.call(request(spec, &ids).insert_header(viewer)).await;
        if spec.access == Access::AtLeast(Role::Viewer) {
            assert_eq!(spec.verb, Verb::Get, "{name}: a change that is open to viewers");
            assert_ne!(reply.status, 403, "{name}");
        } else {
            reply.problem(403, "ROLE_FORBIDDEN");
            refused += 1;
        }
    }
    assert_eq!(allowed, OF_VIEWERS);
    assert_eq!(refused, 21, "a route came or went: see the head of this file");
    assert_eq!(rows(&real, &real.a).await, before);
    // A member may start what a viewer may not: the refusal is not for another reason.
    let started = real.post(real.a.key(Role::Member), "/v1/workflows", question()).await;
    assert_eq!(started.status, 202, "{started:?}");
}

#[actix_web::test]
async fn a_member_decides_nothing_and_an_admin_is_no_operator() {
    let real = Real::new().await;
    let ids = Ids::of(&real.a);
    for spec in ROUTES {
        let member = bearer(real.a.key(Role::Member));
        match spec.access {
            Access::AtLeast(Role::Admin) | Access::AdminOrOperator => {
                real.call(request(spec, &ids).insert_header(member))
                    .await
                    .problem(403, "ROLE_FORBIDDEN");
            }
            Access::Operator => {
                let admin = bearer(real.a.admin());
                real.call(request(spec, &ids).insert_header(admin))
                    .await
                    .problem(403, "ROLE_FORBIDDEN");
            }
            Access::Public | Access::AtLeast(Role::Viewer | Role::Member) => {}
        }
    }
}

/// Who may call what, written down: whoever changes a route's role says so here.
#[test]
fn the_roles_of_all_routes_are_these() {
    let name = |access: Access| match access {
        Access::Public => "public",
        Access::AtLeast(role) => role.as_str(),
        Access::Operator => "operator",
        Access::AdminOrOperator => "admin or operator",
    };
    let found: Vec<_> = ROUTES
        .iter()
        .map(|spec| format!("{:?} {} {}", spec.verb, spec.path, name(spec.access)))
        .collect();
    let expected = include_str!("roles.txt").lines().collect::<Vec<_>>();
    assert_eq!(found, expected);
}
