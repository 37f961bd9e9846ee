//! API keys: looking their holders up by hash.
//! The login role reads them; the key itself is never stored or logged.

use async_trait::async_trait;
use autopilot_domain::ids::{TenantId, UserId};

use super::errors::{of_pool, of_postgres};
use super::rows::{corrupt, get};
use super::statements::PRINCIPAL;
use super::tenant_db::TenantDb;
use crate::ports::identity::Principal;
use crate::ports::{Identity, Role, StoreError};

/// The key table, read by the login role.
#[derive(Clone)]
pub struct KeyStore(pub TenantDb);

#[async_trait]
impl Identity for KeyStore {
    async fn principal(&self, key_hash: [u8; 32]) -> Result<Option<Principal>, StoreError> {
        let client = self.0.pool().get().await.map_err(|error| of_pool(&error))?;
        let statement =
            client.prepare_cached(PRINCIPAL).await.map_err(|error| of_postgres(&error))?;
        let row = client
            .query_opt(&statement, &[&key_hash.as_slice()])
            .await
            .map_err(|error| of_postgres(&error))?;
        row.map(|row| {
            let role = Role::parse(&get::<String>(&row, "role")?).ok_or_else(corrupt)?;
            Ok(Principal {
                tenant: TenantId::new(get(&row, "tenant_id")?),
                user: UserId::new(get(&row, "user_id")?),
                role,
            })
        })
        .transpose()
    }
}
