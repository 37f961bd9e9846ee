//! What happens to every request and every answer, whatever its route.
//!
//! A request gets its id, and one with more headers than any client sends goes no further; an answer gets the headers that keep a browser from guessing types,
//! storing answers, framing pages or running anything. A handler may set a policy of its own (the
//! documentation page does); it can never go without one.

use actix_web::body::MessageBody;
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, web};
use autopilot_domain::codes::ErrorCode;
use tokio::time::Instant;

use super::problem::Problem;
use super::request_id::RequestId;
use super::state::AppState;

const MOST_HEADERS: usize = 64;
const MOST_HEADER_BYTES: usize = 16 * 1024;
const LONGEST_ADDRESS: usize = 4 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Set where the handler did not set them.
const DEFAULTS: [(HeaderName, HeaderValue); 2] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
];

/// Set always. Whether a browser must use TLS is for the proxy that ends it: over plain HTTP the header
/// would be ignored, and this service does not speak TLS itself.
const FIXED: [(HeaderName, HeaderValue); 6] = [
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// The outermost middleware.
pub(super) async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = RequestId::fresh();
    request.extensions_mut().insert(id);
    if too_large(request.head()) {
        let refused = Problem::of(ErrorCode::HeadersTooLarge).render(Some(id.to_string()));
        let mut response = request.into_response(refused).map_into_right_body();
        seal(response.headers_mut(), id);
        return Ok(response);
    }
    let begun = Instant::now();
    let mut response = next.call(request).await?.map_into_left_body();
    measure(response.request(), response.status().as_u16(), begun);
    seal(response.headers_mut(), id);
    Ok(response)
}

/// More headers, longer ones or a longer address than any client of ours sends. The framework's own
/// bound (96 headers, 128 KB) closes the connection before this is asked.
fn too_large(head: &RequestHead) -> bool {
    let bytes: usize =
        head.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let address = head.uri.path_and_query().map_or(0, |address| address.as_str().len());
    head.headers().len() > MOST_HEADERS || bytes > MOST_HEADER_BYTES || address > LONGEST_ADDRESS
}

/// The route's pattern is the label, never the address: that would be a label for each id.
fn measure(request: &HttpRequest, status: u16, begun: Instant) {
    let Some(state) = request.app_data::<web::Data<AppState>>() else { return };
    let method = match *request.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        _ => "other",
    };
    let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    state.metrics.answered(method, &route, status, begun.elapsed());
}

fn seal(headers: &mut HeaderMap, id: RequestId) {
    for (name, value) in DEFAULTS {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    for (name, value) in FIXED {
        headers.insert(name, value);
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, value);
    }
}
