//! The problem document of RFC 9457, with our code, next step and request id.
//!
//! Built in `http/problem.rs` only, so that no failure can be answered in another form.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

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
    /// Only with RATE_LIMITED: calls allowed in a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) limit: Option<u32>,
    /// Only with RATE_LIMITED: calls that would be allowed right now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) remaining: Option<u32>,
    /// Only with RATE_LIMITED: when it is as if no call had been made.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) resets_at: Option<Timestamp>,
    /// Only with RATE_LIMITED: whose limit it is, `user` or `org`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) scope: Option<&'static str>,
}
