//! Installing and adding organisations, by the migrator login only.
//!
//! The login role owns nothing and inherits nothing; a tenant's role has no grant on public objects
//! and on its own tables only what the code uses: events and links can be read, and added through
//! functions that check them, never changed. Role names carry the installation, because roles are cluster-wide.

use autopilot_domain::ids::{TenantId, UserId};
use autopilot_domain::window::Zone;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres::Client;
use uuid::Uuid;

use super::errors::of_postgres;
use super::identity::fresh_secret;
use super::migrate;
use super::tenant_db::role_name;
use crate::ports::identity::key_hash;
use crate::ports::{Role, StoreError};

/// Name of the role that may let audit rows go, of an installation.
#[must_use]
pub fn retention_role(installation: &str) -> String {
    format!("{installation}_retention")
}

/// Name of the login role of an installation.
#[must_use]
pub fn app_role(installation: &str) -> String {
    format!("{installation}_app")
}

/// Creates the login role, or gives the existing one this password, and migrates everything.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn install(
    client: &mut Client,
    installation: &str,
    password: &SecretString,
) -> Result<migrate::Report, StoreError> {
    let role = app_role(installation);
    // DDL takes no parameters; the installation's form and the quoting below make the text safe.
    let secret = password.expose_secret().replace('\'', "''");
    let statements = format!(
        "DO $do$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN \
           CREATE ROLE {role} LOGIN NOINHERIT NOCREATEDB NOCREATEROLE NOSUPERUSER; END IF; END $do$; \
         ALTER ROLE {role} PASSWORD '{secret}'; \
         ALTER ROLE {role} SET idle_in_transaction_session_timeout = '2s'; \
         ALTER ROLE {role} SET lock_timeout = '2s'; \
         ALTER ROLE {role} SET statement_timeout = '30s'; \
         REVOKE ALL ON SCHEMA public FROM PUBLIC; \
         DO $do$ BEGIN EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()); \
           EXECUTE format('GRANT CONNECT ON DATABASE %I TO {role}', current_database()); END $do$;"
    );
    client.batch_execute(&statements).await.map_err(|error| of_postgres(&error))?;
    migrate::all(client, installation).await
}

/// Lets the role of audit retention log in with this password.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn retention_login(
    client: &Client,
    installation: &str,
    password: &SecretString,
) -> Result<(), StoreError> {
    let secret = password.expose_secret().replace('\'', "''");
    let role = retention_role(installation);
    let alter = format!("ALTER ROLE {role} LOGIN PASSWORD '{secret}'");
    client.batch_execute(&alter).await.map_err(|error| of_postgres(&error))
}

/// What the login role, and the role of audit retention, may do with public objects.
pub(super) fn public_grants(installation: &str) -> String {
    let (role, retention) = (app_role(installation), retention_role(installation));
    format!(
        "DO $do$ BEGIN CREATE ROLE {retention} NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE NOSUPERUSER; \
           EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $do$; \
         DO $do$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO {retention}', current_database()); END $do$; \
         GRANT USAGE ON SCHEMA public TO {retention}; \
         GRANT EXECUTE ON FUNCTION public.cut_chain(uuid, bigint, bytea, timestamptz), \
           public.expire_retained(timestamptz) TO {retention}; \
         GRANT EXECUTE ON FUNCTION public.anchor_chain(uuid) TO {role}; \
         GRANT SELECT ON public.chain_anchor, public.plan, public.org_limits TO {role}; \
         GRANT SELECT (subject, released_at) ON public.legal_hold TO {role}; \
         GRANT USAGE ON SCHEMA public TO {role}; \
         GRANT SELECT ON public.org, public.app_user, public.api_key TO {role}; \
         GRANT SELECT, INSERT, UPDATE ON public.node, public.tenant_owner TO {role}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON public.tenant_wake TO {role}; \
         GRANT SELECT, INSERT ON public.actor_restart TO {role}; \
         GRANT UPDATE (obeyed_by, obeyed_at) ON public.actor_restart TO {role}; \
         GRANT EXECUTE ON FUNCTION public.fence(uuid, uuid, bigint), \
           public.real_conditions, public.record_smoke, \
           public.key_create, public.key_revoke, public.key_used, public.operator_holder, \
           public.user_create, public.user_change, public.invitation_create, public.invitation_holder, \
           public.invitation_accept, public.password_lookup, public.password_change, \
           public.login_attempt, public.login_succeeded, public.session_open, public.session_holder, \
           public.session_seen, public.session_close, public.org_settings_write, \
           public.user_settings_of, public.user_settings_write TO {role};"
    )
}

