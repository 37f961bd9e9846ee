//! Records of the hard gate as operators write them: approvals, and which organisations are nobody's.
//!
//! Used over the migrator's own connection and never while serving; the service's login only reads.

use autopilot_domain::ids::TenantId;
use tokio_postgres::Client;

use super::errors::of_postgres;
use super::rows::get;
use crate::ports::StoreError;
use crate::ports::connections::OnRecord;

/// Records an approval of a program and its rules, by whom and why; `false` when there is no such
/// organisation.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn approve(
    client: &Client,
    org: TenantId,
    (program, policy): (&str, &str),
    (by, reason): (&str, &str),
    days: u16,
) -> Result<bool, StoreError> {
    let insert = "INSERT INTO public.real_query_approval (tenant_id, program, policy, approved_by, reason, expires_at) \
        SELECT o.tenant_id, $2, $3, $4, $5, clock_timestamp() + make_interval(days => $6) \
        FROM public.org o WHERE o.tenant_id = $1";
    let (org, days) = (org.as_uuid(), i32::from(days));
    let done = client.execute(insert, &[&org, &program, &policy, &by, &reason, &days]).await;
    done.map(|rows| rows == 1).map_err(|error| of_postgres(&error))
}

/// Ends every approval of an organisation.
///
/// # Errors
/// When the database does not answer.
pub async fn revoke(client: &Client, org: TenantId) -> Result<u64, StoreError> {
    let update = "UPDATE public.real_query_approval SET revoked_at = clock_timestamp() \
        WHERE tenant_id = $1 AND revoked_at IS NULL AND expires_at > clock_timestamp()";
    client.execute(update, &[&org.as_uuid()]).await.map_err(|error| of_postgres(&error))
}

/// Marks an organisation as non-production.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn mark(client: &Client, org: TenantId, reason: &str) -> Result<bool, StoreError> {
    let insert = "INSERT INTO public.non_production (tenant_id, reason) \
        SELECT o.tenant_id, $2 FROM public.org o WHERE o.tenant_id = $1 \
        ON CONFLICT (tenant_id) DO UPDATE SET reason = excluded.reason";
    let done = client.execute(insert, &[&org.as_uuid(), &reason]).await;
    done.map(|rows| rows == 1).map_err(|error| of_postgres(&error))
}

/// What is on record for an organisation, a program and its rules.
///
/// # Errors
/// When the database does not answer.
pub async fn status(
    client: &Client,
    org: TenantId,
    (program, policy): (&str, &str),
) -> Result<OnRecord, StoreError> {
    let text = "SELECT approval, smoke, non_production FROM public.real_conditions($1, $2, $3)";
    let row = client.query_one(text, &[&org.as_uuid(), &program, &policy]).await;
    let row = row.map_err(|error| of_postgres(&error))?;
    let (approval, smoke) = (get(&row, "approval")?, get(&row, "smoke")?);
    Ok(OnRecord { approval, smoke, non_production: get(&row, "non_production")? })
}
