//! Where secrets of organisations are kept: sealed at rest, opened for one purpose at a time.
//!
//! What is sealed for one organisation and one purpose opens for no other. Nothing here shows a clear
//! value: it travels in a type whose Debug is a mask, and no error repeats any part of it.

use async_trait::async_trait;
use secrecy::SecretString;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::context::{OwnerClaim, RequestContext};
use super::runs::StoreError;

/// By which right a tenant is entered.
#[derive(Debug, Clone, Copy)]
pub enum Door<'a> {
    /// A person's request.
    Request(&'a RequestContext),
    /// The owner's work.
    Owner(&'a OwnerClaim),
}

/// Names a stored secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretId(pub Uuid);

/// What a secret is for; bound into its seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::enum_variant_names, reason = "other kinds of secrets will come")]
pub enum Purpose {
    /// The service account's key of a warehouse connection.
    WarehouseKey,
    /// The key of a Metabase connection.
    MetabaseKey,
    /// The key of a language model.
    ModelKey,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 3] = [Self::WarehouseKey, Self::MetabaseKey, Self::ModelKey];

    /// The purpose as it is stored and sealed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WarehouseKey => "warehouse_key",
            Self::MetabaseKey => "metabase_key",
            Self::ModelKey => "model_key",
        }
    }
}

/// A secret's own key under a master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    /// Which master key.
    pub key_id: String,
    /// The wrapped key.
    pub bytes: Vec<u8>,
}

/// A secret as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its id.
    pub id: SecretId,
    /// What it is for.
    pub purpose: Purpose,
    /// Version of the form of `body`.
    pub format: i16,
    /// Its own key.
    pub wrapped: Wrapped,
    /// The sealed value.
    pub body: Vec<u8>,
}

/// A secret could not be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// No master key is configured, or not the one that this secret is under.
    #[error("the master key is not configured")]
    NoMasterKey,
    /// There is no such secret in this organisation, or it is for another purpose.
    #[error("there is no such secret")]
    Missing,
    /// The sealed bytes do not open: another key, another organisation or purpose, or a changed byte.
    #[error("the secret does not open")]
    Sealed,
    /// The key service does not answer or refuses.
    #[error("the key service does not answer")]
    KeyService,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Holds master keys, or asks a service that does.
#[async_trait]
pub trait KeyProvider: Send + Sync {
    /// Id of the master key that wraps; none when there is none.
    fn active(&self) -> Option<&str>;
    /// Wraps a key under the active master key.
    async fn wrap(&self, key: &[u8; 32], bound_to: &[u8]) -> Result<Wrapped, SecretError>;
    /// Unwraps a key.
    async fn unwrap(
        &self,
        wrapped: &Wrapped,
        bound_to: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, SecretError>;
}

/// Where sealed secrets lie. It never sees a clear value.
#[async_trait]
pub trait SealedSecrets: Send + Sync {
    /// Stores a new one.
    async fn insert(&self, ctx: &RequestContext, sealed: &Sealed) -> Result<(), StoreError>;
    /// Reads one.
    async fn get(&self, door: Door<'_>, id: SecretId) -> Result<Option<Sealed>, StoreError>;
    /// Takes one away.
    async fn remove(&self, ctx: &RequestContext, id: SecretId) -> Result<(), StoreError>;
}

/// Keeps secrets.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Seals and stores a new secret.
    async fn put(
        &self,
        ctx: &RequestContext,
        purpose: Purpose,
        clear: SecretString,
    ) -> Result<SecretId, SecretError>;
    /// Opens a stored secret.
    async fn open(
        &self,
        door: Door<'_>,
        purpose: Purpose,
        id: SecretId,
    ) -> Result<SecretString, SecretError>;
    /// Takes a stored secret away; taking away what is not there changes nothing.
    async fn remove(&self, ctx: &RequestContext, id: SecretId) -> Result<(), SecretError>;
}
