//! Who is calling, and whether their role suffices.
//!
//! A key is hashed before anything looks at it, and only the hash is looked up: whatever was sent
//! costs one hash and one lookup, so timing says nothing about stored keys. The one place that makes
//! a request context from a key. It must never log or answer the key.

use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use autopilot_domain::codes::ErrorCode;

use super::problem::Problem;
use super::request_id::RequestId;
use super::route_table::Access;
use super::state::AppState;
use crate::ports::identity::key_hash;
use crate::ports::{OperatorContext, RequestContext, Role};

/// Longest credential that is looked at, in bytes; ours have 46.
const LONGEST_KEY: usize = 256;

/// Lets the request pass and leaves its context with it, or says why not.
pub(super) async fn authorize(
    access: Access,
    http: &HttpRequest,
    state: &AppState,
) -> Result<(), Problem> {
    let role = match access {
        Access::Public => return Ok(()),
        Access::AtLeast(role) => role,
        Access::Operator | Access::AdminOrOperator => {
            if let Some(operator) = operator(http, state).await? {
                http.extensions_mut().insert(operator);
                return Ok(());
            }
            Role::Admin
        }
    };
    let context = authenticate(http, state).await?;
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

async fn operator(
    http: &HttpRequest,
    state: &AppState,
) -> Result<Option<OperatorContext>, Problem> {
    let found = state.identity.operator(key_hash(presented_key(http)?)).await?;
    let id = RequestId::of(http).ok_or(Problem::of(ErrorCode::Internal))?;
    Ok(found.map(|operator| OperatorContext::authenticated(operator, id)))
}

async fn authenticate(http: &HttpRequest, state: &AppState) -> Result<RequestContext, Problem> {
    let hash = key_hash(presented_key(http)?);
    let holder =
        state.identity.principal(hash).await?.ok_or(Problem::of(ErrorCode::AuthInvalid))?;
    let id = RequestId::of(http).ok_or(Problem::of(ErrorCode::Internal))?;
    Ok(holder.into_context(id))
}

fn presented_key(http: &HttpRequest) -> Result<&[u8], Problem> {
    let mut headers = http.headers().get_all(AUTHORIZATION);
    let header = headers.next().ok_or(Problem::of(ErrorCode::AuthMissing))?;
    // Two headers could be read differently by a proxy and by us.
    let single = headers.next().is_none();
    bearer(header).filter(|_| single).ok_or(Problem::of(ErrorCode::AuthInvalid))
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
