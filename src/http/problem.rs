//! Failures as people see them: RFC 9457 problem documents.
//!
//! One exhaustive function maps a code to its HTTP status; a new code does not compile until it has
//! one. A problem carries a code and at most one sentence written in this repository. It must never
//! carry a database's text, an upstream's text or a value of the request.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use autopilot_domain::codes::ErrorCode;

use super::dto::problem::ProblemDto;
use super::rate_limit;
use crate::ports::StoreError;
use crate::ports::rate_limit::Standing;

/// A failure on its way to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    code: ErrorCode,
    detail: Option<String>,
    allow: Option<String>,
    window: Option<Standing>,
    wait: Option<u32>,
}

impl Problem {
    /// A problem whose sentence is the code's own.
    #[must_use]
    pub const fn of(code: ErrorCode) -> Self {
        Self { code, detail: None, allow: None, window: None, wait: None }
    }

    /// A problem with a sentence that says more; it must be safe to show.
    #[must_use]
    pub fn with(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: Some(detail.into()), allow: None, window: None, wait: None }
    }

    /// The request is not of the form the address takes; `detail` names the field.
    pub(super) fn input(detail: impl Into<String>) -> Self {
        Self::with(ErrorCode::InputInvalid, detail)
    }

    /// The address does not answer the method; `allow` lists those it answers.
    pub(super) fn method_not_allowed(allow: impl Into<String>) -> Self {
        Self {
            code: ErrorCode::MethodNotAllowed,
            detail: None,
            allow: Some(allow.into()),
            window: None,
            wait: None,
        }
    }

    /// A window is full; the document says which, and when it is worth trying again.
    pub(super) const fn rate_limited(window: Standing) -> Self {
        Self {
            code: ErrorCode::RateLimited,
            detail: None,
            allow: None,
            window: Some(window),
            wait: None,
        }
    }

    /// Trying again helps after so many seconds, and not before.
    pub(super) const fn wait(code: ErrorCode, seconds: u32) -> Self {
        Self { code, detail: None, allow: None, window: None, wait: Some(seconds) }
    }

    /// Any failure of the framework, reduced to a code of ours; its text is dropped.
    pub(super) fn from_framework(error: &actix_web::Error) -> Self {
        if let Some(problem) = error.as_error::<Self>() {
            return problem.clone();
        }
        let status = error.as_response_error().status_code();
        Self::of(match status {
            StatusCode::NOT_FOUND => ErrorCode::NotFound,
            StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::BodyTooLarge,
            other if other.is_client_error() => ErrorCode::InputInvalid,
            _ => ErrorCode::Internal,
        })
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The answer to the request with this id.
    pub(super) fn render(&self, request_id: Option<String>) -> HttpResponse {
        let mut response = HttpResponse::build(status(self.code));
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        self.insert_headers(&mut response);
        response.body(serde_json::to_vec(&self.document(request_id)).unwrap_or_default())
    }

    fn insert_headers(&self, response: &mut HttpResponseBuilder) {
        let fixed = self.wait.or_else(|| retry_after(self.code)).map(u64::from);
        // Rounded up: a client that comes back at that second is let in.
        let seconds = self.window.map(|window| window.retry_ms.div_ceil(1000).max(1)).or(fixed);
        if let Some(seconds) = seconds {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if let Some(Ok(allow)) = self.allow.as_deref().map(HeaderValue::from_str) {
            response.insert_header((header::ALLOW, allow));
        }
        if let Some(window) = self.window {
            for header in rate_limit::headers(&[window]) {
                response.insert_header(header);
            }
        }
        match challenge(self.code) {
            Some(challenge) => response.insert_header((header::WWW_AUTHENTICATE, challenge)),
            None => response,
        };
    }

    fn document(&self, request_id: Option<String>) -> ProblemDto {
        ProblemDto {
            kind: format!("/docs/errors/{}", self.code),
            title: self.code.meaning().to_owned(),
            status: status(self.code).as_u16(),
            code: self.code.as_str().to_owned(),
            detail: self.detail.clone().unwrap_or_else(|| self.code.meaning().to_owned()),
            next_step: self.code.next_step().to_owned(),
            request_id,
            limit: self.window.map(|window| window.limit),
            remaining: self.window.map(|window| window.remaining),
            resets_at: self.window.map(|window| window.resets_at),
            scope: self.window.map(|window| window.scope.as_str()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        status(self.code)
    }

    fn error_response(&self) -> HttpResponse {
        self.render(None)
    }
}

impl From<StoreError> for Problem {
    /// The inner text goes to the log, under the request's span, and nowhere else.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable => Self::of(ErrorCode::DependencyDown),
            StoreError::Lost => Self::of(ErrorCode::OwnershipLost),
            StoreError::Corrupt(what) => {
                tracing::error!(what, "the store holds something unexpected");
                Self::of(ErrorCode::Internal)
            }
        }
    }
}

/// The HTTP status of a code. Codes that only ever stand in a run's failure have one too: their page
/// and any later address that answers them must agree.
#[must_use]
pub const fn status(code: ErrorCode) -> StatusCode {
    use ErrorCode as E;
    match code {
        E::AuthMissing | E::AuthInvalid | E::LoginFailed => StatusCode::UNAUTHORIZED,
        E::RoleForbidden
        | E::CsrfRefused
        | E::RealExecutionForbidden
        | E::PiiProtected
        | E::ApproverForbidden
        | E::ApprovalRejected => StatusCode::FORBIDDEN,
        E::NotFound | E::InvitationInvalid => StatusCode::NOT_FOUND,
        E::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        E::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        E::IdempotencyConflict
        | E::RunNotRetryable
        | E::LastAdmin
        | E::AddressTaken
        | E::VersionConflict
        | E::ApprovalNeeded
        | E::ConnectionConflict
        | E::ApprovalExpired
        | E::ApprovalClosed
        | E::TooMany => StatusCode::CONFLICT,
        E::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        E::QueueFull | E::OverHourlyBudget | E::RateLimited | E::LoginThrottled => {
            StatusCode::TOO_MANY_REQUESTS
        }
        E::InputInvalid
        | E::PasswordUnfit
        | E::StepInputInvalid
        | E::QuestionUnsupported
        | E::MetricNotFound
        | E::CurrencyNeeded
        | E::EmptyResult
        | E::SqlBlocked
        | E::TableUnknown
        | E::ColumnUnknown
        | E::OverQueryCap
        | E::EstimateMismatch
        | E::BytesLimitExceeded => StatusCode::UNPROCESSABLE_ENTITY,
        E::Overloaded
        | E::Draining
        | E::DependencyDown
        | E::OwnershipLost
        | E::SpendingClosed
        | E::WarehouseUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        E::Internal | E::StepPanicked => StatusCode::INTERNAL_SERVER_ERROR,
        E::WarehouseTimeout => StatusCode::GATEWAY_TIMEOUT,
        E::WarehouseQuota
        | E::WarehouseDenied
        | E::WarehouseNotFound
        | E::WarehouseRejected
        | E::WarehouseMalformed
        | E::WarehousePartial => StatusCode::BAD_GATEWAY,
    }
}

/// Seconds after which a caller may try again, for the statuses that promise that it may help.
#[must_use]
pub fn retry_after(code: ErrorCode) -> Option<u32> {
    match status(code) {
        StatusCode::SERVICE_UNAVAILABLE if code == ErrorCode::DependencyDown => Some(5),
        StatusCode::SERVICE_UNAVAILABLE => Some(1),
        StatusCode::TOO_MANY_REQUESTS => Some(10),
        _ => None,
    }
}

/// How to authenticate, for the answers that say that the caller did not.
fn challenge(code: ErrorCode) -> Option<&'static str> {
    let invalid = code == ErrorCode::AuthInvalid;
    match status(code) {
        StatusCode::UNAUTHORIZED if invalid => {
            Some(r#"Bearer realm="autopilot", error="invalid_token""#)
        }
        StatusCode::UNAUTHORIZED => Some(r#"Bearer realm="autopilot""#),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_error_status_and_every_503_says_when_to_come_back() {
        for code in ErrorCode::ALL {
            let status = status(*code);
            assert!(status.is_client_error() || status.is_server_error(), "{code}");
            let response = Problem::of(*code).render(None);
            let says_when = response.headers().contains_key(header::RETRY_AFTER);
            assert_eq!(says_when, matches!(status.as_u16(), 429 | 503), "{code}");
            assert_eq!(
                response.headers().contains_key(header::WWW_AUTHENTICATE),
                status == 401,
                "{code}"
            );
        }
    }

    #[test]
    fn a_corrupt_row_is_internal_and_its_text_stays_inside() {
        let problem = Problem::from(StoreError::Corrupt("secret column of table x"));
        assert_eq!(problem.code(), ErrorCode::Internal);
        let shown = serde_json::to_string(&problem.document(None)).unwrap();
        assert!(!shown.contains("secret"), "{shown}");
    }
}