/// What a tenant's role may do with its own tables.
pub(super) fn tenant_grants(installation: &str, tenant: TenantId) -> String {
    let (role, schema) = (role_name(installation, tenant), tenant.schema_name());
    format!(
        "GRANT USAGE ON SCHEMA {schema} TO {role}; \
         GRANT SELECT ON {schema}.event, {schema}.event_link, {schema}.chain_cut TO {role}; \
         REVOKE INSERT ON {schema}.event, {schema}.event_link FROM {role}; \
         GRANT EXECUTE ON FUNCTION {schema}.append_event(uuid, text, uuid, uuid, text, text, text, timestamptz, \
           timestamptz, text, bytea, jsonb, bytea), \
           {schema}.append_links(bigint[], uuid[], bytea[], text[], bigint[]), {schema}.actor_secret() TO {role}; \
         GRANT SELECT, INSERT, UPDATE ON {schema}.workflow_run, {schema}.workflow_step, {schema}.receipt, {schema}.approval, \
           {schema}.catalog_table, {schema}.column_decision TO {role}; \
         GRANT SELECT, INSERT, DELETE ON {schema}.catalog_column TO {role}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.secret TO {role}; \
         GRANT SELECT, INSERT, UPDATE ON {schema}.connection TO {role};"
    )
}

/// A new organisation with its first admin.
pub struct NewOrg {
    /// Its id.
    pub tenant: TenantId,
    /// The admin.
    pub admin: UserId,
    /// The admin's key; shown once.
    pub api_key: String,
}

/// Creates an organisation: its row, schema, role, tables and an admin with a key.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn create_org(
    client: &mut Client,
    installation: &str,
    name: &str,
    zone: &Zone,
) -> Result<NewOrg, StoreError> {
    let tenant = TenantId::new(Uuid::new_v4());
    let (role, schema, app) =
        (role_name(installation, tenant), tenant.schema_name(), app_role(installation));
    let tx = client.transaction().await.map_err(|error| of_postgres(&error))?;
    let insert = "INSERT INTO public.org (tenant_id, name, zone) VALUES ($1, $2, $3)";
    tx.execute(insert, &[&tenant.as_uuid(), &name, &zone.name()])
        .await
        .map_err(|error| of_postgres(&error))?;
    let statements = format!(
        "CREATE ROLE {role} NOLOGIN NOINHERIT; GRANT {role} TO {app}; CREATE SCHEMA {schema};"
    );
    tx.batch_execute(&statements).await.map_err(|error| of_postgres(&error))?;
    tx.commit().await.map_err(|error| of_postgres(&error))?;
    let migrated = migrate::tenant_scope(client, installation, tenant).await;
    if migrated.failed.is_some() {
        return Err(StoreError::Corrupt(
            "the new organisation's tables could not be made; run `autopilot migrate`",
        ));
    }
    let (admin, api_key) = add_user(client, tenant, Role::Admin, "first admin").await?;
    Ok(NewOrg { tenant, admin, api_key })
}

/// Adds a user with an API key; answers the key, which is stored as a hash only.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn add_user(
    client: &mut Client,
    tenant: TenantId,
    role: Role,
    name: &str,
) -> Result<(UserId, String), StoreError> {
    let user = UserId::new(Uuid::new_v4());
    let key = fresh_secret("ap");
    let hash = key_hash(key.as_bytes());
    let tx = client.transaction().await.map_err(|error| of_postgres(&error))?;
    let insert = "INSERT INTO public.app_user (user_id, tenant_id, role) VALUES ($1, $2, $3)";
    tx.execute(insert, &[&user.as_uuid(), &tenant.as_uuid(), &role.as_str()])
        .await
        .map_err(|error| of_postgres(&error))?;
    let insert = "INSERT INTO public.api_key (key_hash, user_id, name) VALUES ($1, $2, $3)";
    tx.execute(insert, &[&hash.as_slice(), &user.as_uuid(), &name])
        .await
        .map_err(|error| of_postgres(&error))?;
    tx.commit().await.map_err(|error| of_postgres(&error))?;
    Ok((user, key))
}
