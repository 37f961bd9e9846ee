//! Operators of the platform, and an organisation's first people, as the operator's commands write them.
//!
//! Used over the migrator's own connection and never while serving. Keys and invitations are answered
//! once and stored as hashes.

use autopilot_domain::ids::{OperatorId, TenantId, UserId};
use autopilot_domain::person::DisplayName;
use jiff::Timestamp;
use tokio_postgres::Client;
use uuid::Uuid;

use super::errors::of_postgres;
use super::identity::fresh_secret;
use super::rows::get;
use crate::ports::StoreError;
use crate::ports::accounts::{NewUser, UserMade};
use crate::ports::identity::key_hash;

/// An operator's key as the list shows it.
pub struct OperatorRow {
    /// The operator.
    pub id: OperatorId,
    /// What they are called.
    pub name: String,
    /// When the key ends.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to about a minute.
    pub last_used_at: Option<Timestamp>,
}

/// Adds an operator; answers their id and key.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn add(
    client: &Client,
    name: &DisplayName,
    days: u16,
) -> Result<(OperatorId, String), StoreError> {
    let (id, key) = (OperatorId::new(Uuid::new_v4()), fresh_secret("apop"));
    let hash = key_hash(key.as_bytes());
    let insert = "INSERT INTO public.operator_key (key_hash, operator_id, name, expires_at) \
        VALUES ($1, $2, $3, clock_timestamp() + make_interval(days => $4))";
    client
        .execute(insert, &[&hash.as_slice(), &id.as_uuid(), &name.as_str(), &i32::from(days)])
        .await
        .map_err(|error| of_postgres(&error))?;
    Ok((id, key))
}

/// Revokes an operator's key; answers whether there is such an operator.
///
/// # Errors
/// When the database does not answer.
pub async fn revoke(client: &Client, operator: OperatorId) -> Result<bool, StoreError> {
    let update = "UPDATE public.operator_key SET revoked_at = coalesce(revoked_at, clock_timestamp()) \
        WHERE operator_id = $1";
    let changed = client.execute(update, &[&operator.as_uuid()]).await;
    changed.map(|rows| rows > 0).map_err(|error| of_postgres(&error))
}

/// Every operator, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(client: &Client) -> Result<Vec<OperatorRow>, StoreError> {
    let select = "SELECT operator_id, name, expires_at, revoked_at, last_used_at \
        FROM public.operator_key ORDER BY created_at DESC";
    let rows = client.query(select, &[]).await.map_err(|error| of_postgres(&error))?;
    let row = |row: &tokio_postgres::Row| {
        Ok(OperatorRow {
            id: OperatorId::new(get(row, "operator_id")?),
            name: get(row, "name")?,
            expires_at: get(row, "expires_at")?,
            revoked_at: get(row, "revoked_at")?,
            last_used_at: get(row, "last_used_at")?,
        })
    };
    rows.iter().map(row).collect()
}

/// Adds a person to an organisation; `None` when there is no such organisation.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn add_person(
    client: &mut Client,
    tenant: TenantId,
    person: &NewUser,
) -> Result<Option<UserMade>, StoreError> {
    let (user, token) = (UserId::new(Uuid::new_v4()), fresh_secret("apinv"));
    let hash = key_hash(token.as_bytes());
    let (id, org) = (user.as_uuid(), tenant.as_uuid());
    let (email, name, role) = (person.email.as_str(), person.name.as_str(), person.role.as_str());
    let tx = client.transaction().await.map_err(|error| of_postgres(&error))?;
    let create = "SELECT public.user_create($1, $2, $3, $4, $5) AS answer";
    let row = tx.query_one(create, &[&org, &id, &email, &name, &role]).await;
    let made: String = get(&row.map_err(|error| of_postgres(&error))?, "answer")?;
    match made.as_str() {
        "ok" => {}
        "taken" => return Ok(Some(UserMade::Taken)),
        "full" => return Ok(Some(UserMade::Full)),
        _ => return Ok(None),
    }
    let invite = "SELECT public.invitation_create($1, $2, NULL, $3, 7) AS answer";
    let row = tx.query_one(invite, &[&org, &id, &hash.as_slice()]).await;
    let ends_at = get(&row.map_err(|error| of_postgres(&error))?, "answer")?;
    tx.commit().await.map_err(|error| of_postgres(&error))?;
    Ok(Some(UserMade::Made(crate::ports::accounts::Invitation { user, token, ends_at })))
}
