//! Keys, users, invitations and sessions as they are sent and shown.
//!
//! A secret appears in the one answer that makes it and in no other; secrets that are sent are read
//! into types that neither print nor copy them.

use autopilot_domain::ids::UserId;
use autopilot_domain::person::{DisplayName, Email};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::problem::Problem;
use crate::ports::Role;
use crate::ports::accounts::{Invitation, KeyView, NewKey, NewUser, Scope, UserChange, UserView};

/// What a key may be used for; each scope includes those before it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = Scope)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum ScopeDto {
    /// Reading.
    Read,
    /// Starting workflows too.
    Execute,
    /// Deciding too.
    Admin,
}

/// What a user may do.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = Role)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum RoleDto {
    /// Reads.
    Viewer,
    /// Starts workflows.
    Member,
    /// Decides.
    Admin,
}

impl From<RoleDto> for Role {
    fn from(role: RoleDto) -> Self {
        match role {
            RoleDto::Viewer => Self::Viewer,
            RoleDto::Member => Self::Member,
            RoleDto::Admin => Self::Admin,
        }
    }
}

impl From<Role> for RoleDto {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Member => Self::Member,
            Role::Admin => Self::Admin,
        }
    }
}

impl From<ScopeDto> for Scope {
    fn from(scope: ScopeDto) -> Self {
        match scope {
            ScopeDto::Read => Self::Read,
            ScopeDto::Execute => Self::Execute,
            ScopeDto::Admin => Self::Admin,
        }
    }
}

impl From<Scope> for ScopeDto {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Execute => Self::Execute,
            Scope::Admin => Self::Admin,
        }
    }
}

/// A name that was sent, or which field is wrong and how.
pub(in crate::http) fn name(field: &str, text: &str) -> Result<DisplayName, Problem> {
    DisplayName::parse(text).map_err(|why| Problem::input(format!("{field}: {why}.")))
}

/// An e-mail address that was sent, or that it is none.
pub(in crate::http) fn email(text: &str) -> Result<Email, Problem> {
    Email::parse(text).map_err(|why| Problem::input(format!("email: {why}.")))
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewKey)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewKeyDto {
    /// What it is called, 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What it may be used for; none above your own role.
    #[schema(min_items = 1, max_items = 3)]
    scopes: Vec<ScopeDto>,
    /// When it ends; never when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

impl NewKeyDto {
    pub(in crate::http) fn checked(self) -> Result<NewKey, Problem> {
        if !(1..=3).contains(&self.scopes.len()) {
            return Err(Problem::input("scopes: 1 to 3 scopes are expected."));
        }
        Ok(NewKey {
            name: name("name", &self.name)?,
            scopes: self.scopes.into_iter().map(Scope::from).collect(),
            expires_at: self.expires_at,
        })
    }
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyMade)]
pub(in crate::http) struct KeyMadeDto {
    /// Its id.
    pub(in crate::http) id: Uuid,
    /// The key itself. It is shown this once.
    pub(in crate::http) key: String,
}

/// Keys, those in force first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Keys)]
pub(in crate::http) struct KeysDto {
    /// At most 1,000.
    pub(in crate::http) keys: Vec<KeyDto>,
}

/// A key, without the key itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub(in crate::http) struct KeyDto {
    /// Its id.
    id: Uuid,
    /// Whose it is.
    user_id: Uuid,
    /// What it is called.
    name: String,
    /// How it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    /// What it may be used for.
    scopes: Vec<ScopeDto>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it ends; never when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
    /// When it was last used, to about a minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Timestamp>,
}

impl From<KeyView> for KeyDto {
    fn from(key: KeyView) -> Self {
        Self {
            id: key.id,
            user_id: key.user.as_uuid(),
            name: key.name,
            prefix: key.prefix,
            scopes: key.scopes.into_iter().map(ScopeDto::from).collect(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at: key.last_used_at,
        }
    }
}

/// A person to add.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewUser)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewUserDto {
    /// How they will sign in.
    #[schema(min_length = 3, max_length = 254)]
    email: String,
    /// What they are called, 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What they may do.
    role: RoleDto,
}

