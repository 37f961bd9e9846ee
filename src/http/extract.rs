//! What handlers take from a request, each read in one way only.
//!
//! A failure here is a problem that names the part of the request and never repeats its value. A
//! path id that is not a UUID is answered exactly as one that is missing.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, Bytes, BytesMut};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::RunId;
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, StreamExt};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::auth::BrowserSession;
use super::json_error;
use super::problem::Problem;
use super::state::{AppState, Limits};
pub(super) use crate::ports::boards::Inspector;
use crate::ports::{OperatorContext, RequestContext};

/// The authenticated caller. On a public route there is none, and asking is a fault of ours.
pub(super) struct Caller(pub(super) RequestContext);

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = request.extensions().get::<RequestContext>().cloned();
        ready(context.map(Self).ok_or(Problem::of(ErrorCode::Internal)))
    }
}

/// The browser session of the request; none when a key was sent.
pub(super) struct SessionOfRequest(pub(super) Option<BrowserSession>);

impl FromRequest for SessionOfRequest {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.extensions().get::<BrowserSession>().cloned())))
    }
}

impl FromRequest for Inspector {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let extensions = request.extensions();
        let operator = extensions.get::<OperatorContext>().cloned().map(Self::Operator);
        let admin = extensions.get::<RequestContext>().cloned().map(Self::OrgAdmin);
        ready(operator.or(admin).ok_or(Problem::of(ErrorCode::Internal)))
    }
}

/// The actor named by `{path}`.
pub(super) struct ActorInPath(pub(super) String);

impl FromRequest for ActorInPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let path = request.match_info().get("path").filter(|path| path.len() <= 200);
        ready(path.map(|path| Self(path.to_owned())).ok_or(Problem::of(ErrorCode::NotFound)))
    }
}

/// What is named by `{id}` in the path.
pub(super) struct IdInPath(pub(super) Uuid);

impl FromRequest for IdInPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|text| text.parse().ok());
        ready(id.map(Self).ok_or(Problem::of(ErrorCode::NotFound)))
    }
}

/// The workflow named by `{id}` in the path.
pub(super) struct RunInPath(pub(super) RunId);

impl FromRequest for RunInPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|text| text.parse().ok());
        ready(id.map(Self).ok_or(Problem::of(ErrorCode::NotFound)))
    }
}

/// The query string as `T`; unknown and repeated parameters are refused.
pub(super) struct Parameters<T>(pub(super) T);

impl<T: DeserializeOwned + 'static> FromRequest for Parameters<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parsed = web::Query::<T>::from_query(request.query_string());
        ready(match parsed {
            Ok(web::Query(parameters)) => Ok(Self(parameters)),
            Err(error) => Err(Problem::input(json_error::describe_query(&error.to_string()))),
        })
    }
}

/// Levels of objects and arrays that a body may have; ours have at most six.
const DEEPEST: usize = 32;

/// How deeply a JSON text is nested, read without building anything; of a text that is not JSON,
/// some number.
fn depth(body: &[u8]) -> usize {
    let (mut level, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => level += 1,
            b']' | b'}' if !quoted => level = level.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(level);
    }
    deepest
}

/// A JSON body that has arrived whole and is not larger than allowed; not yet parsed.
pub(super) struct JsonBody(Bytes);

impl JsonBody {
    /// Reads it as `T`.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if depth(&self.0) > DEEPEST {
            let most = format!("The body may be nested at most {DEEPEST} levels deep.");
            return Err(Problem::input(most));
        }
        serde_json::from_slice(&self.0)
            .map_err(|error| Problem::input(json_error::describe(&error, &self.0)))
    }
}

impl FromRequest for JsonBody {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let Some(state) = request.app_data::<web::Data<AppState>>().cloned() else {
            return ready(Err(Problem::of(ErrorCode::Internal))).boxed_local();
        };
        if let Err(problem) = announced(request, &state.limits) {
            return ready(Err(problem)).boxed_local();
        }
        let payload = payload.take();
        async move {
            let read = read(payload, state.limits.body_bytes);
            match tokio::time::timeout(state.limits.body_deadline, read).await {
                Ok(body) => body.map(Self),
                Err(_) => Err(Problem::input("The body did not arrive in time.")),
            }
        }
        .boxed_local()
    }
}

/// Refuses by the headers alone what would be refused after reading.
fn announced(request: &HttpRequest, limits: &Limits) -> Result<(), Problem> {
    if request.content_type() != "application/json"
        || request.headers().get_all(CONTENT_TYPE).count() != 1
    {
        return Err(Problem::input("Content-Type: application/json is expected."));
    }
    let length = request.headers().get("content-length").and_then(|length| length.to_str().ok());
    match length.and_then(|length| length.parse::<usize>().ok()) {
        Some(length) if length > limits.body_bytes => Err(too_large(limits.body_bytes)),
        _ => Ok(()),
    }
}

async fn read(mut payload: Payload, cap: usize) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::input("The body could not be read to its end."))?;
        if body.len().saturating_add(chunk.len()) > cap {
            return Err(too_large(cap));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn too_large(cap: usize) -> Problem {
    Problem::with(ErrorCode::BodyTooLarge, format!("The body may have at most {cap} bytes."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_containers_and_not_what_stands_in_texts() {
        for (text, expected) in [
            ("1", 0),
            ("[]", 1),
            (r#"{"a": [1, {"b": 2}]}"#, 3),
            (r#"["[[[[", "\"[[["]"#, 1),
            (r#"["\\", [[]]]"#, 3),
            ("[[[", 3),
            ("]]]][", 1),
        ] {
            assert_eq!(depth(text.as_bytes()), expected, "{text}");
        }
    }
}
