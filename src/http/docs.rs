//! The documentation that the service itself shows: the API description, its page, the error pages.
//!
//! Everything comes out of the binary; no page loads anything from another host. The policy of the
//! documentation page allows its own scripts and nothing inline but styles, which its library sets.

use std::sync::{Arc, LazyLock};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use autopilot_domain::codes::ErrorCode;
use utoipa_swagger_ui::Config;

use super::problem::Problem;
use super::workflows::Answer;
use super::{error_pages, openapi};

const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

static DOCUMENT: LazyLock<Option<String>> = LazyLock::new(|| openapi::document().to_json().ok());

/// Without a validator address: the library would otherwise show a badge from another host.
static PAGE: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/openapi.json").validator_url("none")));

pub(super) async fn openapi() -> Answer {
    let document = DOCUMENT.as_ref().ok_or(Problem::of(ErrorCode::Internal))?;
    Ok(HttpResponse::Ok().content_type("application/json").body(document.as_str()))
}

/// The page's own links are relative to the folder.
pub(super) async fn index() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
}

pub(super) async fn file(request: HttpRequest) -> Answer {
    let path = request.match_info().get("file").unwrap_or_default();
    let file = utoipa_swagger_ui::serve(path, Arc::clone(&PAGE));
    let file = file
        .map_err(|_| Problem::of(ErrorCode::Internal))?
        .ok_or(Problem::of(ErrorCode::NotFound))?;
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .content_type(file.content_type);
    if file.gzpipped {
        encoded(&mut response);
    }
    Ok(response.body(file.bytes.into_owned()))
}

fn encoded(response: &mut HttpResponseBuilder) {
    response.insert_header((header::CONTENT_ENCODING, header::ContentEncoding::Gzip));
}

/// The page behind a problem's `type`.
pub(super) async fn error_page(request: HttpRequest) -> Answer {
    let code = request.match_info().get("code").and_then(|text| text.parse().ok());
    let code: ErrorCode = code.ok_or(Problem::of(ErrorCode::NotFound))?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(error_pages::page(code)))
}
