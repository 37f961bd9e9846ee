//! Sign-in, sessions and passwords.
//!
//! Passwords come and go as argon2id hashes; tokens as SHA-256. Whether a password is right is not
//! decided here.

use async_trait::async_trait;
use autopilot_domain::ids::TenantId;
use autopilot_domain::person::Email;
use jiff::Timestamp;
use serde_json::json;

use super::super::identity::{fresh_secret, principal};
use super::super::rows::{corrupt, get};
use super::super::statements::{
    INVITATION_ACCEPT, INVITATION_HOLDER, LOGIN_ATTEMPT, LOGIN_SUCCEEDED, PASSWORD_CHANGE,
    PASSWORD_LOOKUP, SESSION_CLOSE, SESSION_OPEN, USER,
};
use super::{AccountStore, answer, audited, settle};
use crate::ports::accounts::{OpenedSession, StoredPassword};
use crate::ports::identity::{Principal, key_hash};
use crate::ports::{RequestContext, SignIn, StoreError};

/// How long a session lasts at most.
const SESSION_HOURS: i32 = 7 * 24;

#[async_trait]
impl SignIn for AccountStore {
    async fn attempt(&self, subject: [u8; 32], free: u32) -> Result<u32, StoreError> {
        let free = i32::try_from(free).map_err(|_| corrupt())?;
        let rows = self.0.login_query(LOGIN_ATTEMPT, &[&subject.as_slice(), &free]).await?;
        let seconds: i32 = get(rows.first().ok_or_else(corrupt)?, "answer")?;
        u32::try_from(seconds).map_err(|_| corrupt())
    }

    async fn succeeded(&self, account: [u8; 32], client: [u8; 32]) -> Result<(), StoreError> {
        let subjects: super::Params<'_> = &[&account.as_slice(), &client.as_slice()];
        self.0.login_query(LOGIN_SUCCEEDED, subjects).await.map(drop)
    }

    async fn passwords(
        &self,
        email: &Email,
        tenant: Option<TenantId>,
    ) -> Result<Vec<StoredPassword>, StoreError> {
        let only = tenant.map(|tenant| tenant.as_uuid());
        let rows = self.0.login_query(PASSWORD_LOOKUP, &[&email.as_str(), &only]).await?;
        let stored = |row| Ok(StoredPassword { holder: principal(row)?, phc: get(row, "phc")? });
        rows.iter().map(stored).collect()
    }

    async fn open_session(
        &self,
        ctx: &RequestContext,
    ) -> Result<Option<OpenedSession>, StoreError> {
        let token = fresh_secret("aps");
        let hash = key_hash(token.as_bytes());
        let tx = audited(&self.0, ctx, "session_opened", json!({})).await?;
        let (tenant, user) = (ctx.tenant().as_uuid(), ctx.user().as_uuid());
        let ends_at: Option<Timestamp> =
            answer(&tx, SESSION_OPEN, &[&tenant, &user, &hash.as_slice(), &SESSION_HOURS]).await?;
        settle(tx, ends_at.is_some()).await?;
        Ok(ends_at.map(|ends_at| OpenedSession { token, ends_at }))
    }

    async fn close_session(
        &self,
        ctx: &RequestContext,
        session_hash: [u8; 32],
    ) -> Result<bool, StoreError> {
        let tx = audited(&self.0, ctx, "session_closed", json!({})).await?;
        let params: super::Params<'_> = &[&ctx.tenant().as_uuid(), &session_hash.as_slice()];
        let closed = answer(&tx, SESSION_CLOSE, params).await?;
        settle(tx, closed).await?;
        Ok(closed)
    }

    async fn invited(
        &self,
        token_hash: [u8; 32],
    ) -> Result<Option<(Principal, String)>, StoreError> {
        let rows = self.0.login_query(INVITATION_HOLDER, &[&token_hash.as_slice()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some((principal(row)?, get(row, "email")?)))
    }

    async fn accept_invitation(
        &self,
        ctx: &RequestContext,
        token_hash: [u8; 32],
        phc: String,
    ) -> Result<bool, StoreError> {
        let tx = audited(&self.0, ctx, "invitation_accepted", json!({})).await?;
        let done = answer(&tx, INVITATION_ACCEPT, &[&token_hash.as_slice(), &phc]).await?;
        settle(tx, done).await?;
        Ok(done)
    }

    async fn own_password(
        &self,
        ctx: &RequestContext,
    ) -> Result<Option<(Email, StoredPassword)>, StoreError> {
        let params: super::Params<'_> = &[&ctx.tenant().as_uuid(), &ctx.user().as_uuid()];
        let rows = self.0.login_query(USER, params).await?;
        let email: Option<String> =
            rows.first().map(|row| get(row, "email")).transpose()?.flatten();
        let Some(email) = email else { return Ok(None) };
        let email = Email::parse(&email).map_err(|_| corrupt())?;
        let stored = self.passwords(&email, Some(ctx.tenant())).await?.into_iter().next();
        Ok(stored.map(|stored| (email, stored)))
    }

    async fn change_password(
        &self,
        ctx: &RequestContext,
        old_phc: String,
        new_phc: String,
        kept: Option<[u8; 32]>,
    ) -> Result<bool, StoreError> {
        let kept = kept.as_ref().map(<[u8; 32]>::as_slice);
        let (tenant, user) = (ctx.tenant().as_uuid(), ctx.user().as_uuid());
        let tx = audited(&self.0, ctx, "password_changed", json!({})).await?;
        let params: super::Params<'_> = &[&tenant, &user, &old_phc, &new_phc, &kept];
        let done = answer(&tx, PASSWORD_CHANGE, params).await?;
        settle(tx, done).await?;
        Ok(done)
    }
}
