//! Whether a browser page of this origin may do what it asks.
//!
//! WebSocket handshakes are not covered by the browser's same-origin rule, so the server looks at the
//! Origin header itself. Programs send none and are let in: they hold a key, which no foreign page has.

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, ORIGIN};

use super::problem::Problem;

/// Refuses a page of another origin.
pub(super) fn check(request: &HttpRequest, allowed: &[String]) -> Result<(), Problem> {
    if is_allowed(request, allowed) {
        return Ok(());
    }
    Err(Problem::input("Origin: pages of this origin may not open a stream."))
}

/// Whether the request comes from no page, or from one of an allowed origin.
pub(super) fn is_allowed(request: &HttpRequest, allowed: &[String]) -> bool {
    let Some(origin) = request.headers().get(ORIGIN) else { return true };
    let origin = origin.to_str().unwrap_or_default();
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let own = host.is_some_and(|host| is_own(origin, host));
    own || allowed.iter().any(|one| one.eq_ignore_ascii_case(origin))
}

fn is_own(origin: &str, host: &str) -> bool {
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    authority.is_some_and(|authority| !authority.is_empty() && authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn only_the_own_and_the_listed_origins_pass() {
        let listed = ["https://data.example".to_owned()];
        let passes = |origin: &str| {
            let request = TestRequest::default()
                .insert_header((HOST, "api.example:8080"))
                .insert_header((ORIGIN, origin))
                .to_http_request();
            check(&request, &listed).is_ok()
        };
        assert!(passes("https://api.example:8080") && passes("https://data.example"));
        for foreign in [
            "null",
            "",
            "https://",
            "https://evil.example",
            "https://api.example",
            "https://api.example:8080.evil",
        ] {
            assert!(!passes(foreign), "{foreign}");
        }
    }
}
