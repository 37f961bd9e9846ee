//! Connections to warehouses: what people see of them, and what an owner needs to use the active one.
//!
//! A credential is named by its id only; whoever needs it opens it where secrets are kept.

use async_trait::async_trait;
use autopilot_domain::failure::Failure;
use autopilot_domain::ids::TenantId;
use jiff::Timestamp;
use secrecy::SecretString;
use std::sync::Arc;
use uuid::Uuid;

use super::context::{OwnerClaim, RequestContext};
use super::runs::StoreError;
use super::secrets::SecretId;
use autopilot_gate::ports::Warehouse;

/// What may be shown of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// The service account's address.
    pub account: String,
    /// The beginning of the key's SHA-256, to tell keys apart.
    pub fingerprint: String,
}

/// Where a connection leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Cloud project that jobs run in.
    pub project: String,
    /// The data set.
    pub dataset: String,
    /// Its location.
    pub location: String,
}

/// A connection as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionView {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Where it leads.
    pub place: Place,
    /// Its credential.
    pub key: KeyFacts,
    /// `created`, `active` or `disconnected`.
    pub state: String,
    /// Counts the credentials it has had.
    pub version: i32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last tested.
    pub tested_at: Option<Timestamp>,
    /// The code the last test ended with; none when it passed.
    pub test_code: Option<String>,
}

/// A connection as it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// Its id.
    pub id: Uuid,
    /// Changes with its credential.
    pub version: i32,
    /// Where it leads.
    pub place: Place,
    /// Its credential.
    pub secret: SecretId,
}

/// A connection to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConnection {
    /// What it is called.
    pub name: String,
    /// Where it leads.
    pub place: Place,
    /// Its credential, to be shown.
    pub key: KeyFacts,
    /// Its credential.
    pub secret: SecretId,
}

/// The request door of connections.
#[async_trait]
pub trait Connections: Send + Sync {
    /// All of an organisation, newest first.
    async fn list(&self, ctx: &RequestContext) -> Result<Vec<ConnectionView>, StoreError>;
    /// How to use one; none when there is none of that id, or it is disconnected.
    async fn live(&self, ctx: &RequestContext, id: Uuid) -> Result<Option<Live>, StoreError>;
    /// Makes one.
    async fn create(&self, ctx: &RequestContext, new: NewConnection) -> Result<Uuid, StoreError>;
    /// Notes a test; one that passed makes the connection the active one. `false` when another is.
    async fn tested(
        &self,
        ctx: &RequestContext,
        id: Uuid,
        code: Option<&str>,
    ) -> Result<bool, StoreError>;
    /// Puts another credential in the place of that of this version; answers the former one, or none
    /// when the version is no longer the present one.
    async fn swap(
        &self,
        ctx: &RequestContext,
        of: (Uuid, i32),
        key: &KeyFacts,
        secret: SecretId,
    ) -> Result<Option<SecretId>, StoreError>;
    /// Disconnects; answers its credential, or none when there is no such connection.
    async fn disconnect(
        &self,
        ctx: &RequestContext,
        id: Uuid,
    ) -> Result<Option<SecretId>, StoreError>;
}

/// The owner's view.
#[async_trait]
pub trait ActiveConnection: Send + Sync {
    /// The active connection, if there is one.
    async fn active(&self, claim: &OwnerClaim) -> Result<Option<Live>, StoreError>;
}

/// Builds clients; sends nothing by itself.
#[async_trait]
pub trait Warehouses: Send + Sync {
    /// A client of this place with this credential.
    async fn connect(
        &self,
        tenant: TenantId,
        place: &Place,
        key: &SecretString,
    ) -> Result<Arc<dyn Warehouse>, Failure>;
}

/// What is on record for real queries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OnRecord {
    /// An operator's approval of the organisation holds.
    pub approval: bool,
    /// A smoke was recorded.
    pub smoke: bool,
    /// The organisation is marked as non-production.
    pub non_production: bool,
}

/// The records of the hard gate.
#[async_trait]
pub trait GateRecords: Send + Sync {
    /// What is on record for an organisation, this program and these rules.
    async fn of(
        &self,
        tenant: TenantId,
        program: &str,
        policy: &str,
    ) -> Result<OnRecord, StoreError>;
    /// Records a query that ran well on an organisation marked as non-production.
    async fn smoke(
        &self,
        tenant: TenantId,
        program: &str,
        policy: &str,
        job: &str,
    ) -> Result<(), StoreError>;
}
