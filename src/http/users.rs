//! The organisation's users, for its admins.
//!
//! Another organisation's user is exactly as missing as one that does not exist.

use actix_web::HttpResponse;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::UserId;

use super::cursor;
use super::dto::actors::ListQuery;
use super::dto::identity::{
    InvitationDto, NewUserDto, UserChangeDto, UserDto, UsersDto, user_of_cursor,
};
use super::dto::problem::ProblemDto;
use super::extract::{Caller, IdInPath, JsonBody, Parameters};
use super::problem::Problem;
use super::workflows::{Answer, State};
use crate::ports::accounts::{UserChanged, UserMade};

/// Users of the organisation (admins)
#[utoipa::path(get, path = "/v1/users", tag = "identity", params(ListQuery),
    responses((status = 200, body = UsersDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn list(
    state: State,
    Caller(caller): Caller,
    Parameters(query): Parameters<ListQuery>,
) -> Answer {
    let limit = cursor::limit(query.limit)?;
    let after = cursor::read("users", query.cursor.as_deref())?;
    let after = after.as_deref().map(user_of_cursor).transpose()?;
    // One more than asked for tells whether there is another page.
    let wanted = u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1);
    let mut rows = state.people()?.accounts.users(&caller, after, wanted).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor =
        rows.last().filter(|_| more).map(|row| cursor::behind("users", &row.id.to_string()));
    let users = rows.into_iter().map(UserDto::from).collect();
    Ok(HttpResponse::Ok().json(UsersDto { users, next_cursor }))
}

/// One user (admins)
#[utoipa::path(get, path = "/v1/users/{id}", tag = "identity",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, body = UserDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn show(state: State, Caller(caller): Caller, IdInPath(id): IdInPath) -> Answer {
    let user = state.people()?.accounts.user(&caller, UserId::new(id)).await?;
    let user = user.ok_or(Problem::of(ErrorCode::NotFound))?;
    Ok(HttpResponse::Ok().json(UserDto::from(user)))
}

/// Add a person (admins)
///
/// The answer holds their invitation, in this one answer and nowhere else: hand it to them.
#[utoipa::path(post, path = "/v1/users", tag = "identity", request_body = NewUserDto,
    responses((status = 201, body = InvitationDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn add(state: State, Caller(caller): Caller, body: JsonBody) -> Answer {
    let wish = body.parse::<NewUserDto>()?.checked()?;
    match state.people()?.accounts.add_user(&caller, wish).await? {
        UserMade::Made(invitation) => {
            Ok(HttpResponse::Created().json(InvitationDto::from(invitation)))
        }
        UserMade::Taken => Err(Problem::of(ErrorCode::AddressTaken)),
        UserMade::Full => {
            Err(Problem::with(ErrorCode::TooMany, "An organisation may have 1,000 users."))
        }
    }
}

/// Give a user a fresh invitation (admins)
///
/// For a person who lost theirs, or their password. The former invitation ends; a former password
/// stays until the new one is set.
#[utoipa::path(post, path = "/v1/users/{id}/invitation", tag = "identity",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 201, body = InvitationDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn invite(state: State, Caller(caller): Caller, IdInPath(id): IdInPath) -> Answer {
    let made = state.people()?.accounts.invite(&caller, UserId::new(id)).await?;
    let made = made.ok_or(Problem::of(ErrorCode::NotFound))?;
    Ok(HttpResponse::Created().json(InvitationDto::from(made)))
}

/// Change a user's role, or take everything away from them (admins)
#[utoipa::path(patch, path = "/v1/users/{id}", tag = "identity", request_body = UserChangeDto,
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, body = UserDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn change(
    state: State,
    Caller(caller): Caller,
    IdInPath(id): IdInPath,
    body: JsonBody,
) -> Answer {
    let wish = body.parse::<UserChangeDto>()?.checked()?;
    let accounts = &state.people()?.accounts;
    match accounts.change_user(&caller, UserId::new(id), wish).await? {
        UserChanged::Done => {}
        UserChanged::Unknown => return Err(Problem::of(ErrorCode::NotFound)),
        UserChanged::LastAdmin => return Err(Problem::of(ErrorCode::LastAdmin)),
    }
    let user = accounts.user(&caller, UserId::new(id)).await?;
    let user = user.ok_or(Problem::of(ErrorCode::NotFound))?;
    Ok(HttpResponse::Ok().json(UserDto::from(user)))
}
