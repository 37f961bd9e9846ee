//! Whether a change that came with a session's cookie was meant by the service's own page.
//!
//! Browsers send cookies by themselves, so a cookie proves who, not whether they meant it. A change
//! must carry a token that only a page of this origin can read, and must not come from another origin.
//! The token is derived from the session's secret, so it ends with it and is stored nowhere.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::HeaderName;
use autopilot_domain::codes::ErrorCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::origin;
use super::problem::Problem;

const HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a page must send with changes in this session.
pub(super) fn token_of(session_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("csrf {session_token}")))
}

/// Lets reading pass, and changes that carry the session's token and come from no other origin.
pub(super) fn check(
    http: &HttpRequest,
    session_token: &str,
    allowed: &[String],
) -> Result<(), Problem> {
    if matches!(*http.method(), Method::GET | Method::HEAD) {
        return Ok(());
    }
    own_page(http, allowed)?;
    let sent = http.headers().get(HEADER).map(|token| Sha256::digest(token.as_bytes()));
    // Digests are compared, so that time says nothing about the token.
    if sent == Some(Sha256::digest(token_of(session_token).as_bytes())) {
        return Ok(());
    }
    Err(Problem::of(ErrorCode::CsrfRefused))
}

/// Refuses what a browser says comes from a page of another origin. Programs say nothing.
pub(super) fn own_page(http: &HttpRequest, allowed: &[String]) -> Result<(), Problem> {
    let site = http.headers().get(FETCH_SITE);
    let foreign = site.is_some_and(|site| {
        !matches!(site.as_bytes(), b"same-origin" | b"none") && allowed.is_empty()
    });
    if foreign || !origin::is_allowed(http, allowed) {
        let detail = "The request comes from a page of another origin.";
        return Err(Problem::with(ErrorCode::CsrfRefused, detail));
    }
    Ok(())
}
