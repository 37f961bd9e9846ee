//! Whether a caller makes more calls than they may, and what they are told about it.
//!
//! Counted after the key and the role, so that a stranger cannot use up anybody's calls. When nothing
//! can be counted, reading goes on and what starts work is refused: a limit that spends money must
//! never be guessed.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use autopilot_domain::codes::ErrorCode;

use super::problem::Problem;
use super::route_table::RouteSpec;
use super::state::AppState;
use crate::ports::RequestContext;
use crate::ports::rate_limit::{Standing, WINDOW_SECONDS};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

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
