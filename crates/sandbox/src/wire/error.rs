//! The one error a client of the simulator ever meets, in the shape Google gives it.
//!
//! Decides which HTTP status belongs to which BigQuery reason (Google's "Error messages" page) and how the
//! body is laid out. Every refusal of the simulator is made here, so that what it does not support carries
//! the simulator's name and can never be mistaken for an answer of the real service.

use std::fmt;

use serde_json::{Value, json};

use crate::bigquery::fault::{Fault, Kind};

/// BigQuery's error reasons that the simulator gives, named as on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    AccessDenied,
    AuthError,
    BackendError,
    BytesBilledLimitExceeded,
    Duplicate,
    InsufficientPermissions,
    Invalid,
    InvalidQuery,
    NotFound,
    NotImplemented,
    ParseError,
    QuotaExceeded,
    RateLimitExceeded,
    ResourceInUse,
    ResourcesExceeded,
    Stopped,
    Timeout,
    TooLarge,
}

impl Reason {
    /// The reason's name, its HTTP status and Google's canonical status name.
    const fn parts(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::AccessDenied => ("accessDenied", 403, "PERMISSION_DENIED"),
            Self::AuthError => ("authError", 401, "UNAUTHENTICATED"),
            Self::BackendError => ("backendError", 503, "UNAVAILABLE"),
            // Three independent reports: it is a 500 although nothing of the server is broken.
            Self::BytesBilledLimitExceeded => ("bytesBilledLimitExceeded", 500, "INTERNAL"),
            Self::Duplicate => ("duplicate", 409, "ALREADY_EXISTS"),
            Self::InsufficientPermissions => ("insufficientPermissions", 403, "PERMISSION_DENIED"),
            Self::Invalid => ("invalid", 400, "INVALID_ARGUMENT"),
            Self::InvalidQuery => ("invalidQuery", 400, "INVALID_ARGUMENT"),
            Self::NotFound => ("notFound", 404, "NOT_FOUND"),
            Self::NotImplemented => ("notImplemented", 501, "UNIMPLEMENTED"),
            Self::ParseError => ("parseError", 400, "INVALID_ARGUMENT"),
            Self::QuotaExceeded => ("quotaExceeded", 403, "PERMISSION_DENIED"),
            Self::RateLimitExceeded => ("rateLimitExceeded", 403, "PERMISSION_DENIED"),
            Self::ResourceInUse => ("resourceInUse", 400, "FAILED_PRECONDITION"),
            Self::ResourcesExceeded => ("resourcesExceeded", 400, "INVALID_ARGUMENT"),
            // Google documents no code above 299 for a stopped job; 499 is gRPC's CANCELLED over HTTP.
            Self::Stopped => ("stopped", 499, "CANCELLED"),
            Self::Timeout => ("timeout", 400, "DEADLINE_EXCEEDED"),
            Self::TooLarge => ("uploadTooLarge", 413, "INVALID_ARGUMENT"),
        }
    }
}

/// An error in BigQuery's shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) reason: Reason,
    pub(crate) message: String,
    location: Option<String>,
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}

impl ApiError {
    /// An error with a reason and the sentence a client reads.
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), location: None }
    }

    /// Names what the error is about (Google's `location` field).
    pub(crate) fn about(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// A query that BigQuery itself would refuse.
    pub(crate) fn invalid_query(message: impl Into<String>) -> Self {
        Self::new(Reason::InvalidQuery, message).about("query")
    }

    /// Something BigQuery may well do and this simulator does not: refused by name, never guessed.
    pub(crate) fn unsupported(what: impl fmt::Display) -> Self {
        Self::new(
            Reason::NotImplemented,
            format!("{what} is not supported by the simulator (this is not BigQuery)"),
        )
        .about("query")
    }

    /// A request that is wrong apart from its SQL.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Reason::Invalid, message)
    }

    /// Something that is not there, or not in this location.
    pub(crate) fn not_found(what: impl fmt::Display) -> Self {
        Self::new(Reason::NotFound, format!("Not found: {what}"))
    }

    /// The HTTP status that carries this error.
    pub(crate) fn http_status(&self) -> u16 {
        self.reason.parts().1
    }

    /// The `ErrorProto` inside a job's status. All values are strings, as clients decode them as such.
    pub(crate) fn proto(&self) -> Value {
        let (reason, _, _) = self.reason.parts();
        let mut proto = json!({ "reason": reason, "message": self.message });
        if let (Some(location), Some(fields)) = (&self.location, proto.as_object_mut()) {
            fields.insert("location".to_owned(), json!(location));
        }
        proto
    }

    /// The body of an HTTP error answer.
    pub(crate) fn body(&self) -> Value {
        let (reason, code, status) = self.reason.parts();
        let mut detail = json!({ "message": self.message, "domain": "global", "reason": reason });
        if let (Some(location), Some(fields)) = (&self.location, detail.as_object_mut()) {
            fields.insert("location".to_owned(), json!(location));
            fields.insert("locationType".to_owned(), json!("parameter"));
        }
        json!({ "error": { "code": code, "message": self.message, "errors": [detail], "status": status } })
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        let reason = match fault.kind {
            Kind::InvalidQuery => Reason::InvalidQuery,
            Kind::Invalid => Reason::Invalid,
            Kind::NotFound => Reason::NotFound,
            Kind::AccessDenied => Reason::AccessDenied,
            Kind::Duplicate => Reason::Duplicate,
            Kind::ResourceInUse => Reason::ResourceInUse,
            Kind::ResourcesExceeded => Reason::ResourcesExceeded,
            Kind::Unsupported => Reason::NotImplemented,
        };
        let error = Self::new(reason, fault.to_string());
        match fault.kind {
            Kind::InvalidQuery | Kind::Unsupported => error.about("query"),
            Kind::Invalid
            | Kind::NotFound
            | Kind::AccessDenied
            | Kind::Duplicate
            | Kind::ResourceInUse
            | Kind::ResourcesExceeded => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_reason_and_status() {
        let error = ApiError::invalid_query("Unrecognized name: x");
        assert_eq!(error.http_status(), 400);
        let body = error.body();
        assert_eq!(body["error"]["message"], "Unrecognized name: x");
        assert_eq!(body["error"]["errors"][0]["reason"], "invalidQuery");
        assert_eq!(body["error"]["errors"][0]["location"], "query");
    }

    #[test]
    fn every_value_of_an_error_detail_is_a_string() {
        let body = ApiError::unsupported("QUALIFY").body();
        let detail = body["error"]["errors"][0].as_object().unwrap();
        assert!(detail.values().all(Value::is_string));
        assert_eq!(body["error"]["code"], 501);
    }
}
