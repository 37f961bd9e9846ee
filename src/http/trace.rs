//! One span for each request: method, route pattern, request id, status.
//!
//! The pattern stands in the span, not the path: ids, query strings, headers and bodies must never
//! reach a log from here.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

use super::request_id::RequestId;

/// Builds the span.
pub(super) struct EdgeSpan;

impl RootSpanBuilder for EdgeSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
        let id =
            request.extensions().get::<RequestId>().map(RequestId::to_string).unwrap_or_default();
        tracing::info_span!(
            "http_request",
            method = request.method().as_str(),
            route,
            request_id = id,
            status = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
        span.in_scope(|| tracing::info!(status = status.as_u16(), "answered"));
    }
}
