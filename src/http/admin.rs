//! The caller, the actors that work for their organisation, and what an operator sees of all.
//!
//! An operator sees every node and tenant; an admin their own organisation's subtree only, and to
//! them a foreign path is exactly as missing as one that does not exist. A restart is a recorded
//! request that the actor's node obeys; this layer reaches into no node.

use actix_web::HttpResponse;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::TenantId;

use super::cursor;
use super::dto::actors::{
    ActorDto, ActorsDto, LetterDto, LettersDto, ListQuery, OwnerDto, OwnersDto, RestartAskedDto,
};
use super::dto::meta::MeDto;
use super::dto::problem::ProblemDto;
use super::extract::{ActorInPath, Caller, Inspector, Parameters};
use super::problem::Problem;
use super::state::AppState;
use super::workflows::{Answer, State};
use crate::ports::Inspection;
use crate::ports::boards::NodeBoard;

/// The holder of the key
#[utoipa::path(get, path = "/v1/me", tag = "organisation",
    responses((status = 200, body = MeDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn me(Caller(caller): Caller) -> HttpResponse {
    HttpResponse::Ok().json(MeDto::of(&caller))
}

impl Inspector {
    /// The tenant whose subtree is all this inspector may see; `None` for an operator.
    fn confined_to(&self) -> Option<TenantId> {
        match self {
            Self::Operator(_) => None,
            Self::OrgAdmin(admin) => Some(admin.tenant()),
        }
    }

    fn sees(&self, path: &str) -> bool {
        let Some(tenant) = self.confined_to() else { return true };
        let root = format!("kernel/tenant:{tenant}");
        path.strip_prefix(&root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Actors of all servers, as a tree (admins: of their organisation; operators: all)
#[utoipa::path(get, path = "/v1/admin/actors", tag = "inspection", params(ListQuery),
    responses((status = 200, body = ActorsDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn actors(
    state: State,
    inspector: Inspector,
    Parameters(query): Parameters<ListQuery>,
) -> Answer {
    let limit = cursor::limit(query.limit)?;
    let after = cursor::read("actors", query.cursor.as_deref())?;
    let (boards, complete) = state.actors.boards().await;
    let key = |board: &NodeBoard, path: &str| format!("{path} {}", board.id);
    let shown = boards.iter().flat_map(|board| board.actors.iter().map(move |one| (board, one)));
    let seen = shown
        .filter(|(_, actor)| inspector.sees(&actor.path))
        .map(|(board, actor)| (key(board, &actor.path), ActorDto::of(board, actor)))
        .collect();
    let (actors, next_cursor) = cursor::page("actors", seen, after.as_deref(), limit);
    Ok(HttpResponse::Ok().json(ActorsDto { actors, complete, next_cursor }))
}

/// One actor by its path
#[utoipa::path(get, path = "/v1/admin/actors/{path}", tag = "inspection",
    params(("path" = String, Path, description = "Its path, such as kernel/tenant:ID/run:ID")),
    responses((status = 200, body = ActorDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn actor(
    state: State,
    inspector: Inspector,
    ActorInPath(path): ActorInPath,
) -> Answer {
    Ok(HttpResponse::Ok().json(find(&state, &inspector, &path).await?.0))
}

/// The actor of that path that spoke last, of those that this inspector sees, and its generation.
async fn find(
    state: &AppState,
    inspector: &Inspector,
    path: &str,
) -> Result<(ActorDto, u64), Problem> {
    let missing = || Problem::of(ErrorCode::NotFound);
    if !inspector.sees(path) {
        return Err(missing());
    }
    let (boards, _) = state.actors.boards().await;
    let shown = boards.iter().flat_map(|board| board.actors.iter().map(move |one| (board, one)));
    let newest = shown.filter(|(_, actor)| actor.path == path).max_by_key(|(_, one)| one.updated);
    let (board, actor) = newest.ok_or_else(missing)?;
    Ok((ActorDto::of(board, actor), actor.generation))
}

/// Ask for an actor to be replaced by a new life
///
/// The actor's server obeys within seconds; what it had stored is kept, and the step under way is run
/// again. The kernel of a server cannot be replaced. The request is recorded in the audit.
#[utoipa::path(post, path = "/v1/admin/actors/{path}/restart", tag = "inspection",
    params(("path" = String, Path, description = "Its path, such as kernel/tenant:ID/run:ID")),
    responses((status = 202, body = RestartAskedDto, description = "The request was recorded"),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn restart(
    state: State,
    inspector: Inspector,
    ActorInPath(path): ActorInPath,
) -> Answer {
    let (_, generation) = find(&state, &inspector, &path).await?;
    if path == "kernel" {
        return Err(Problem::input(
            "path: a server's kernel cannot be replaced; restart the server.",
        ));
    }
    let request = inspection(&state)?.ask_restart(&inspector, &path).await?;
    Ok(HttpResponse::Accepted().json(RestartAskedDto { request, path, generation }))
}

fn inspection(state: &AppState) -> Result<&dyn Inspection, Problem> {
    state.inspection.as_deref().ok_or(Problem::of(ErrorCode::DependencyDown))
}

/// Which server works for which organisation (operators)
#[utoipa::path(get, path = "/v1/admin/owners", tag = "inspection", params(ListQuery),
    responses((status = 200, body = OwnersDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn owners(state: State, Parameters(query): Parameters<ListQuery>) -> Answer {
    let limit = cursor::limit(query.limit)?;
    let after = cursor::read("owners", query.cursor.as_deref())?;
    let wrong = |_| Problem::input("cursor: one from an earlier page of this list is expected.");
    let after = after.map(|after| after.parse()).transpose().map_err(wrong)?;
    // One more than asked for tells whether there is another page.
    let wanted = u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1);
    let mut rows = inspection(&state)?.owners(after, wanted).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor =
        rows.last().filter(|_| more).map(|row| cursor::behind("owners", &row.tenant.to_string()));
    let owners = rows.into_iter().map(OwnerDto::from).collect();
    Ok(HttpResponse::Ok().json(OwnersDto { owners, next_cursor }))
}

/// Messages that reached nobody, newest first (admins: of their organisation; operators: all)
#[utoipa::path(get, path = "/v1/admin/dead-letters", tag = "inspection", params(ListQuery),
    responses((status = 200, body = LettersDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn letters(
    state: State,
    inspector: Inspector,
    Parameters(query): Parameters<ListQuery>,
) -> Answer {
    let limit = cursor::limit(query.limit)?;
    let after = cursor::read("dead-letters", query.cursor.as_deref())?;
    let (boards, complete) = state.actors.boards().await;
    let confined = inspector.confined_to();
    let mut seen = Vec::new();
    for board in &boards {
        let own = |(_, letter): &(usize, &_)| {
            let letter: &crate::ports::boards::ShownLetter = letter;
            confined
                .is_none_or(|tenant| letter.tenant == Some(tenant) && inspector.sees(&letter.path))
        };
        for (index, letter) in board.letters.iter().enumerate().filter(own) {
            let age = i64::MAX.saturating_sub(letter.at.as_microsecond());
            let key = format!("{age:020} {} {:04}", board.id, 9_999_usize.saturating_sub(index));
            seen.push((key, LetterDto::of(board, letter)));
        }
    }
    let (letters, next_cursor) = cursor::page("dead-letters", seen, after.as_deref(), limit);
    Ok(HttpResponse::Ok().json(LettersDto { letters, complete, next_cursor }))
}
