//! Who an API key belongs to.
//!
//! Keys are stored as SHA-256; the key itself is seen once, when it is made.

use async_trait::async_trait;
use autopilot_domain::ids::{OperatorId, TenantId, UserId};

use super::context::{RequestContext, Role};
use super::runs::StoreError;

/// The only form in which a key is stored or looked up.
#[must_use]
pub fn key_hash(key: &[u8]) -> [u8; 32] {
    autopilot_domain::canonical::sha256(&[key]).0
}

/// The holder of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The organisation.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// What they may do.
    pub role: Role,
}

/// Looks keys up.
#[async_trait]
pub trait Identity: Send + Sync {
    /// The holder of the key with this SHA-256; `None` if there is no such key.
    async fn principal(&self, key_hash: [u8; 32]) -> Result<Option<Principal>, StoreError>;

    /// The operator of the platform who holds this key; `None` when nobody does.
    async fn operator(&self, _key_hash: [u8; 32]) -> Result<Option<OperatorId>, StoreError> {
        Ok(None)
    }
}

impl Principal {
    /// The context of a request that presented this holder's key.
    #[must_use]
    pub const fn into_context(self, request_id: String) -> RequestContext {
        RequestContext::authenticated(self.tenant, self.user, self.role, request_id)
    }
}
