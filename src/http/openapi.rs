//! The description of the API, collected from the handlers.
//!
//! A test compares it with the route table: an undocumented route and a documented one that does not
//! exist are both failures.

use utoipa::openapi::security::{
    ApiKey as ApiKeyScheme, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme,
};
use utoipa::{Modify, OpenApi};

use super::dto::events::EventDto;
use super::{
    admin, approvals, budget, catalog, connections, health, keys, queries, session, settings,
    stream, users, workflows,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Data Team Autopilot",
        description = "Governed questions to a data warehouse as durable workflows. Failures are problem documents (RFC 9457); each code has a page under /docs/errors."
    ),
    paths(
        workflows::submit,
        workflows::list,
        workflows::show,
        workflows::cancel,
        workflows::retry,
        workflows::receipts,
        stream::open,
        queries::estimate,
        budget::show,
        approvals::list,
        approvals::show,
        approvals::decide,
        connections::list,
        connections::create,
        connections::show,
        connections::test,
        connections::rotate,
        connections::disconnect,
        catalog::show,
        catalog::decide,
        session::sign_in,
        session::show,
        session::sign_out,
        session::accept,
        session::change_password,
        settings::show,
        settings::change,
        settings::own,
        settings::change_own,
        keys::list,
        keys::create,
        keys::revoke,
        users::list,
        users::show,
        users::add,
        users::change,
        users::invite,
        admin::me,
        admin::actors,
        admin::actor,
        admin::restart,
        admin::owners,
        admin::letters,
        health::alive,
        health::ready,
    ),
    components(schemas(EventDto)),
    modifiers(&ApiKey)
)]
struct Api;

struct ApiKey;

impl Modify for ApiKey {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", scheme);
        let cookie = ApiKeyScheme::Cookie(ApiKeyValue::new("__Host-autopilot"));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
}

/// The OpenAPI document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::route_table::{Access, ROUTES, Verb};
    use std::collections::BTreeSet;

    #[test]
    fn the_document_and_the_route_table_name_the_same_operations() {
        let written = serde_json::to_value(document()).unwrap();
        let mut documented = BTreeSet::new();
        for (path, item) in written["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let keyed = operation["security"].is_array();
                documented.insert((method.clone(), path.clone(), keyed));
            }
        }
        let undocumented = |path: &str| path.starts_with("/docs") || path == "/openapi.json";
        let routed: BTreeSet<_> = ROUTES
            .iter()
            .filter(|spec| !undocumented(spec.path))
            .map(|spec| {
                let method = match spec.verb {
                    Verb::Get => "get",
                    Verb::Post => "post",
                    Verb::Put => "put",
                    Verb::Patch => "patch",
                    Verb::Delete => "delete",
                };
                (method.to_owned(), spec.path.replace(":.*", ""), spec.access != Access::Public)
            })
            .collect();
        assert_eq!(documented, routed);
    }
}
