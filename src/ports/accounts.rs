//! An organisation's people, their keys, invitations, passwords and sessions.
//!
//! Whoever acts is a request context, so that nothing of another organisation can be named. The
//! exceptions are what comes before there is one: an attempt to sign in and an invitation, which are
//! looked up by hashes. A change and its audit event are one; neither holds a secret.

use async_trait::async_trait;
use autopilot_domain::ids::{TenantId, UserId};
use autopilot_domain::person::{DisplayName, Email};
use jiff::Timestamp;
use uuid::Uuid;

use super::context::{RequestContext, Role};
use super::identity::Principal;
use super::runs::StoreError;

/// What a key may be used for, weakest first; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Reading.
    Read,
    /// Starting workflows too.
    Execute,
    /// Deciding too.
    Admin,
}

impl Scope {
    /// The scope as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Execute => "execute",
            Self::Admin => "admin",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Read, Self::Execute, Self::Admin].into_iter().find(|scope| scope.as_str() == text)
    }

    /// The strongest role that a key of this scope can act in.
    #[must_use]
    pub const fn role(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::Execute => Role::Member,
            Self::Admin => Role::Admin,
        }
    }
}

/// A key to make for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What it is called.
    pub name: DisplayName,
    /// What it may be used for; at least one.
    pub scopes: Vec<Scope>,
    /// When it ends; never when absent.
    pub expires_at: Option<Timestamp>,
}

/// What became of the wish for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyMade {
    /// Its id and the key itself, which cannot be had again.
    Made(Uuid, String),
    /// Its end is not in the future.
    Past,
    /// The user has as many keys in force as a user may have.
    Full,
}

/// A key as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyView {
    /// Its id; not the key.
    pub id: Uuid,
    /// Whose it is.
    pub user: UserId,
    /// What it is called.
    pub name: String,
    /// How it begins; absent for keys of before this was kept.
    pub prefix: Option<String>,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to about a minute.
    pub last_used_at: Option<Timestamp>,
}

/// A user as an admin sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserView {
    /// Their id.
    pub id: UserId,
    /// How they sign in; absent for a user who has keys only.
    pub email: Option<String>,
    /// What they are called.
    pub name: Option<String>,
    /// What they may do.
    pub role: Role,
    /// When they were added.
    pub created_at: Timestamp,
    /// Since when they may do nothing.
    pub disabled_at: Option<Timestamp>,
}

/// A person to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// How they will sign in.
    pub email: Email,
    /// What they are called.
    pub name: DisplayName,
    /// What they may do.
    pub role: Role,
}

/// A way for a person to set a password, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Whom it is for.
    pub user: UserId,
    /// What they show; it cannot be had again.
    pub token: String,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// What became of the wish to add a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserMade {
    /// They were added; here is their invitation.
    Made(Invitation),
    /// The address already has a user.
    Taken,
    /// The organisation has as many users as it may have.
    Full,
}

/// What to change about a user; what is absent stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UserChange {
    /// Another role.
    pub role: Option<Role>,
    /// Whether they may do anything.
    pub enabled: Option<bool>,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserChanged {
    /// It was made.
    Done,
    /// The organisation has no such user.
    Unknown,
    /// It would leave the organisation without an admin.
    LastAdmin,
}

/// The people of an organisation.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// The caller's keys; for an admin, their organisation's.
    async fn keys(&self, ctx: &RequestContext) -> Result<Vec<KeyView>, StoreError>;
    /// Makes a key for the caller.
    async fn create_key(&self, ctx: &RequestContext, key: NewKey) -> Result<KeyMade, StoreError>;
    /// Revokes a key that the caller sees in [`Accounts::keys`]; answers whether there is one.
    async fn revoke_key(&self, ctx: &RequestContext, key: Uuid) -> Result<bool, StoreError>;

    /// So many of the organisation's users, by id, behind one.
    async fn users(
        &self,
        ctx: &RequestContext,
        after: Option<UserId>,
        most: u32,
    ) -> Result<Vec<UserView>, StoreError>;
    /// One of them.
    async fn user(
        &self,
        ctx: &RequestContext,
        user: UserId,
    ) -> Result<Option<UserView>, StoreError>;
    /// Adds a person.
    async fn add_user(&self, ctx: &RequestContext, user: NewUser) -> Result<UserMade, StoreError>;
    /// Gives a user a fresh invitation, which ends the former one; `None` when there is no such user.
    async fn invite(
        &self,
        ctx: &RequestContext,
        user: UserId,
    ) -> Result<Option<Invitation>, StoreError>;
    /// Changes role or standing.
    async fn change_user(
        &self,
        ctx: &RequestContext,
        user: UserId,
        change: UserChange,
    ) -> Result<UserChanged, StoreError>;
}

/// A password as it is stored, and whose it is.
#[derive(Clone)]
pub struct StoredPassword {
    /// The user.
    pub holder: Principal,
    /// The argon2id hash in PHC form.
    pub phc: String,
}

/// A session that was opened.
#[derive(Clone)]
pub struct OpenedSession {
    /// What the browser shows; it cannot be had again.
    pub token: String,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
}

/// Signing in and out, and passwords.
#[async_trait]
pub trait SignIn: Send + Sync {
    /// Counts an attempt on a subject before it is made; the seconds to wait, or 0 to go on. `free`
    /// failures within a quarter of an hour are without delay.
    async fn attempt(&self, subject: [u8; 32], free: u32) -> Result<u32, StoreError>;
    /// Takes back what was counted for a success.
    async fn succeeded(&self, account: [u8; 32], client: [u8; 32]) -> Result<(), StoreError>;
    /// The passwords of an address whose user may sign in: of each organisation that knows it, at
    /// most five, or of the one named.
    async fn passwords(
        &self,
        email: &Email,
        tenant: Option<TenantId>,
    ) -> Result<Vec<StoredPassword>, StoreError>;
    /// Opens a session for the user of a checked password.
    async fn open_session(&self, ctx: &RequestContext)
    -> Result<Option<OpenedSession>, StoreError>;
    /// Ends a session of the caller's organisation.
    async fn close_session(
        &self,
        ctx: &RequestContext,
        session_hash: [u8; 32],
    ) -> Result<bool, StoreError>;
    /// Whom an open invitation is for, and how they sign in.
    async fn invited(
        &self,
        token_hash: [u8; 32],
    ) -> Result<Option<(Principal, String)>, StoreError>;
    /// Uses an invitation up; `false` when it is no longer open.
    async fn accept_invitation(
        &self,
        ctx: &RequestContext,
        token_hash: [u8; 32],
        phc: String,
    ) -> Result<bool, StoreError>;
    /// The caller's own address and password; `None` when they have none.
    async fn own_password(
        &self,
        ctx: &RequestContext,
    ) -> Result<Option<(Email, StoredPassword)>, StoreError>;
    /// Replaces the password that was checked; every session but `kept` ends. `false` when it was
    /// changed in between.
    async fn change_password(
        &self,
        ctx: &RequestContext,
        old_phc: String,
        new_phc: String,
        kept: Option<[u8; 32]>,
    ) -> Result<bool, StoreError>;
}
