//! The id of a request: made here, shown in the answer, the problem and the log.
//!
//! None is accepted from outside, so that an id in a log always names exactly one request.

use actix_web::{HttpMessage, HttpRequest};
use uuid::Uuid;

/// UUID version 7: ids sort by time.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestId(Uuid);

impl RequestId {
    pub(super) fn fresh() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id of a request that came through the edge.
    pub(super) fn of(request: &HttpRequest) -> Option<String> {
        request.extensions().get::<Self>().map(Self::to_string)
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
