//! Who holds a key, an operator's key or a session, looked up by hash.
//!
//! Only hashes are stored or compared; nothing is remembered between requests, so that what is revoked
//! is over at once. The note of a last use is written beside the request, never in it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use autopilot_domain::ids::{OperatorId, TenantId, UserId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::rows::{corrupt, get};
use super::statements::{
    KEY_USED, OPERATOR_HOLDER, PRINCIPAL, SESSION_HOLDER, SESSION_IDLE_MINUTES, SESSION_SEEN,
};
use super::tenant_db::TenantDb;
use crate::ports::accounts::Scope;
use crate::ports::identity::Principal;
use crate::ports::{Identity, Role, StoreError};

/// A new secret of 256 bits behind a mark that says what it is for. Only its hash may be kept.
pub(super) fn fresh_secret(mark: &str) -> String {
    format!("{mark}_{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
}

/// The tables of holders.
#[derive(Clone)]
pub struct KeyStore {
    db: TenantDb,
    noting: Arc<Mutex<HashSet<Used>>>,
}

/// What was used just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Used {
    Key(Uuid),
    Session([u8; 32]),
}

impl KeyStore {
    /// Over the login role's pool.
    #[must_use]
    pub fn new(db: TenantDb) -> Self {
        Self { db, noting: Arc::default() }
    }

    /// Notes a use in a task of its own; one at a time for each key or session.
    fn note_use(&self, used: Used) {
        if !self.noting.lock().unwrap_or_else(PoisonError::into_inner).insert(used) {
            return;
        }
        let store = self.clone();
        tokio::spawn(async move {
            let noted = match used {
                Used::Key(id) => store.db.login_query(KEY_USED, &[&id]).await,
                Used::Session(hash) => {
                    store.db.login_query(SESSION_SEEN, &[&hash.as_slice()]).await
                }
            };
            if noted.is_err() {
                tracing::warn!("the last use of a key or session could not be noted");
            }
            store.noting.lock().unwrap_or_else(PoisonError::into_inner).remove(&used);
        });
    }
}

#[async_trait]
impl Identity for KeyStore {
    async fn principal(&self, key_hash: [u8; 32]) -> Result<Option<Principal>, StoreError> {
        let found = self.db.login_query(PRINCIPAL, &[&key_hash.as_slice()]).await?;
        let Some(row) = found.first() else { return Ok(None) };
        let mut holder = principal(row)?;
        let strongest = scopes(row)?.into_iter().max().ok_or_else(corrupt)?;
        holder.role = holder.role.min(strongest.role());
        if get(row, "note")? {
            self.note_use(Used::Key(get(row, "key_id")?));
        }
        Ok(Some(holder))
    }

    async fn operator(&self, key_hash: [u8; 32]) -> Result<Option<OperatorId>, StoreError> {
        let found = self.db.login_query(OPERATOR_HOLDER, &[&key_hash.as_slice()]).await?;
        let id: Option<Uuid> = get(found.first().ok_or_else(corrupt)?, "holder")?;
        Ok(id.map(OperatorId::new))
    }

    async fn session(
        &self,
        session_hash: [u8; 32],
    ) -> Result<Option<(Principal, Timestamp)>, StoreError> {
        let params: super::tenant_db::Params<'_> =
            &[&session_hash.as_slice(), &SESSION_IDLE_MINUTES];
        let found = self.db.login_query(SESSION_HOLDER, params).await?;
        let Some(row) = found.first() else { return Ok(None) };
        if get(row, "note")? {
            self.note_use(Used::Session(session_hash));
        }
        Ok(Some((principal(row)?, get(row, "ends_at")?)))
    }
}

/// The holder that a row names.
pub(super) fn principal(row: &Row) -> Result<Principal, StoreError> {
    Ok(Principal {
        tenant: TenantId::new(get(row, "tenant_id")?),
        user: UserId::new(get(row, "user_id")?),
        role: Role::parse(&get::<String>(row, "role")?).ok_or_else(corrupt)?,
    })
}

/// The scopes that a row names.
pub(super) fn scopes(row: &Row) -> Result<Vec<Scope>, StoreError> {
    let names: Vec<String> = get(row, "scopes")?;
    names.iter().map(|name| Scope::parse(name).ok_or_else(corrupt)).collect()
}
