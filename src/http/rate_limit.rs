//! Whether a caller makes more calls than they may, and what they are told about it.
//!
//! Counted after the key and the role, so that a stranger cannot use up anybody's calls. When nothing
//! can be counted, reading goes on and what starts work is refused: a limit that spends money must
//! never be guessed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use autopilot_domain::codes::ErrorCode;
use tokio::time::Instant;

use super::auth;
use super::problem::Problem;
use super::route_table::{Access, RouteSpec};
use super::state::AppState;
use crate::ports::RequestContext;
use crate::ports::rate_limit::{RateScope, Standing, WINDOW_SECONDS};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Most callers whose refusal is remembered; with more, all are counted again.
const MOST_REMEMBERED: usize = 10_000;

/// Who was refused just now. Until their window has room again they are refused from memory, so that a
/// flood costs its server neither the lookup of its key nor the count.
#[derive(Default)]
pub(super) struct Refusals(Mutex<HashMap<[u8; 32], Refusal>>);

#[derive(Clone, Copy)]
struct Refusal {
    window: Standing,
    at: Instant,
}

impl Refusals {
    /// The window in which the holder of a credential was refused and still would be.
    pub(super) fn standing(&self, credential: [u8; 32], interactive: bool) -> Option<Standing> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refusal = *known.get(&credential)?;
        let passed = u64::try_from(refusal.at.elapsed().as_millis()).unwrap_or(u64::MAX);
        let retry_ms = refusal.window.retry_ms.saturating_sub(passed);
        if retry_ms == 0 {
            known.remove(&credential);
            return None;
        }
        let bounds = match refusal.window.scope {
            RateScope::User => true,
            RateScope::Org => interactive,
        };
        let resets_ms = refusal.window.resets_ms.saturating_sub(passed);
        bounds.then_some(Standing { retry_ms, resets_ms, ..refusal.window })
    }

    fn remember(&self, credential: [u8; 32], window: Standing) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(credential, Refusal { window, at: Instant::now() });
    }
}

/// Refuses a caller who was refused just now, before anything is asked about them. Whether their key is
/// still in force is not looked at: the answer says nothing of anybody's data.
pub(super) fn still_refused(
    spec: &RouteSpec,
    http: &HttpRequest,
    state: &AppState,
) -> Result<(), Problem> {
    if spec.access == Access::Public || state.rate_limiter.is_none() {
        return Ok(());
    }
    let credential = auth::credential_hash(http);
    let refused = credential.and_then(|hash| state.refusals.standing(hash, spec.interactive));
    let Some(window) = refused else { return Ok(()) };
    state.metrics.rate_refused(window.scope.as_str());
    Err(Problem::rate_limited(window))
}

/// Counts the call; answers how its windows stand.
pub(super) async fn count(
    spec: &RouteSpec,
    http: &HttpRequest,
    state: &AppState,
) -> Result<Vec<Standing>, Problem> {
    let caller = http.extensions().get::<RequestContext>().cloned();
    let (Some(caller), Some(limiter)) = (caller, &state.rate_limiter) else {
        return Ok(Vec::new());
    };
    match limiter.count(caller.tenant(), caller.user(), spec.interactive).await {
        Ok(counted) => match counted.refused {
            Some(window) => {
                if let Some(hash) = auth::credential_hash(http) {
                    state.refusals.remember(hash, window);
                }
                state.metrics.rate_refused(window.scope.as_str());
                Err(Problem::rate_limited(window))
            }
            None => Ok(counted.standings),
        },
        Err(_) if spec.interactive => Err(Problem::of(ErrorCode::SpendingClosed)),
        Err(_) => Ok(Vec::new()),
    }
}

/// Adds the windows to an answer.
pub(super) fn show(windows: &[Standing], headers: &mut HeaderMap) {
    for (name, value) in self::headers(windows) {
        headers.insert(name, value);
    }
}

/// The windows as the `RateLimit` headers name them (IETF httpapi draft): quota and span, what is
/// left, and seconds until it is whole.
pub(super) fn headers(windows: &[Standing]) -> Vec<(HeaderName, HeaderValue)> {
    let policy =
        |w: &Standing| format!("\"{}\";q={};w={WINDOW_SECONDS}", w.scope.as_str(), w.limit);
    let left = |w: &Standing| {
        format!("\"{}\";r={};t={}", w.scope.as_str(), w.remaining, w.resets_ms.div_ceil(1000))
    };
    let joined = |texts: Vec<String>| HeaderValue::from_str(&texts.join(", ")).ok();
    let lines = [
        (POLICY, joined(windows.iter().map(policy).collect())),
        (LIMIT, joined(windows.iter().map(left).collect())),
    ];
    lines
        .into_iter()
        .filter(|_| !windows.is_empty())
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn window(scope: RateScope) -> Standing {
        let resets_at = jiff::Timestamp::UNIX_EPOCH;
        Standing { scope, limit: 2, remaining: 0, resets_at, resets_ms: 60_000, retry_ms: 500 }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_remembered_for_its_holder_until_the_window_has_room() {
        let refusals = Refusals::default();
        refusals.remember([1; 32], window(RateScope::User));
        tokio::time::advance(Duration::from_millis(400)).await;
        assert_eq!(refusals.standing([1; 32], false).map(|shown| shown.retry_ms), Some(100));
        assert_eq!(refusals.standing([2; 32], false), None, "another holder");
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(refusals.standing([1; 32], false), None, "the window has room");
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_window_of_the_organisation_refuses_no_reading() {
        let refusals = Refusals::default();
        refusals.remember([1; 32], window(RateScope::Org));
        assert_eq!(refusals.standing([1; 32], false), None);
        assert!(refusals.standing([1; 32], true).is_some());
    }
}
