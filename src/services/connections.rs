//! Making, testing, replacing and ending a connection to a warehouse.
//!
//! A credential is read once, sealed, and never shown again. It is tried before it is used: a new one
//! beside the present one, which stays in place unless the new one works. Nothing is tried before the
//! hard gate says yes.

use std::sync::Arc;

use autopilot_domain::failure::Failure;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::live_warehouse::failure_of;
use super::real_gate::RealGate;
use crate::ports::connections::{
    ConnectionView, Connections, KeyFacts, Live, NewConnection, Place, Warehouses,
};
use crate::ports::secrets::{Door, Purpose, Secrets};
use crate::ports::{RequestContext, StoreError};

/// What is wrong with a service account's key; no part of it is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Not a JSON object of a service account.
    #[error("it is not the JSON of a service account's key")]
    Form,
    /// The private key is none.
    #[error("its private_key is not a PEM private key")]
    PrivateKey,
    /// Tokens would be asked for elsewhere.
    #[error("its token_uri is not one of Google's")]
    TokenAddress,
}

/// What became of a request about a connection.
#[derive(Debug)]
pub enum Trouble {
    /// There is no such connection, or it is disconnected.
    Missing,
    /// Another one is active, or the credential was replaced meanwhile.
    Conflict,
    /// It did not work; nothing was changed.
    Failed(Failure),
    /// The store.
    Store(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The use cases.
#[derive(Clone)]
pub struct ConnectionDesk {
    /// The table of connections.
    pub store: Arc<dyn Connections>,
    /// Where credentials are kept.
    pub secrets: Arc<dyn Secrets>,
    /// Builds clients.
    pub warehouses: Arc<dyn Warehouses>,
    /// The hard gate.
    pub gate: Arc<RealGate>,
    /// Where tokens may be asked for besides Google's addresses; only a recorder in tests.
    pub recorder: Option<String>,
}

/// The parts of a key that may be shown, once its form is checked.
///
/// # Errors
/// What is wrong with it.
pub fn key_facts(key: &SecretString, recorder: Option<&str>) -> Result<KeyFacts, BadKey> {
    let json: Value = serde_json::from_str(key.expose_secret()).map_err(|_| BadKey::Form)?;
    let text = |name: &str| json.get(name).and_then(Value::as_str).ok_or(BadKey::Form);
    if text("type")? != "service_account" || text("project_id")?.is_empty() {
        return Err(BadKey::Form);
    }
    let account = text("client_email")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "@.-_+".contains(c);
    if !account.contains('@') || account.len() > 200 || !account.chars().all(plain) {
        return Err(BadKey::Form);
    }
    let pem = text("private_key")?;
    if !pem.trim_start().starts_with("-----BEGIN PRIVATE KEY-----") || pem.len() > 8_192 {
        return Err(BadKey::PrivateKey);
    }
    let token = text("token_uri")?;
    let googles =
        ["https://oauth2.googleapis.com/token", "https://accounts.google.com/o/oauth2/token"];
    let recorded = recorder.is_some_and(|base| token.starts_with(base));
    if !googles.contains(&token) && !recorded {
        return Err(BadKey::TokenAddress);
    }
    let hash = hex::encode(Sha256::digest(key.expose_secret().as_bytes()));
    Ok(KeyFacts { account: account.to_owned(), fingerprint: hash.chars().take(16).collect() })
}

impl ConnectionDesk {
    /// All connections.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn list(&self, ctx: &RequestContext) -> Result<Vec<ConnectionView>, StoreError> {
        self.store.list(ctx).await
    }

    /// Seals the key and makes a connection; nothing is tried.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn create(
        &self,
        ctx: &RequestContext,
        (name, place): (String, Place),
        (key, facts): (SecretString, KeyFacts),
    ) -> Result<Uuid, Trouble> {
        let secret = self.secrets.put(ctx, Purpose::WarehouseKey, key).await;
        let secret = secret.map_err(|error| Trouble::Failed(failure_of(&error)))?;
        let new = NewConnection { name, place, key: facts, secret };
        match self.store.create(ctx, new).await {
            Ok(id) => Ok(id),
            Err(error) => {
                self.forget(ctx, secret).await;
                Err(error.into())
            }
        }
    }

