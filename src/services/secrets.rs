//! Secrets of organisations: sealed under a key of their own, which is sealed under a master key.
//!
//! The only place that opens them. A clear value lives in types that wipe it and print a mask; no
//! error, event or log line holds any part of one. Rotating the master key re-wraps the secrets' own
//! keys and touches no secret.

pub mod master;
mod seal;

use std::sync::Arc;

use async_trait::async_trait;
use autopilot_domain::ids::TenantId;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::ports::RequestContext;
use crate::ports::secrets::{
    Door, KeyProvider, Purpose, Sealed, SealedSecrets, SecretError, SecretId, Secrets,
};
use seal::{Binding, FORMAT, Part};

/// Seals and opens.
pub struct SecretsManager {
    keys: Arc<dyn KeyProvider>,
    store: Arc<dyn SealedSecrets>,
}

impl SecretsManager {
    /// Over this provider of master keys and this store.
    #[must_use]
    pub const fn new(keys: Arc<dyn KeyProvider>, store: Arc<dyn SealedSecrets>) -> Self {
        Self { keys, store }
    }
}

/// Puts a sealed secret's key under the active master key; none when it is already.
///
/// # Errors
/// When its present master key is not known or does not open it.
pub async fn rewrapped(
    keys: &dyn KeyProvider,
    tenant: TenantId,
    sealed: &Sealed,
) -> Result<Option<Sealed>, SecretError> {
    if Some(sealed.wrapped.key_id.as_str()) == keys.active() {
        return Ok(None);
    }
    let binding = Binding { tenant, purpose: sealed.purpose, id: sealed.id }.data(Part::Key);
    let key = keys.unwrap(&sealed.wrapped, &binding).await?;
    let wrapped = keys.wrap(&key, &binding).await?;
    Ok(Some(Sealed { wrapped, ..sealed.clone() }))
}

async fn sealed(
    keys: &dyn KeyProvider,
    binding: Binding,
    clear: &SecretString,
) -> Result<Sealed, SecretError> {
    let key = Zeroizing::new(rand::random::<[u8; 32]>());
    let body = clear.expose_secret().as_bytes();
    let body = seal::seal(&key, rand::random(), &binding.data(Part::Value), body)?;
    let wrapped = keys.wrap(&key, &binding.data(Part::Key)).await?;
    Ok(Sealed { id: binding.id, purpose: binding.purpose, format: FORMAT, wrapped, body })
}

async fn opened(
    keys: &dyn KeyProvider,
    tenant: TenantId,
    sealed: &Sealed,
) -> Result<SecretString, SecretError> {
    if sealed.format != FORMAT {
        return Err(SecretError::Sealed);
    }
    let binding = Binding { tenant, purpose: sealed.purpose, id: sealed.id };
    let key = keys.unwrap(&sealed.wrapped, &binding.data(Part::Key)).await?;
    let clear = seal::open(&key, &binding.data(Part::Value), &sealed.body)?;
    let text = std::str::from_utf8(&clear).map_err(|_| SecretError::Sealed)?;
    Ok(SecretString::from(text))
}

#[async_trait]
impl Secrets for SecretsManager {
    async fn put(
        &self,
        ctx: &RequestContext,
        purpose: Purpose,
        clear: SecretString,
    ) -> Result<SecretId, SecretError> {
        let id = SecretId(Uuid::now_v7());
        let binding = Binding { tenant: ctx.tenant(), purpose, id };
        self.store.insert(ctx, &sealed(&*self.keys, binding, &clear).await?).await?;
        Ok(id)
    }

    async fn open(
        &self,
        door: Door<'_>,
        purpose: Purpose,
        id: SecretId,
    ) -> Result<SecretString, SecretError> {
        let tenant = match door {
            Door::Request(ctx) => ctx.tenant(),
            Door::Owner(claim) => claim.tenant(),
        };
        let found = self.store.get(door, id).await?.filter(|found| found.purpose == purpose);
        opened(&*self.keys, tenant, &found.ok_or(SecretError::Missing)?).await
    }

    async fn remove(&self, ctx: &RequestContext, id: SecretId) -> Result<(), SecretError> {
        Ok(self.store.remove(ctx, id).await?)
    }
}