impl NewUserDto {
    pub(in crate::http) fn checked(self) -> Result<NewUser, Problem> {
        let (email, name) = (email(&self.email)?, name("name", &self.name)?);
        Ok(NewUser { email, name, role: self.role.into() })
    }
}

/// What to change about a user; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = UserChange)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct UserChangeDto {
    /// Another role.
    #[serde(default)]
    role: Option<RoleDto>,
    /// `false` takes everything away until it is `true` again.
    #[serde(default)]
    enabled: Option<bool>,
}

impl UserChangeDto {
    pub(in crate::http) fn checked(self) -> Result<UserChange, Problem> {
        if self.role.is_none() && self.enabled.is_none() {
            return Err(Problem::input("At least one of role and enabled is expected."));
        }
        Ok(UserChange { role: self.role.map(Role::from), enabled: self.enabled })
    }
}

/// A page of users.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Users)]
pub(in crate::http) struct UsersDto {
    /// By id.
    pub(in crate::http) users: Vec<UserDto>,
    /// Gives the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) next_cursor: Option<String>,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(in crate::http) struct UserDto {
    /// Their id.
    pub(in crate::http) id: Uuid,
    /// How they sign in; absent for a user who has keys only.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// What they are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What they may do.
    role: RoleDto,
    /// Whether they may do it now.
    enabled: bool,
    /// When they were added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<UserView> for UserDto {
    fn from(user: UserView) -> Self {
        Self {
            id: user.id.as_uuid(),
            email: user.email,
            name: user.name,
            role: user.role.into(),
            enabled: user.disabled_at.is_none(),
            created_at: user.created_at,
        }
    }
}

/// A way for a person to set a password, once.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(in crate::http) struct InvitationDto {
    /// Whom it is for.
    user_id: Uuid,
    /// What they send to `/v1/invitations/accept`. It is shown this once.
    token: String,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
}

impl From<Invitation> for InvitationDto {
    fn from(made: Invitation) -> Self {
        Self { user_id: made.user.as_uuid(), token: made.token, ends_at: made.ends_at }
    }
}

/// An invitation to use up.
#[derive(Deserialize, ToSchema)]
#[schema(as = AcceptInvitation)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct AcceptDto {
    /// The invitation.
    #[schema(value_type = String, max_length = 256)]
    pub(in crate::http) token: SecretString,
    /// The new password, at least 12 characters.
    #[schema(value_type = String, format = Password, min_length = 12)]
    pub(in crate::http) password: SecretString,
}

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[schema(as = SignIn)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct SignInDto {
    /// The address of the invitation.
    #[schema(max_length = 254)]
    pub(in crate::http) email: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    pub(in crate::http) password: SecretString,
    /// The organisation, for people who have the same password in several.
    #[serde(default)]
    pub(in crate::http) org_id: Option<Uuid>,
}

/// A password to change.
#[derive(Deserialize, ToSchema)]
#[schema(as = ChangePassword)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ChangePasswordDto {
    /// The present one.
    #[schema(value_type = String, format = Password)]
    pub(in crate::http) current: SecretString,
    /// The new one, at least 12 characters.
    #[schema(value_type = String, format = Password, min_length = 12)]
    pub(in crate::http) new: SecretString,
}

/// A session, and its holder.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(in crate::http) struct SessionDto {
    /// The organisation.
    pub(in crate::http) org_id: Uuid,
    /// The user.
    pub(in crate::http) user_id: Uuid,
    /// What they may do.
    pub(in crate::http) role: RoleDto,
    /// What the page sends in the header X-CSRF-Token with every change.
    pub(in crate::http) csrf_token: String,
    /// When it ends at the latest.
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::http) ends_at: Timestamp,
}

/// The user of a list's cursor.
pub(in crate::http) fn user_of_cursor(key: &str) -> Result<UserId, Problem> {
    let wrong = |_| Problem::input("cursor: one from an earlier page of this list is expected.");
    key.parse().map_err(wrong)
}
