//! An organisation's people, keys, sign-in and settings, behind functions of the database that check
//! the organisation themselves.
//!
//! A change and its event are one transaction: the event is written under the tenant's role, then the
//! role is left, because no tenant's role may write a key, a password or a session. What is dropped
//! before it is committed takes the event back. No secret is ever part of an event.

mod keys;
mod settings;
mod sign_in;
mod users;

use async_trait::async_trait;
use autopilot_domain::event::EventKind;
use autopilot_domain::ids::UserId;
use serde_json::Value;
use tokio_postgres::types::FromSqlOwned;
use uuid::Uuid;

use super::events::{Fact, record};
use super::rows::{corrupt, get};
use super::statements::LEAVE;
use super::tenant_db::{Params, TenantDb, TenantTx};
use crate::ports::accounts::{
    Invitation, KeyMade, KeyView, NewKey, NewUser, UserChange, UserChanged, UserMade, UserView,
};
use crate::ports::{Accounts, Actor, RequestContext, StoreError};

/// The tables of people.
#[derive(Clone)]
pub struct AccountStore(pub TenantDb);

#[async_trait]
impl Accounts for AccountStore {
    async fn keys(&self, ctx: &RequestContext) -> Result<Vec<KeyView>, StoreError> {
        keys::list(&self.0, ctx).await
    }

    async fn create_key(&self, ctx: &RequestContext, key: NewKey) -> Result<KeyMade, StoreError> {
        keys::create(&self.0, ctx, key).await
    }

    async fn revoke_key(&self, ctx: &RequestContext, key: Uuid) -> Result<bool, StoreError> {
        keys::revoke(&self.0, ctx, key).await
    }

    async fn users(
        &self,
        ctx: &RequestContext,
        after: Option<UserId>,
        most: u32,
    ) -> Result<Vec<UserView>, StoreError> {
        users::list(&self.0, ctx, after, most).await
    }

    async fn user(
        &self,
        ctx: &RequestContext,
        user: UserId,
    ) -> Result<Option<UserView>, StoreError> {
        users::one(&self.0, ctx, user).await
    }

    async fn add_user(&self, ctx: &RequestContext, user: NewUser) -> Result<UserMade, StoreError> {
        users::add(&self.0, ctx, user).await
    }

    async fn invite(
        &self,
        ctx: &RequestContext,
        user: UserId,
    ) -> Result<Option<Invitation>, StoreError> {
        users::invite(&self.0, ctx, user).await
    }

    async fn change_user(
        &self,
        ctx: &RequestContext,
        user: UserId,
        change: UserChange,
    ) -> Result<UserChanged, StoreError> {
        users::change(&self.0, ctx, user, change).await
    }
}

/// Opens the caller's organisation, records a change in its chain, and leaves its role for what
/// follows. Whoever drops the transaction takes the event back.
async fn audited(
    db: &TenantDb,
    ctx: &RequestContext,
    status: &str,
    payload: Value,
) -> Result<TenantTx, StoreError> {
    let tx = db.begin(ctx).await?;
    let fact = Fact {
        kind: EventKind::SecurityGateDecision,
        run: None,
        step: None,
        status,
        code: None,
        started_at: None,
        actor: Actor::User(ctx.user()),
        payload,
    };
    record(&tx, fact).await?;
    tx.query(LEAVE, &[]).await?;
    Ok(tx)
}

/// The one value that a function of the database answers.
async fn answer<T: FromSqlOwned>(
    tx: &TenantTx,
    sql: &'static str,
    params: Params<'_>,
) -> Result<T, StoreError> {
    let rows = tx.query(sql, params).await?;
    get(rows.first().ok_or_else(corrupt)?, "answer")
}

/// Makes the change and its event real together, or neither.
async fn settle(tx: TenantTx, made: bool) -> Result<(), StoreError> {
    if made { tx.commit().await } else { tx.roll_back().await }
}
