//! Answers and refusals as HTTP, and what a drill makes of an answer.
//!
//! Every handler returns a JSON value or a refusal; nothing else builds a response.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use futures_util::stream;
use serde_json::Value;

use crate::bigquery::fault::Fault;
use crate::drills::Drill;
use crate::wire::error::{ApiError, Reason};

/// Why a call gets no proper answer.
pub(crate) enum Refused {
    /// BigQuery's error.
    Api(ApiError),
    /// Something BigQuery would never send.
    Raw(Box<HttpResponse>),
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Api(fault.into())
    }
}

/// What a handler returns.
pub(crate) type Answer = Result<Value, Refused>;

/// The response to an answer.
pub(crate) fn respond(answer: Answer) -> HttpResponse {
    match answer {
        // A deletion has no body.
        Ok(Value::Null) => HttpResponse::NoContent().finish(),
        Ok(value) => HttpResponse::Ok().json(value),
        Err(Refused::Api(error)) => refuse(&error),
        Err(Refused::Raw(response)) => *response,
    }
}

pub(crate) fn refuse(error: &ApiError) -> HttpResponse {
    let status =
        StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).json(error.body())
}

/// A request's body, whatever its content type says.
pub(crate) fn body(bytes: &[u8]) -> Result<Value, ApiError> {
    match serde_json::from_slice(bytes) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(ApiError::new(Reason::ParseError, "The body is not a JSON object.")),
        Err(_) if bytes.is_empty() => Ok(Value::Object(serde_json::Map::new())),
        Err(_) => Err(ApiError::new(Reason::ParseError, "Parse Error: the body is not JSON.")),
    }
}

/// The answer that a drill is, unless it only changes a later one.
pub(crate) fn drilled(drill: Drill) -> Option<Refused> {
    let google = |reason, sentence: &str| Some(ApiError::new(reason, sentence).into());
    let raw = |response| Some(Refused::Raw(Box::new(response)));
    match drill {
        Drill::Timeout | Drill::PartialResults | Drill::Latency => None,
        Drill::QuotaExceeded => google(Reason::QuotaExceeded, "Quota exceeded (drill)"),
        Drill::RateLimit => google(
            Reason::RateLimitExceeded,
            "Exceeded rate limits: too many api requests per user per method for this user_method (drill)",
        ),
        Drill::PermissionDenied => google(Reason::AccessDenied, "Access Denied (drill)"),
        Drill::TransientError => google(Reason::BackendError, "Backend error (drill)"),
        Drill::TransientNetwork | Drill::Html502 => raw(HttpResponse::BadGateway()
            .content_type("text/html")
            .body("<html><body>502 Bad Gateway</body></html>")),
        Drill::MalformedResponse => raw(HttpResponse::Ok()
            .content_type(ContentType::json())
            .body("{\"kind\": \"bigquery#job\", \"status\": {")),
        Drill::CutConnection => raw(cut()),
    }
}

/// Promises more than it sends, then ends the connection.
fn cut() -> HttpResponse {
    let head = Ok(Bytes::from_static(b"{\"kind\": \"bigquery#"));
    let end = Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .no_chunking(4_096)
        .streaming(stream::iter([head, end]))
}
