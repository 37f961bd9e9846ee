//! The one table of routes: what exists, with which method, and who may call it.
//!
//! Routes are registered from this table and from nowhere else, and the generic test walks the same
//! table; a route that is not in it does not exist, and none can forget its role.

use actix_web::guard::GuardContext;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, Route, guard as guards, web};
use autopilot_domain::codes::ErrorCode;

use super::problem::Problem;
use super::request_id::RequestId;
use super::state::AppState;
use super::{
    admin, approvals, budget, catalog, connections, docs, guard, health, keys, queries, session,
    settings, stream, users, workflows,
};
use crate::ports::Role;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone, without a key. The answer holds nothing of a tenant.
    Public,
    /// A holder of a key with this role or a higher one; the answer is of their own tenant only.
    AtLeast(Role),
    /// A holder of an operator's key; no role of an organisation suffices.
    Operator,
    /// An admin, who sees their own organisation, or an operator, who sees all.
    AdminOrOperator,
}

/// Methods the service answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads; HEAD is answered too.
    Get,
    /// Makes or starts something.
    Post,
    /// Writes something whole.
    Put,
    /// Changes part of something.
    Patch,
    /// Takes something away.
    Delete,
}

impl Verb {
    fn matches(self, method: &Method) -> bool {
        match self {
            Self::Get => *method == Method::GET || *method == Method::HEAD,
            Self::Post => *method == Method::POST,
            Self::Put => *method == Method::PUT,
            Self::Patch => *method == Method::PATCH,
            Self::Delete => *method == Method::DELETE,
        }
    }

