//! What an organisation and its users have set for themselves.
//!
//! Settings have versions: a writer names the version they read, and one who read an older one writes
//! nothing. Former versions are kept.

use async_trait::async_trait;
use autopilot_domain::person::DisplayName;
use autopilot_domain::window::Zone;

use super::context::RequestContext;
use super::runs::StoreError;

/// An organisation's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgSettings {
    /// What it is called.
    pub name: DisplayName,
    /// Its zone: what "yesterday" means in its questions and memos.
    pub zone: Zone,
}

/// A user's own settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSettings {
    /// The zone times are shown to them in; the organisation's when absent.
    pub zone: Option<Zone>,
}

/// A value and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// Counts the changes.
    pub version: i32,
    /// The value.
    pub value: T,
}

/// Reads and writes them.
#[async_trait]
pub trait Settings: Send + Sync {
    /// The organisation's.
    async fn org(&self, ctx: &RequestContext) -> Result<Versioned<OrgSettings>, StoreError>;
    /// Writes the organisation's over the version that was read; the new version, or `None` when it
    /// is no longer the present one.
    async fn write_org(
        &self,
        ctx: &RequestContext,
        settings: Versioned<OrgSettings>,
    ) -> Result<Option<i32>, StoreError>;
    /// The caller's own.
    async fn own(&self, ctx: &RequestContext) -> Result<Versioned<UserSettings>, StoreError>;
    /// Writes the caller's own, as [`Settings::write_org`] does.
    async fn write_own(
        &self,
        ctx: &RequestContext,
        settings: Versioned<UserSettings>,
    ) -> Result<Option<i32>, StoreError>;
}
