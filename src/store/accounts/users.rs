//! Users: adding, showing and changing them, and their invitations.
//!
//! An address belongs to one user of all organisations, because sign-in knows only the address. Events
//! name users by id, never by name or address.

use autopilot_domain::ids::UserId;
use jiff::Timestamp;
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use super::super::identity::fresh_secret;
use super::super::rows::{corrupt, get};
use super::super::statements::{INVITATION_CREATE, USER, USER_CHANGE, USER_CREATE, USERS};
use super::super::tenant_db::{TenantDb, TenantTx};
use super::{answer, audited, settle};
use crate::ports::accounts::{Invitation, NewUser, UserChange, UserChanged, UserMade, UserView};
use crate::ports::identity::key_hash;
use crate::ports::{RequestContext, Role, StoreError};

/// How long an invitation is open.
const INVITATION_DAYS: i32 = 7;

pub(super) async fn list(
    db: &TenantDb,
    ctx: &RequestContext,
    after: Option<UserId>,
    most: u32,
) -> Result<Vec<UserView>, StoreError> {
    let after = after.map(|user| user.as_uuid());
    let rows = db.login_query(USERS, &[&ctx.tenant().as_uuid(), &after, &i64::from(most)]).await?;
    rows.iter().map(view).collect()
}

pub(super) async fn one(
    db: &TenantDb,
    ctx: &RequestContext,
    user: UserId,
) -> Result<Option<UserView>, StoreError> {
    let rows = db.login_query(USER, &[&ctx.tenant().as_uuid(), &user.as_uuid()]).await?;
    rows.first().map(view).transpose()
}

pub(super) async fn add(
    db: &TenantDb,
    ctx: &RequestContext,
    wish: NewUser,
) -> Result<UserMade, StoreError> {
    let user = UserId::new(Uuid::new_v4());
    let role = wish.role.as_str();
    let tx = audited(db, ctx, "user_added", json!({"user_id": user, "role": role})).await?;
    let made: String = answer(
        &tx,
        USER_CREATE,
        &[
            &ctx.tenant().as_uuid(),
            &user.as_uuid(),
            &wish.email.as_str(),
            &wish.name.as_str(),
            &role,
        ],
    )
    .await?;
    if made == "ok" {
        let invitation = invitation(&tx, ctx, user).await?.ok_or_else(corrupt)?;
        tx.commit().await?;
        return Ok(UserMade::Made(invitation));
    }
    tx.roll_back().await?;
    match made.as_str() {
        "taken" => Ok(UserMade::Taken),
        "full" => Ok(UserMade::Full),
        _ => Err(corrupt()),
    }
}

pub(super) async fn invite(
    db: &TenantDb,
    ctx: &RequestContext,
    user: UserId,
) -> Result<Option<Invitation>, StoreError> {
    let tx = audited(db, ctx, "user_invited", json!({"user_id": user})).await?;
    let made = invitation(&tx, ctx, user).await?;
    settle(tx, made.is_some()).await?;
    Ok(made)
}

async fn invitation(
    tx: &TenantTx,
    ctx: &RequestContext,
    user: UserId,
) -> Result<Option<Invitation>, StoreError> {
    let token = fresh_secret("apinv");
    let hash = key_hash(token.as_bytes());
    let ends_at: Option<Timestamp> = answer(
        tx,
        INVITATION_CREATE,
        &[
            &ctx.tenant().as_uuid(),
            &user.as_uuid(),
            &ctx.user().as_uuid(),
            &hash.as_slice(),
            &INVITATION_DAYS,
        ],
    )
    .await?;
    Ok(ends_at.map(|ends_at| Invitation { user, token, ends_at }))
}

pub(super) async fn change(
    db: &TenantDb,
    ctx: &RequestContext,
    user: UserId,
    change: UserChange,
) -> Result<UserChanged, StoreError> {
    let role = change.role.map(Role::as_str);
    let details = json!({"user_id": user, "role": role, "enabled": change.enabled});
    let tx = audited(db, ctx, "user_changed", details).await?;
    let changed: String = answer(
        &tx,
        USER_CHANGE,
        &[&ctx.tenant().as_uuid(), &user.as_uuid(), &role, &change.enabled],
    )
    .await?;
    settle(tx, changed == "ok").await?;
    match changed.as_str() {
        "ok" => Ok(UserChanged::Done),
        "unknown" => Ok(UserChanged::Unknown),
        "last_admin" => Ok(UserChanged::LastAdmin),
        _ => Err(corrupt()),
    }
}

fn view(row: &Row) -> Result<UserView, StoreError> {
    Ok(UserView {
        id: UserId::new(get(row, "user_id")?),
        email: get(row, "email")?,
        name: get(row, "name")?,
        role: Role::parse(&get::<String>(row, "role")?).ok_or_else(corrupt)?,
        created_at: get(row, "created_at")?,
        disabled_at: get(row, "disabled_at")?,
    })
}