    /// As the Allow header lists it.
    #[must_use]
    pub const fn allow(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One route.
pub struct RouteSpec {
    /// Its method.
    pub verb: Verb,
    /// Its path pattern, as actix-web writes it.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether it is a probe, which is answered also by a full server.
    pub probe: bool,
    /// Whether it starts work: such calls also count against the organisation's limit, and are
    /// refused while nothing can be counted.
    pub interactive: bool,
    /// Whether all it does is to read, so that the call may be counted while it is answered.
    pub only_reads: bool,
    handler: fn() -> Route,
}

const fn route(
    verb: Verb,
    path: &'static str,
    access: Access,
    handler: fn() -> Route,
) -> RouteSpec {
    RouteSpec {
        verb,
        path,
        access,
        probe: false,
        interactive: false,
        only_reads: matches!(verb, Verb::Get),
        handler,
    }
}

const fn probe(path: &'static str, handler: fn() -> Route) -> RouteSpec {
    RouteSpec {
        verb: Verb::Get,
        path,
        access: Access::Public,
        probe: true,
        interactive: false,
        only_reads: true,
        handler,
    }
}

/// A handshake begins something that goes on after the answer.
const fn handshake(path: &'static str, access: Access, handler: fn() -> Route) -> RouteSpec {
    RouteSpec { only_reads: false, ..route(Verb::Get, path, access, handler) }
}

const fn interactive(path: &'static str, access: Access, handler: fn() -> Route) -> RouteSpec {
    RouteSpec { interactive: true, ..route(Verb::Post, path, access, handler) }
}

const VIEWER: Access = Access::AtLeast(Role::Viewer);
const MEMBER: Access = Access::AtLeast(Role::Member);
const ADMIN: Access = Access::AtLeast(Role::Admin);
const INSPECTOR: Access = Access::AdminOrOperator;

/// Every route there is. Where two patterns match, the one that stands first answers.
pub static ROUTES: &[RouteSpec] = &[
    interactive("/v1/workflows", MEMBER, || Route::new().to(workflows::submit)),
    route(Verb::Get, "/v1/workflows", VIEWER, || Route::new().to(workflows::list)),
    route(Verb::Get, "/v1/workflows/{id}", VIEWER, || Route::new().to(workflows::show)),
    route(Verb::Post, "/v1/workflows/{id}/cancel", MEMBER, || Route::new().to(workflows::cancel)),
    interactive("/v1/workflows/{id}/retry", MEMBER, || Route::new().to(workflows::retry)),
    route(Verb::Get, "/v1/workflows/{id}/receipts", VIEWER, || {
        Route::new().to(workflows::receipts)
    }),
    handshake("/v1/workflows/{id}/stream", VIEWER, || Route::new().to(stream::open)),
    interactive("/v1/queries/estimate", MEMBER, || Route::new().to(queries::estimate)),
    route(Verb::Get, "/v1/budget", VIEWER, || Route::new().to(budget::show)),
    route(Verb::Get, "/v1/approvals", VIEWER, || Route::new().to(approvals::list)),
    route(Verb::Get, "/v1/approvals/{id}", VIEWER, || Route::new().to(approvals::show)),
    route(Verb::Post, "/v1/approvals/{id}/decision", ADMIN, || Route::new().to(approvals::decide)),
    route(Verb::Get, "/v1/connections", VIEWER, || Route::new().to(connections::list)),
    route(Verb::Post, "/v1/connections", ADMIN, || Route::new().to(connections::create)),
    route(Verb::Get, "/v1/connections/{id}", VIEWER, || Route::new().to(connections::show)),
    route(Verb::Post, "/v1/connections/{id}/test", ADMIN, || Route::new().to(connections::test)),
    route(Verb::Post, "/v1/connections/{id}/rotate", ADMIN, || {
        Route::new().to(connections::rotate)
    }),
    route(Verb::Delete, "/v1/connections/{id}", ADMIN, || Route::new().to(connections::disconnect)),
    route(Verb::Get, "/v1/catalog", VIEWER, || Route::new().to(catalog::show)),
    route(Verb::Post, "/v1/catalog/column-decisions", ADMIN, || Route::new().to(catalog::decide)),
    route(Verb::Post, "/v1/session", Access::Public, || Route::new().to(session::sign_in)),
    route(Verb::Get, "/v1/session", VIEWER, || Route::new().to(session::show)),
    route(Verb::Delete, "/v1/session", VIEWER, || Route::new().to(session::sign_out)),
    route(Verb::Post, "/v1/invitations/accept", Access::Public, || {
        Route::new().to(session::accept)
    }),
    route(Verb::Get, "/v1/me", VIEWER, || Route::new().to(admin::me)),
    route(Verb::Post, "/v1/me/password", VIEWER, || Route::new().to(session::change_password)),
    route(Verb::Get, "/v1/me/settings", VIEWER, || Route::new().to(settings::own)),
    route(Verb::Put, "/v1/me/settings", VIEWER, || Route::new().to(settings::change_own)),
    route(Verb::Get, "/v1/settings", VIEWER, || Route::new().to(settings::show)),
    route(Verb::Put, "/v1/settings", ADMIN, || Route::new().to(settings::change)),
    route(Verb::Get, "/v1/keys", VIEWER, || Route::new().to(keys::list)),
    route(Verb::Post, "/v1/keys", VIEWER, || Route::new().to(keys::create)),
    route(Verb::Delete, "/v1/keys/{id}", VIEWER, || Route::new().to(keys::revoke)),
    route(Verb::Get, "/v1/users", ADMIN, || Route::new().to(users::list)),
    route(Verb::Post, "/v1/users", ADMIN, || Route::new().to(users::add)),
    route(Verb::Get, "/v1/users/{id}", ADMIN, || Route::new().to(users::show)),
    route(Verb::Patch, "/v1/users/{id}", ADMIN, || Route::new().to(users::change)),
    route(Verb::Post, "/v1/users/{id}/invitation", ADMIN, || Route::new().to(users::invite)),
    route(Verb::Get, "/v1/admin/actors", INSPECTOR, || Route::new().to(admin::actors)),
    route(Verb::Post, "/v1/admin/actors/{path:.*}/restart", INSPECTOR, || {
        Route::new().to(admin::restart)
    }),
    route(Verb::Get, "/v1/admin/actors/{path:.*}", INSPECTOR, || Route::new().to(admin::actor)),
    route(Verb::Get, "/v1/admin/owners", Access::Operator, || Route::new().to(admin::owners)),
    route(Verb::Get, "/v1/admin/dead-letters", INSPECTOR, || Route::new().to(admin::letters)),
    probe("/healthz", || Route::new().to(health::alive)),
    probe("/readyz", || Route::new().to(health::ready)),
    route(Verb::Get, "/openapi.json", Access::Public, || Route::new().to(docs::openapi)),
    route(Verb::Get, "/docs", Access::Public, || Route::new().to(docs::index)),
    route(Verb::Get, "/docs/errors/{code}", Access::Public, || Route::new().to(docs::error_page)),
    route(Verb::Get, "/docs/{file:.*}", Access::Public, || Route::new().to(docs::file)),
];

/// Registers every route of the table, and the answers for what is not in it.
pub fn configure(config: &mut web::ServiceConfig, state: web::Data<AppState>) {
    config.app_data(state);
    for (index, spec) in ROUTES.iter().enumerate() {
        let first = !ROUTES.iter().take(index).any(|earlier| earlier.path == spec.path);
        if first {
            config.service(resource(spec.path));
        }
    }
    config.default_service(web::to(not_found));
}

fn resource(path: &'static str) -> actix_web::Resource {
    let specs = || ROUTES.iter().filter(move |spec| spec.path == path);
    let allow = specs().map(|spec| spec.verb.allow()).collect::<Vec<_>>().join(", ");
    let empty = web::resource(path).default_service(web::to(move |request: HttpRequest| {
        let response = Problem::method_not_allowed(allow.clone()).render(RequestId::of(&request));
        std::future::ready(response)
    }));
    specs().fold(empty, |resource, spec| resource.route(guarded(spec)))
}

fn guarded(spec: &'static RouteSpec) -> Route {
    let verb = spec.verb;
    let method =
        guards::fn_guard(move |context: &GuardContext<'_>| verb.matches(&context.head().method));
    (spec.handler)()
        .guard(method)
        .wrap(from_fn(move |request, next| guard::admit(spec, request, next)))
}

async fn not_found(request: HttpRequest) -> HttpResponse {
    Problem::of(ErrorCode::NotFound).render(RequestId::of(&request))
}
