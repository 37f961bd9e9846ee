//! Answers about the caller and about the service itself.
//!
//! Nothing here comes from a tenant's rows; the caller's own ids come from their key.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::state::PartStatus;
use crate::ports::RequestContext;

/// The holder of the key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
pub(in crate::http) struct MeDto {
    /// The organisation.
    org_id: Uuid,
    /// The user.
    user_id: Uuid,
    /// `viewer`, `member` or `admin`.
    role: String,
}

impl MeDto {
    pub(in crate::http) fn of(context: &RequestContext) -> Self {
        Self {
            org_id: context.tenant().as_uuid(),
            user_id: context.user().as_uuid(),
            role: context.role().as_str().to_owned(),
        }
    }
}

/// The process lives.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
pub(in crate::http) struct HealthDto {
    /// Always `ok`.
    pub(in crate::http) status: &'static str,
}

/// Whether the server can serve, and each part it needs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ready)]
pub(in crate::http) struct ReadyDto {
    /// Whether all parts work.
    pub(in crate::http) ready: bool,
    /// The parts.
    pub(in crate::http) parts: Vec<PartDto>,
}

/// One part.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Part)]
pub(in crate::http) struct PartDto {
    /// Its name.
    name: String,
    /// Whether it works.
    ok: bool,
    /// What to know about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

impl From<PartStatus> for PartDto {
    fn from(part: PartStatus) -> Self {
        Self { name: part.name, ok: part.ok, note: part.note }
    }
}