    /// Tries a connection by free metadata calls; one that works becomes the active one.
    ///
    /// # Errors
    /// Why it does not work; the code is noted.
    pub async fn test(&self, ctx: &RequestContext, id: Uuid) -> Result<(), Trouble> {
        let live = self.store.live(ctx, id).await?.ok_or(Trouble::Missing)?;
        let door = Door::Request(ctx);
        let tried = match self.secrets.open(door, Purpose::WarehouseKey, live.secret).await {
            Ok(key) => self.try_key(ctx, &live, &key).await,
            Err(error) => Err(failure_of(&error)),
        };
        let code = tried.as_ref().err().map(|failure| failure.code.as_str());
        let noted = self.store.tested(ctx, id, code).await?;
        tried.map_err(Trouble::Failed)?;
        if noted { Ok(()) } else { Err(Trouble::Conflict) }
    }

    /// Tries another key and, if it works, puts it in the place of the present one. Calls under way go
    /// on with the former.
    ///
    /// # Errors
    /// Why not; the present key stays in place.
    pub async fn rotate(
        &self,
        ctx: &RequestContext,
        id: Uuid,
        (key, facts): (SecretString, KeyFacts),
    ) -> Result<(), Trouble> {
        let live = self.store.live(ctx, id).await?.ok_or(Trouble::Missing)?;
        self.try_key(ctx, &live, &key).await.map_err(Trouble::Failed)?;
        let secret = self.secrets.put(ctx, Purpose::WarehouseKey, key).await;
        let secret = secret.map_err(|error| Trouble::Failed(failure_of(&error)))?;
        match self.store.swap(ctx, (id, live.version), &facts, secret).await {
            Ok(Some(former)) => {
                self.forget(ctx, former).await;
                Ok(())
            }
            Ok(None) => {
                self.forget(ctx, secret).await;
                Err(Trouble::Conflict)
            }
            Err(error) => {
                self.forget(ctx, secret).await;
                Err(error.into())
            }
        }
    }

    /// Ends a connection: no new query runs on it, and its credential is deleted.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn disconnect(&self, ctx: &RequestContext, id: Uuid) -> Result<(), Trouble> {
        let former = self.store.disconnect(ctx, id).await?.ok_or(Trouble::Missing)?;
        self.forget(ctx, former).await;
        Ok(())
    }

    async fn try_key(
        &self,
        ctx: &RequestContext,
        live: &Live,
        key: &SecretString,
    ) -> Result<(), Failure> {
        self.gate.metadata(ctx.tenant()).await?;
        let warehouse = self.warehouses.connect(ctx.tenant(), &live.place, key).await?;
        warehouse.list_tables().await.map(drop)
    }

    /// A credential that nothing names any more; what cannot be deleted now is useless without its row.
    async fn forget(&self, ctx: &RequestContext, secret: crate::ports::secrets::SecretId) {
        if let Err(error) = self.secrets.remove(ctx, secret).await {
            tracing::warn!(%error, secret = %secret.0, "a credential that is no longer used could not be deleted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(change: impl FnOnce(&mut Value)) -> SecretString {
        let mut json = serde_json::json!({
            "type": "service_account", "project_id": "acme", "client_email": "bot@acme.iam.gserviceaccount.com",
            "private_key": "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n", "private_key_id": "k",
            "token_uri": "https://oauth2.googleapis.com/token"});
        change(&mut json);
        json.to_string().into()
    }

    #[test]
    fn only_a_service_accounts_key_with_googles_token_address_is_taken() {
        let facts = key_facts(&key(|_| {}), None).unwrap();
        assert_eq!(facts.account, "bot@acme.iam.gserviceaccount.com");
        assert_eq!(facts.fingerprint.len(), 16);
        let bad = |change: fn(&mut Value)| key_facts(&key(change), None).unwrap_err();
        assert_eq!(bad(|json| json["type"] = "authorized_user".into()), BadKey::Form);
        assert_eq!(bad(|json| json["client_email"] = "<script>@x".into()), BadKey::Form);
        assert_eq!(bad(|json| json["private_key"] = "MII".into()), BadKey::PrivateKey);
        for address in [
            "http://oauth2.googleapis.com/token",
            "https://oauth2.googleapis.com.evil.example/token",
            "http://127.0.0.1:9/token",
            "http://169.254.169.254/token",
            "https://oauth2.googleapis.com/token/../x",
        ] {
            let changed = key(|json| json["token_uri"] = address.into());
            assert_eq!(key_facts(&changed, None).unwrap_err(), BadKey::TokenAddress, "{address}");
        }
        assert_eq!(key_facts(&"not json".into(), None).unwrap_err(), BadKey::Form);
        let recorded = key(|json| json["token_uri"] = "http://127.0.0.1:9/token".into());
        assert!(key_facts(&recorded, Some("http://127.0.0.1:9/")).is_ok());
    }
}
