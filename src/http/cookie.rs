//! The session's cookie: how it is set, read and taken away.
//!
//! The prefix `__Host-` makes browsers refuse it from any other host, path or plain HTTP (localhost
//! excepted); scripts cannot read it, and other sites' pages cannot send it.

use actix_web::HttpRequest;
use actix_web::cookie::time::{Duration, OffsetDateTime};
use actix_web::cookie::{Cookie, SameSite};
use jiff::Timestamp;

/// Its name.
const NAME: &str = "__Host-autopilot";

/// The token of the request's session. Two cookies of the name are none: they could be read differently
/// elsewhere.
pub(super) fn session_token(http: &HttpRequest) -> Option<String> {
    let cookies = http.cookies().ok()?;
    let mut ours = cookies.iter().filter(|cookie| cookie.name() == NAME);
    let first = ours.next()?;
    ours.next().is_none().then(|| first.value().to_owned())
}

/// The cookie of a session that ends then.
pub(super) fn of_session(token: &str, ends_at: Timestamp) -> Cookie<'static> {
    let end = OffsetDateTime::from_unix_timestamp(ends_at.as_second());
    let mut cookie = built(token.to_owned());
    // A cookie without an end goes with the browser, which is never too late.
    cookie.set_expires(end.ok());
    cookie
}

/// Takes the cookie away.
pub(super) fn gone() -> Cookie<'static> {
    let mut cookie = built(String::new());
    cookie.set_max_age(Duration::ZERO);
    cookie
}

fn built(value: String) -> Cookie<'static> {
    Cookie::build(NAME, value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::COOKIE;
    use actix_web::test::TestRequest;

    #[test]
    fn the_cookie_keeps_scripts_other_sites_and_plain_http_out() {
        let text = of_session("aps_x", "2026-11-24T01:00:00Z".parse().unwrap()).to_string();
        for part in [
            "__Host-autopilot=aps_x",
            "HttpOnly",
            "SameSite=Strict",
            "Secure",
            "Path=/",
            "Expires=Tue, 24 Nov 2026 01:00:00 GMT",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("Domain"), "{text}");
        assert!(gone().to_string().contains("Max-Age=0"));
    }

    #[test]
    fn two_cookies_of_the_name_are_none() {
        let token = |text: &str| {
            session_token(&TestRequest::default().insert_header((COOKIE, text)).to_http_request())
        };
        assert_eq!(token("a=b; __Host-autopilot=aps_x").as_deref(), Some("aps_x"));
        assert_eq!(token("__Host-autopilot=aps_x; __Host-autopilot=aps_y"), None);
        assert_eq!(token("autopilot=aps_x"), None);
        assert_eq!(token(""), None);
    }
}
