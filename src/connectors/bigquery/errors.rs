//! BigQuery's errors as failure classes.
//!
//! The reason decides, then the HTTP status. Some answers lie: a query over its byte limit comes as
//! HTTP 500 and must not be retried, and a gateway's HTML page arrives as a JSON error without a
//! status. Upstream texts stay here.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "foreign error enums: what is not named is passing or denied"
)]

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use gcp_bigquery_client::error::BQError;
use gcp_bigquery_client::model::error_proto::ErrorProto;
use gcp_bigquery_client::model::job::Job;

/// What became of a jobs.insert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Insert {
    /// The job is new.
    Created,
    /// An earlier call of the same attempt had made it.
    Existing,
}

pub(super) fn insert_outcome(answer: Result<Job, BQError>) -> Result<Insert, Failure> {
    match answer {
        Ok(job) => match job.status.and_then(|status| status.error_result) {
            Some(error) => Err(failure_of_result(&error)),
            None => Ok(Insert::Created),
        },
        Err(error) if reason(&error) == Some("duplicate") => Ok(Insert::Existing),
        Err(error) => Err(failure_of(&error)),
    }
}

pub(super) fn is_not_found(error: &BQError) -> bool {
    match error {
        BQError::ResponseError { error } => error.error.code == 404,
        _ => false,
    }
}

/// An answer that lacks what it must hold.
pub(super) fn malformed() -> Failure {
    Failure::of(FailureClass::MalformedResponse, ErrorCode::WarehouseMalformed)
}

fn reason(error: &BQError) -> Option<&str> {
    match error {
        BQError::ResponseError { error } => {
            error.error.errors.first()?.get("reason").map(String::as_str)
        }
        _ => None,
    }
}

/// The failure behind a client error.
pub(super) fn failure_of(error: &BQError) -> Failure {
    match error {
        BQError::ResponseError { error: body } => {
            let (class, code) = match reason(error).and_then(by_reason) {
                Some(known) => known,
                None => by_status(body.error.code),
            };
            Failure::of(class, code)
        }
        BQError::RequestError(error) => of_exchange(error),
        BQError::AuthError(_) | BQError::NoToken => {
            Failure::of(FailureClass::PermissionDenied, ErrorCode::WarehouseDenied)
        }
        BQError::YupAuthError(error) => of_token(error),
        BQError::SerializationError(_) => malformed(),
        _ => Failure::of(FailureClass::TransientError, ErrorCode::WarehouseUnavailable),
    }
}

/// The failure a job ended with.
pub(super) fn failure_of_result(error: &ErrorProto) -> Failure {
    let unknown = (FailureClass::ValidationFailed, ErrorCode::WarehouseRejected);
    let (class, code) = error.reason.as_deref().and_then(by_reason).unwrap_or(unknown);
    Failure::of(class, code)
}

fn of_exchange(error: &reqwest::Error) -> Failure {
    let network = Failure::of(FailureClass::TransientNetwork, ErrorCode::WarehouseUnavailable);
    if error.is_timeout() {
        Failure::of(FailureClass::Timeout, ErrorCode::WarehouseTimeout)
    } else if error.is_decode() && !is_gateway_page(error) {
        malformed()
    } else {
        network
    }
}

/// Whether the body was no JSON from its first character on, as a gateway's HTML page is.
fn is_gateway_page(error: &reqwest::Error) -> bool {
    let inner =
        std::error::Error::source(error).and_then(|e| e.downcast_ref::<serde_json::Error>());
    match inner {
        Some(json) => json.is_syntax() && json.line() == 1 && json.column() <= 1,
        None => true,
    }
}

fn of_token(error: &gcp_bigquery_client::yup_oauth2::Error) -> Failure {
    use gcp_bigquery_client::yup_oauth2::Error;
    match error {
        Error::HttpClientError(_) | Error::LowLevelError(_) => {
            Failure::of(FailureClass::TransientNetwork, ErrorCode::WarehouseUnavailable)
        }
        _ => Failure::of(FailureClass::PermissionDenied, ErrorCode::WarehouseDenied),
    }
}

fn by_reason(reason: &str) -> Option<(FailureClass, ErrorCode)> {
    use FailureClass as C;
    Some(match reason {
        "accessDenied" | "billingNotEnabled" | "blocked" => {
            (C::PermissionDenied, ErrorCode::WarehouseDenied)
        }
        "bytesBilledLimitExceeded" => (C::QuotaExceeded, ErrorCode::BytesLimitExceeded),
        "quotaExceeded" | "responseTooLarge" | "resourcesExceeded" | "billingTierLimitExceeded" => {
            (C::QuotaExceeded, ErrorCode::WarehouseQuota)
        }
        "rateLimitExceeded"
        | "jobRateLimitExceeded"
        | "backendError"
        | "internalError"
        | "jobBackendError"
        | "jobInternalError"
        | "tableUnavailable" => (C::TransientError, ErrorCode::WarehouseUnavailable),
        "timeout" | "stopped" => (C::Timeout, ErrorCode::WarehouseTimeout),
        "notFound" => (C::ValidationFailed, ErrorCode::WarehouseNotFound),
        "invalid" | "invalidQuery" | "resourceInUse" | "duplicate" | "notImplemented" => {
            (C::ValidationFailed, ErrorCode::WarehouseRejected)
        }
        _ => return None,
    })
}

const fn by_status(status: i64) -> (FailureClass, ErrorCode) {
    match status {
        401 | 403 => (FailureClass::PermissionDenied, ErrorCode::WarehouseDenied),
        404 => (FailureClass::ValidationFailed, ErrorCode::WarehouseNotFound),
        400..=499 => (FailureClass::ValidationFailed, ErrorCode::WarehouseRejected),
        _ => (FailureClass::TransientError, ErrorCode::WarehouseUnavailable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_limit_comes_as_http_500_and_is_terminal_all_the_same() {
        let body = serde_json::json!({"error": {"code": 500, "message": "x", "errors": [
            {"reason": "bytesBilledLimitExceeded", "message": "x", "domain": "global"}]}});
        let error = BQError::ResponseError { error: serde_json::from_value(body).unwrap() };
        let failure = failure_of(&error);
        assert_eq!(
            (failure.class, failure.code),
            (FailureClass::QuotaExceeded, ErrorCode::BytesLimitExceeded)
        );
    }

    #[test]
    fn an_unknown_reason_falls_back_to_the_status_and_shows_no_upstream_text() {
        for (status, class) in [
            (403, FailureClass::PermissionDenied),
            (503, FailureClass::TransientError),
            (418, FailureClass::ValidationFailed),
        ] {
            let body = serde_json::json!({"error": {"code": status, "message": "secret text", "errors": [{"reason": "brandNew"}]}});
            let failure = failure_of(&BQError::ResponseError {
                error: serde_json::from_value(body).unwrap(),
            });
            assert_eq!(failure.class, class);
            assert!(!failure.safe_message.contains("secret"));
        }
    }
}
