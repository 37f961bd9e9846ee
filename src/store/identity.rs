//! API keys: looking their holders up by hash.
//! The login role reads them; the key itself is never stored or logged.

use async_trait::async_trait;
use autopilot_domain::ids::{TenantId, UserId};
use tokio_postgres::Row;

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
        let found = self.0.login_query(PRINCIPAL, &[&key_hash.as_slice()]).await?;
        let holder = |row: &Row| {
            let role = Role::parse(&get::<String>(row, "role")?).ok_or_else(corrupt)?;
            Ok(Principal {
                tenant: TenantId::new(get(row, "tenant_id")?),
                user: UserId::new(get(row, "user_id")?),
                role,
            })
        };
        found.first().map(holder).transpose()
    }
}
