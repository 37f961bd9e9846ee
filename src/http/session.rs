//! Signing in and out with a browser, invitations, and one's own password.
//!
//! The two public routes here cost a password hash: what is sent is checked for form first, and every
//! attempt is counted. A refusal never says which part was wrong.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::TenantId;

use super::auth::BrowserSession;
use super::dto::identity::{AcceptDto, ChangePasswordDto, SessionDto, SignInDto, email};
use super::dto::problem::ProblemDto;
use super::extract::{Caller, JsonBody, SessionOfRequest};
use super::problem::Problem;
use super::request_id::RequestId;
use super::workflows::{Answer, State};
use super::{cookie, csrf};
use crate::ports::RequestContext;
use crate::ports::identity::key_hash;
use crate::services::signing_in::{Credentials, Refused};

/// Sign in
///
/// Answers with a cookie that scripts cannot read, and with the token that changes must carry.
#[utoipa::path(post, path = "/v1/session", tag = "identity", request_body = SignInDto,
    responses((status = 200, body = SessionDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")))]
pub(super) async fn sign_in(state: State, http: HttpRequest, body: JsonBody) -> Answer {
    csrf::own_page(&http, &state.limits.allowed_origins)?;
    let sent: SignInDto = body.parse()?;
    let credentials = Credentials {
        email: email(&sent.email)?,
        password: sent.password,
        org: sent.org_id.map(TenantId::new),
        client: http.peer_addr().map(|address| address.ip()),
    };
    let signed_in = state.people()?.signing_in.sign_in(credentials, request_id(&http)?).await;
    let (ctx, opened) = match signed_in {
        Ok(done) => done,
        Err(refused) => return Err(problem(refused)),
    };
    let session = BrowserSession {
        hash: key_hash(opened.token.as_bytes()),
        csrf_token: csrf::token_of(&opened.token),
        ends_at: opened.ends_at,
    };
    let cookie = cookie::of_session(&opened.token, opened.ends_at);
    Ok(HttpResponse::Ok().cookie(cookie).json(shown(&ctx, session)))
}

/// The session of this browser
#[utoipa::path(get, path = "/v1/session", tag = "identity",
    responses((status = 200, body = SessionDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("session" = [])))]
pub(super) async fn show(
    Caller(caller): Caller,
    SessionOfRequest(session): SessionOfRequest,
) -> Answer {
    let session = session.ok_or_else(no_session)?;
    Ok(HttpResponse::Ok().json(shown(&caller, session)))
}

/// Sign out
#[utoipa::path(delete, path = "/v1/session", tag = "identity",
    responses((status = 204, description = "The session has ended"),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("session" = [])))]
pub(super) async fn sign_out(
    state: State,
    Caller(caller): Caller,
    SessionOfRequest(session): SessionOfRequest,
) -> Answer {
    let session = session.ok_or_else(no_session)?;
    state.people()?.signing_in.sign_out(&caller, session.hash).await?;
    Ok(HttpResponse::NoContent().cookie(cookie::gone()).finish())
}

/// Set a password with an invitation
#[utoipa::path(post, path = "/v1/invitations/accept", tag = "identity", request_body = AcceptDto,
    responses((status = 204, description = "The password is set; sign in with it"),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")))]
pub(super) async fn accept(state: State, http: HttpRequest, body: JsonBody) -> Answer {
    csrf::own_page(&http, &state.limits.allowed_origins)?;
    let sent: AcceptDto = body.parse()?;
    let signing_in = &state.people()?.signing_in;
    let done = signing_in.accept(&sent.token, sent.password, request_id(&http)?).await;
    done.map_err(problem)?;
    Ok(HttpResponse::build(StatusCode::NO_CONTENT).finish())
}

/// Change your password
///
/// Every other session of yours ends.
#[utoipa::path(post, path = "/v1/me/password", tag = "identity", request_body = ChangePasswordDto,
    responses((status = 204, description = "The password is changed"),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn change_password(
    state: State,
    Caller(caller): Caller,
    SessionOfRequest(session): SessionOfRequest,
    body: JsonBody,
) -> Answer {
    let sent: ChangePasswordDto = body.parse()?;
    let kept = session.map(|session| session.hash);
    let signing_in = &state.people()?.signing_in;
    signing_in.change(&caller, (sent.current, sent.new), kept).await.map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

fn shown(ctx: &RequestContext, session: BrowserSession) -> SessionDto {
    SessionDto {
        org_id: ctx.tenant().as_uuid(),
        user_id: ctx.user().as_uuid(),
        role: ctx.role().into(),
        csrf_token: session.csrf_token,
        ends_at: session.ends_at,
    }
}

fn no_session() -> Problem {
    Problem::with(ErrorCode::NotFound, "The request was made with a key; there is no session.")
}

fn request_id(http: &HttpRequest) -> Result<String, Problem> {
    RequestId::of(http).ok_or(Problem::of(ErrorCode::Internal))
}

fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::Wrong => Problem::of(ErrorCode::LoginFailed),
        Refused::Several => Problem::input(
            "org_id: this password is yours in several organisations; name the one to sign in to.",
        ),
        Refused::Wait(seconds) => Problem::wait(ErrorCode::LoginThrottled, seconds),
        Refused::Busy => Problem::of(ErrorCode::Overloaded),
        Refused::Unfit(why) => Problem::with(ErrorCode::PasswordUnfit, format!("password: {why}")),
        Refused::NoInvitation => Problem::of(ErrorCode::InvitationInvalid),
        Refused::Failed(error) => error.into(),
    }
}
