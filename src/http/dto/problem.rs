//! The problem document of RFC 9457, with our code, next step and request id.
//!
//! Built in `http/problem.rs` only, so that no failure can be answered in another form.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ports::rate_limit::Standing;

/// Why a request was not answered as asked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(in crate::http) struct ProblemDto {
    /// Address of the page about this code, relative to the service.
    #[serde(rename = "type")]
    pub(in crate::http) kind: String,
    /// What the code means.
    pub(in crate::http) title: String,
    /// The HTTP status.
    pub(in crate::http) status: u16,
    /// The code; codes are never renamed.
    pub(in crate::http) code: String,
    /// What happened this time.
    pub(in crate::http) detail: String,
    /// What to do next.
    pub(in crate::http) next_step: String,
    /// The id to give when reporting it; also in the header X-Request-Id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) request_id: Option<String>,
    /// Only with RATE_LIMITED: which limit, what is left of it, and when it is whole again.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(in crate::http) window: Option<WindowDto>,
}

/// The window that refused a call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RateWindow)]
pub(in crate::http) struct WindowDto {
    /// Calls allowed in a minute.
    limit: u32,
    /// Calls that would be allowed right now.
    remaining: u32,
    /// When it is as if no call had been made.
    #[schema(value_type = String, format = DateTime)]
    resets_at: Timestamp,
    /// Whose limit: `user` or `org`.
    scope: &'static str,
}

impl WindowDto {
    pub(in crate::http) const fn of(window: Standing) -> Self {
        let Standing { scope, limit, remaining, resets_at, .. } = window;
        Self { limit, remaining, resets_at, scope: scope.as_str() }
    }
}
