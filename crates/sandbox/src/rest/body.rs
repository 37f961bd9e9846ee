//! The body of a call: taken whole, or refused in BigQuery's shape when it is too large.
//!
//! Decides nothing about what is in it; it only keeps the framework's own refusals from a client.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::web::Bytes;
use actix_web::{Error, FromRequest, HttpRequest};

use super::answer;
use crate::wire::error::{ApiError, Reason};

/// A body's bytes.
pub(crate) struct Body(Bytes);

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl FromRequest for Body {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            bytes.await.map(Self).map_err(|error| {
                let reason = match error.as_response_error().status_code().as_u16() {
                    413 => ApiError::new(Reason::TooLarge, "Request Entity Too Large"),
                    _ => ApiError::new(Reason::ParseError, "The body could not be read."),
                };
                InternalError::from_response(error, answer::refuse(&reason)).into()
            })
        })
    }
}
