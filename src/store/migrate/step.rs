//! The steps of one schema: each is a migration and its row of `public.migration_status` in one
//! transaction, so that a crash leaves either both or neither.
//!
//! What a schema's role may do is the last step, kept under version 0: it runs again when its text
//! changes. A failed step is written down after its rollback; it is never taken for an applied one.

use std::collections::HashMap;

use autopilot_domain::canonical;
use tokio::time::Instant;
use tokio_postgres::{Client, Transaction};

use super::{Migration, ScopeReport};
use crate::ports::StoreError;
use crate::store::errors::of_postgres;
use crate::store::rows::get;

/// The version under which a schema's grants are kept.
const GRANTS: i32 = 0;

const APPLIED_ALL: &str =
    "SELECT scope, version, checksum FROM public.migration_status WHERE state = 'applied'";
/// A statement that waits longer for a lock gives way to the tenant's own work; the next run takes it up.
const PREPARE: &str = "SELECT set_config('search_path', '\"' || $1 || '\", pg_temp', true), set_config('lock_timeout', '5s', true), \
    pg_advisory_xact_lock(hashtextextended('autopilot.migrate.' || $1, 0))";
const APPLIED: &str = "SELECT checksum FROM public.migration_status WHERE scope = $1 AND version = $2 AND state = 'applied'";
const NOTE: &str = "INSERT INTO public.migration_status AS s (scope, version, checksum, duration_ms) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (scope, version) DO UPDATE SET checksum = EXCLUDED.checksum, state = 'applied', \
      applied_at = clock_timestamp(), failed_at = NULL, error_code = NULL, duration_ms = EXCLUDED.duration_ms";
const NOTE_FAILED: &str = "INSERT INTO public.migration_status AS s (scope, version, checksum, applied_at, state, failed_at, error_code, duration_ms) \
    VALUES ($1, $2, $3, NULL, 'failed', clock_timestamp(), $4, $5) \
    ON CONFLICT (scope, version) DO UPDATE SET failed_at = EXCLUDED.failed_at, error_code = EXCLUDED.error_code, \
      duration_ms = EXCLUDED.duration_ms WHERE s.state = 'failed'";

/// The applied steps as they stood when the run began: schema and version to checksum.
#[derive(Default)]
pub(super) struct Known(HashMap<(String, i32), Vec<u8>>);

impl Known {
    fn has(&self, schema: &str, version: i32, checksum: &[u8]) -> bool {
        self.0.get(&(schema.to_owned(), version)).is_some_and(|known| known == checksum)
    }
}

/// Reads what is applied, in one statement, so that a schema that is up to date costs nothing more.
pub(super) async fn known(client: &Client) -> Result<Known, StoreError> {
    let rows = client.query(APPLIED_ALL, &[]).await.map_err(|error| of_postgres(&error))?;
    let entry = |row: &tokio_postgres::Row| {
        Ok(((get(row, "scope")?, get(row, "version")?), get(row, "checksum")?))
    };
    rows.iter().map(entry).collect::<Result<_, StoreError>>().map(Known)
}

/// Why a step was not applied.
enum Refused {
    Changed,
    Database(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for Refused {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

struct Step<'a> {
    schema: &'a str,
    version: i32,
    sql: &'a str,
    checksum: Vec<u8>,
}

/// Applies what a schema lacks; stops at its first failure.
pub(super) async fn scope(
    client: &mut Client,
    schema: &str,
    migrations: &[Migration],
    grants: &str,
    known: &Known,
) -> ScopeReport {
    let mut report = ScopeReport {
        scope: schema.to_owned(),
        applied: Vec::new(),
        failed: None,
        error_code: None,
    };
    let last = Migration { version: GRANTS, sql: "" };
    for migration in migrations.iter().chain([&last]) {
        let sql = if migration.version == GRANTS { grants } else { migration.sql };
        let checksum = canonical::sha256(&[sql.as_bytes()]).0.to_vec();
        if known.has(schema, migration.version, &checksum) {
            continue;
        }
        let step = Step { schema, version: migration.version, sql, checksum };
        let began = Instant::now();
        match step.take(client).await {
            Ok(true) if step.version != GRANTS => report.applied.push(step.version),
            Ok(_) => {}
            Err(refused) => {
                step.note_failure(client, &refused, millis(began)).await;
                (report.failed, report.error_code) =
                    (Some(refused.sentence(step.version)), refused.code());
                break;
            }
        }
    }
    report
}

impl Step<'_> {
    /// Applies the step unless it is applied already; answers whether it was applied now.
    async fn take(&self, client: &mut Client) -> Result<bool, Refused> {
        let began = Instant::now();
        let tx = client.transaction().await?;
        tx.execute(PREPARE, &[&self.schema]).await?;
        if let Some(row) = tx.query_opt(APPLIED, &[&self.schema, &self.version]).await? {
            let stored: Vec<u8> = row.try_get("checksum")?;
            if stored == self.checksum {
                return Ok(false);
            }
            if self.version != GRANTS {
                return Err(Refused::Changed);
            }
        }
        self.apply(&tx, began).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn apply(&self, tx: &Transaction<'_>, began: Instant) -> Result<(), Refused> {
        tx.batch_execute(self.sql).await?;
        let spent = millis(began);
        tx.execute(NOTE, &[&self.schema, &self.version, &self.checksum, &spent]).await?;
        Ok(())
    }

    /// Best effort: the report says it in any case.
    async fn note_failure(&self, client: &Client, refused: &Refused, spent: i64) {
        let code = refused.code();
        let noted = client
            .execute(NOTE_FAILED, &[&self.schema, &self.version, &self.checksum, &code, &spent])
            .await;
        if noted.is_err() {
            tracing::warn!(
                schema = self.schema,
                version = self.version,
                "a failed migration could not be noted"
            );
        }
    }
}

impl Refused {
    fn code(&self) -> Option<String> {
        match self {
            Self::Changed => None,
            Self::Database(error) => error.code().map(|code| code.code().to_owned()),
        }
    }

    /// A plain sentence for the operator: the state code, not the text.
    fn sentence(&self, version: i32) -> String {
        match (self, self.code()) {
            (Self::Changed, _) => {
                format!("migration {version} was changed after it was applied")
            }
            (Self::Database(_), Some(code)) => {
                format!("migration {version}: the database refused a statement (SQLSTATE {code})")
            }
            (Self::Database(_), None) => {
                format!("migration {version}: the database does not answer")
            }
        }
    }
}

fn millis(since: Instant) -> i64 {
    i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX)
}
