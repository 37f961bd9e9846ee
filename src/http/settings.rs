//! Settings of the organisation and of the caller.
//!
//! A change names the version it was made on; one made on an older version is refused and loses
//! nothing.

use actix_web::HttpResponse;
use autopilot_domain::codes::ErrorCode;

use super::dto::problem::ProblemDto;
use super::dto::settings::{OrgSettingsDto, UserSettingsDto};
use super::extract::{Caller, JsonBody};
use super::problem::Problem;
use super::workflows::{Answer, State};
use crate::ports::settings::Versioned;

/// The organisation's settings
#[utoipa::path(get, path = "/v1/settings", tag = "organisation",
    responses((status = 200, body = OrgSettingsDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn show(state: State, Caller(caller): Caller) -> Answer {
    let settings = state.people()?.settings.org(&caller).await?;
    Ok(HttpResponse::Ok().json(OrgSettingsDto::of(&settings)))
}

/// Change the organisation's settings (admins)
///
/// Workflows that are planned from now on use them.
#[utoipa::path(put, path = "/v1/settings", tag = "organisation", request_body = OrgSettingsDto,
    responses((status = 200, body = OrgSettingsDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn change(state: State, Caller(caller): Caller, body: JsonBody) -> Answer {
    let wish = body.parse::<OrgSettingsDto>()?.checked()?;
    let value = wish.value.clone();
    let version = state.people()?.settings.write_org(&caller, wish).await?;
    let version = version.ok_or(Problem::of(ErrorCode::VersionConflict))?;
    Ok(HttpResponse::Ok().json(OrgSettingsDto::of(&Versioned { version, value })))
}

/// Your own settings
#[utoipa::path(get, path = "/v1/me/settings", tag = "organisation",
    responses((status = 200, body = UserSettingsDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn own(state: State, Caller(caller): Caller) -> Answer {
    let settings = state.people()?.settings.own(&caller).await?;
    Ok(HttpResponse::Ok().json(UserSettingsDto::of(&settings)))
}

/// Change your own settings
#[utoipa::path(put, path = "/v1/me/settings", tag = "organisation", request_body = UserSettingsDto,
    responses((status = 200, body = UserSettingsDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn change_own(state: State, Caller(caller): Caller, body: JsonBody) -> Answer {
    let wish = body.parse::<UserSettingsDto>()?.checked()?;
    let value = wish.value.clone();
    let version = state.people()?.settings.write_own(&caller, wish).await?;
    let version = version.ok_or(Problem::of(ErrorCode::VersionConflict))?;
    Ok(HttpResponse::Ok().json(UserSettingsDto::of(&Versioned { version, value })))
}
