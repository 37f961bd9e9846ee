//! Who is calling: the holders of API keys, of operators' keys and of browser sessions.
//!
//! Every secret is looked up by its SHA-256; the secret itself is seen once, when it is made. What a
//! key allows is the lesser of its scopes and its user's role, looked up at every request and never
//! remembered.

use async_trait::async_trait;
use autopilot_domain::ids::{OperatorId, TenantId, UserId};
use jiff::Timestamp;

use super::context::{RequestContext, Role};
use super::runs::StoreError;

/// SHA-256 of a key or session as it was sent.
#[must_use]
pub fn key_hash(key: &[u8]) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(key).into()
}

/// The holder of a key or session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The organisation.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// What they may do.
    pub role: Role,
}

/// Looks holders up.
#[async_trait]
pub trait Identity: Send + Sync {
    /// The holder of the key with this SHA-256; `None` if there is no such key in force.
    async fn principal(&self, key_hash: [u8; 32]) -> Result<Option<Principal>, StoreError>;

    /// The operator of the platform who holds this key; `None` when nobody does.
    async fn operator(&self, key_hash: [u8; 32]) -> Result<Option<OperatorId>, StoreError>;

    /// The holder of the browser session with this SHA-256, and when it ends at the latest.
    async fn session(
        &self,
        session_hash: [u8; 32],
    ) -> Result<Option<(Principal, Timestamp)>, StoreError>;
}

impl Principal {
    /// The context of a request made with this key.
    #[must_use]
    pub fn into_context(self, request_id: String) -> RequestContext {
        RequestContext::authenticated(self.tenant, self.user, self.role, request_id)
    }
}
