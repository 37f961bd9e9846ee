//! Who asks, and for which tenant.
//!
//! Both values are made in one place each: a [`RequestContext`] by the authentication of the edge,
//! an [`OwnerClaim`] by the ownership store. Nothing else may open a tenant.

use autopilot_domain::ids::{Epoch, NodeId, OperatorId, TenantId, UserId};
use serde::{Deserialize, Serialize};

/// What a user may do in their organisation, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads; starts nothing.
    Viewer,
    /// Starts workflows.
    Member,
    /// Decides about columns and looks at actors.
    Admin,
}

impl Role {
    /// The role as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Viewer, Self::Member, Self::Admin].into_iter().find(|role| role.as_str() == text)
    }
}

/// Who caused something, as events name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The service itself.
    System,
    /// A user, by pseudonym.
    User(UserId),
}

/// An authenticated request of one user in one organisation.
#[derive(Debug, Clone)]
pub struct RequestContext {
    tenant: TenantId,
    user: UserId,
    role: Role,
    request_id: String,
}

impl RequestContext {
    /// Made from the holder of a stored key only: see `Principal::into_context`.
    pub(crate) const fn authenticated(
        tenant: TenantId,
        user: UserId,
        role: Role,
        request_id: String,
    ) -> Self {
        Self { tenant, user, role, request_id }
    }

    /// The organisation.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The user.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// What they may do.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Id of the request, as answers and logs name it.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }
}

/// An authenticated request of an operator of the platform. It holds no tenant and opens none.
#[derive(Debug, Clone)]
pub struct OperatorContext {
    operator: OperatorId,
    request_id: String,
}

impl OperatorContext {
    /// Made from the holder of a stored operator key only.
    pub(crate) const fn authenticated(operator: OperatorId, request_id: String) -> Self {
        Self { operator, request_id }
    }

    /// The operator.
    #[must_use]
    pub const fn operator(&self) -> OperatorId {
        self.operator
    }

    /// Id of the request, as answers and logs name it.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }
}

/// This node's right to write for a tenant, until another node takes it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnerClaim {
    tenant: TenantId,
    node: NodeId,
    epoch: Epoch,
}

impl OwnerClaim {
    /// Made by the ownership store only, from a committed owner row.
    pub(crate) const fn issued(tenant: TenantId, node: NodeId, epoch: Epoch) -> Self {
        Self { tenant, node, epoch }
    }

    /// The tenant.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The node that owns it.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// The generation of the ownership.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }
}
