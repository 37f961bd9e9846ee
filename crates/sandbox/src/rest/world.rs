//! Everything a call may reach, and who may reach it.
//!
//! A call is let in once: token, project, scope, the log, then the drill that waits for it. No handler
//! does any work before that.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::answer::{self, Refused};
use super::jobs::Jobs;
use super::log::Log;
use super::write::Streams;
use crate::bigquery::session::Warehouse;
use crate::drills::{Call, Drill, Drills, Hit, Met};
use crate::key::{Account, Bearer, Tokens};
use crate::wire::error::{ApiError, Reason};

/// Everything a call may reach.
pub(crate) struct World {
    pub(crate) warehouse: Arc<Warehouse>,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) tokens: Tokens,
    pub(crate) drills: Drills,
    pub(crate) log: Log,
    pub(crate) streams: Streams,
    pub(crate) admin_secret: String,
}

/// The one location of the simulated project.
pub(crate) const LOCATION: &str = "US";

/// What a call needs of its token's scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Read,
    Write,
    Stream,
}

/// A call that was let in.
pub(crate) struct Visit {
    pub(crate) bearer: Bearer,
    pub(crate) call: Call,
    /// Its number in the log.
    pub(crate) number: usize,
    /// A drill that is not an answer by itself.
    pub(crate) hit: Option<Drill>,
}

impl Visit {
    pub(crate) fn account(&self) -> &Account {
        &self.bearer.account
    }

    /// Whether the page that answers must come short.
    pub(crate) fn is_partial(&self) -> bool {
        self.hit == Some(Drill::PartialResults)
    }
}

impl World {
    pub(crate) fn project(&self) -> &str {
        &self.warehouse.project
    }

    /// Lets a call in, or says why not.
    pub(crate) async fn enter(
        &self,
        request: &HttpRequest,
        need: Need,
        call: Call,
    ) -> Result<Visit, Refused> {
        let bearer = self.bearer(request)?;
        let number =
            self.log.enter(request.method().as_str(), request.path(), &bearer.account.email);
        let project = request.match_info().get("project").unwrap_or_default();
        if project != self.project() {
            let sentence = format!(
                "Access Denied: Project {project}: User does not have bigquery.jobs.create permission in project {project}."
            );
            return Err(ApiError::new(Reason::AccessDenied, sentence).into());
        }
        let enough = match need {
            Need::Read => bearer.may_read(),
            Need::Write => bearer.may_write(),
            Need::Stream => bearer.may_stream(),
        };
        if !enough {
            return Err(scopes().into());
        }
        let met = Met { call, account: &bearer.account.email, tables: None };
        let hit = self.suffer(call, self.drills.meet(met)).await?;
        Ok(Visit { bearer, call, number, hit })
    }

    fn bearer(&self, request: &HttpRequest) -> Result<Bearer, ApiError> {
        let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        self.tokens.bearer(token).ok_or_else(|| {
            ApiError::new(Reason::AuthError, "Request had invalid authentication credentials.")
        })
    }

    /// The drills that wait for one of these tables (`data_set.table`).
    pub(crate) async fn touch(&self, visit: &mut Visit, tables: &[String]) -> Result<(), Refused> {
        let met =
            Met { call: visit.call, account: &visit.bearer.account.email, tables: Some(tables) };
        let hit = self.drills.meet(met);
        if let Some(hit) = self.suffer(visit.call, hit).await? {
            visit.hit = Some(hit);
        }
        Ok(())
    }

    /// Lets a drill happen; what is left of it changes the answer later.
    async fn suffer(&self, call: Call, hit: Option<Hit>) -> Result<Option<Drill>, Refused> {
        let Some(hit) = hit else { return Ok(None) };
        if hit.drill == Drill::Timeout && !call.makes_a_job() {
            std::future::pending::<()>().await;
        }
        if hit.drill == Drill::Latency {
            tokio::time::sleep(Duration::from_millis(hit.ms)).await;
            return Ok(None);
        }
        answer::drilled(hit.drill).map_or(Ok(Some(hit.drill)), Err)
    }

    /// Notes what is known about a call after it came in.
    pub(crate) fn note(&self, visit: &Visit, name: &str, value: Value) {
        self.log.note(visit.number, name, value);
    }

    /// Whether the caller knows the admin secret.
    pub(crate) fn admits(&self, request: &HttpRequest) -> Result<(), Box<HttpResponse>> {
        let header = request.headers().get("x-admin-secret").and_then(|value| value.to_str().ok());
        if header == Some(self.admin_secret.as_str()) {
            Ok(())
        } else {
            Err(Box::new(HttpResponse::Forbidden().finish()))
        }
    }
}

/// The token was not made for this.
pub(crate) fn scopes() -> ApiError {
    ApiError::new(
        Reason::InsufficientPermissions,
        "Request had insufficient authentication scopes.",
    )
}
