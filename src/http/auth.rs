//! Who is calling, and whether their role suffices.
//!
//! A key or a session is hashed before anything looks at it, and only the hash is looked up: whatever
//! was sent costs one hash and one lookup, so timing says nothing about what is stored. The one place
//! that makes a request context from a credential. It must never log or answer the credential.

use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use autopilot_domain::codes::ErrorCode;
use jiff::Timestamp;

use super::problem::Problem;
use super::request_id::RequestId;
use super::route_table::Access;
use super::state::AppState;
use super::{cookie, csrf};
use crate::ports::identity::key_hash;
use crate::ports::{OperatorContext, RequestContext, Role};

/// Longest credential that is looked at, in bytes; ours have 46.
const LONGEST_KEY: usize = 256;

/// What a request shows of its sender.
enum Credential {
    /// A key in the Authorization header, which only a program sends.
    Key([u8; 32]),
    /// A session's cookie, which a browser sends by itself.
    Session(String),
}

/// The browser session of a request.
#[derive(Debug, Clone)]
pub(super) struct BrowserSession {
    /// SHA-256 of its token.
    pub(super) hash: [u8; 32],
    /// What a page must send with changes.
    pub(super) csrf_token: String,
    /// When it ends at the latest.
    pub(super) ends_at: Timestamp,
}

/// Lets the request pass and leaves its context with it, or says why not.
pub(super) async fn authorize(
    access: Access,
    http: &HttpRequest,
    state: &AppState,
) -> Result<(), Problem> {
    let role = match access {
        Access::Public => return Ok(()),
        Access::AtLeast(role) => role,
        Access::Operator | Access::AdminOrOperator => Role::Admin,
    };
    let shown = presented(http)?;
    let operators = matches!(access, Access::Operator | Access::AdminOrOperator);
    if let (true, Credential::Key(hash)) = (operators, &shown)
        && let Some(operator) = state.identity.operator(*hash).await?
    {
        let operator = OperatorContext::authenticated(operator, request_id(http)?);
        http.extensions_mut().insert(operator);
        return Ok(());
    }
    let context = match shown {
        Credential::Key(hash) => of_key(hash, http, state).await?,
        Credential::Session(token) => of_session(&token, http, state).await?,
    };
    if access == Access::Operator {
        return Err(Problem::with(ErrorCode::RoleForbidden, "Only an operator may do this."));
    }
    if context.role() < role {
        let needed = format!("This needs the role {} or higher.", role.as_str());
        return Err(Problem::with(ErrorCode::RoleForbidden, needed));
    }
    http.extensions_mut().insert(context);
    Ok(())
}

async fn of_key(
    hash: [u8; 32],
    http: &HttpRequest,
    state: &AppState,
) -> Result<RequestContext, Problem> {
    let holder = state.identity.principal(hash).await?;
    let holder = holder.ok_or(Problem::of(ErrorCode::AuthInvalid))?;
    Ok(holder.into_context(request_id(http)?))
}

async fn of_session(
    token: &str,
    http: &HttpRequest,
    state: &AppState,
) -> Result<RequestContext, Problem> {
    let hash = key_hash(token.as_bytes());
    let found = state.identity.session(hash).await?;
    let (holder, ends_at) = found.ok_or(Problem::of(ErrorCode::AuthInvalid))?;
    csrf::check(http, token, &state.limits.allowed_origins)?;
    let csrf_token = csrf::token_of(token);
    http.extensions_mut().insert(BrowserSession { hash, csrf_token, ends_at });
    Ok(holder.into_context(request_id(http)?))
}

fn request_id(http: &HttpRequest) -> Result<String, Problem> {
    RequestId::of(http).ok_or(Problem::of(ErrorCode::Internal))
}

/// SHA-256 of what the request shows of its sender; `None` when it shows nothing of a proper form.
pub(super) fn credential_hash(http: &HttpRequest) -> Option<[u8; 32]> {
    match presented(http).ok()? {
        Credential::Key(hash) => Some(hash),
        Credential::Session(token) => Some(key_hash(token.as_bytes())),
    }
}

/// The credential of a request. A key goes before a cookie: whoever sends a key means it.
fn presented(http: &HttpRequest) -> Result<Credential, Problem> {
    let mut headers = http.headers().get_all(AUTHORIZATION);
    let Some(header) = headers.next() else {
        let token = cookie::session_token(http).filter(|token| token.len() <= LONGEST_KEY);
        return token.map(Credential::Session).ok_or(Problem::of(ErrorCode::AuthMissing));
    };
    // Two headers could be read differently by a proxy and by us.
    let single = headers.next().is_none();
    let key = bearer(header).filter(|_| single).ok_or(Problem::of(ErrorCode::AuthInvalid))?;
    Ok(Credential::Key(key_hash(key)))
}

/// The credential behind the scheme name, which is compared without case (RFC 9110).
fn bearer(header: &HeaderValue) -> Option<&[u8]> {
    let (scheme, key) = header.as_bytes().split_at_checked(7)?;
    let fits = scheme.eq_ignore_ascii_case(b"bearer ") && (1..=LONGEST_KEY).contains(&key.len());
    fits.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_credential_of_a_sane_length_is_a_key() {
        let key = |text: &str| bearer(&HeaderValue::from_str(text).unwrap()).map(<[u8]>::to_vec);
        assert_eq!(key("Bearer ap_x"), Some(b"ap_x".to_vec()));
        assert_eq!(key("bearer ap_x"), Some(b"ap_x".to_vec()));
        for refused in ["", "Bearer", "Bearer ", "Basic ap_x", "ap_x"] {
            assert_eq!(key(refused), None, "{refused:?}");
        }
        assert_eq!(key(&format!("Bearer {}", "k".repeat(257))), None);
    }
}
