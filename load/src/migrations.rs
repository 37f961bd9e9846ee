//! Many tenants migrated by the product, beside the same SQL run serially by psql.
//!
//! Both databases hold the same organisations with empty schemas when the clock starts. psql runs one
//! file in one session: each step of each tenant in a transaction of its own, without any bookkeeping.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use autopilot::store::admin;
use autopilot::store::migrate::{Runner, ScopeReport, TENANT, Unwatched, Watch};
use autopilot_domain::ids::TenantId;
use indicatif::ProgressBar;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use crate::error::LoadError;
use crate::figures::Figure;
use crate::timing::now;
use crate::world::{Installation, PREFIX};

/// How many tenants the product migrates at once; the command's own default.
const CONNECTIONS: usize = autopilot::store::migrate::DEFAULT_CONNECTIONS;

struct Bar(ProgressBar);

impl Watch for Bar {
    fn done(&self, _report: &ScopeReport) {
        self.0.inc(1);
    }
}

/// Measures both.
pub(crate) async fn run(tenants: u32) -> Result<Vec<Figure>, LoadError> {
    let installation = Installation::start().await?;
    let measured = measure(&installation, tenants).await;
    installation.stop().await;
    measured
}

async fn measure(installation: &Installation, count: u32) -> Result<Vec<Figure>, LoadError> {
    let mut client = installation.migrator().await?;
    client.batch_execute("CREATE DATABASE raw").await?;
    let ours = empty_tenants(&client, count).await?;
    let raw_url = installation.migrator_url.replace("/postgres", "/raw");
    let mut raw = admin::connect(&raw_url).await?;
    // Tenants' steps name objects of the public schema.
    let public = Runner::of_this_release(PREFIX, None, &Unwatched).run(&mut raw).await?;
    if !public.is_clean() {
        return Err(LoadError::Migration(public.to_string()));
    }
    let theirs = empty_schemas(&raw, count).await?;

    let psql = serially(&raw_url, &theirs).await?;
    let bar = Bar(ProgressBar::new(u64::from(count)));
    let lanes = Some((installation.migrator_url.as_str(), CONNECTIONS));
    let begun = now();
    let report = Runner::of_this_release(PREFIX, lanes, &bar).run(&mut client).await?;
    let product = begun.elapsed().as_secs_f64();
    bar.0.finish_and_clear();
    if !report.is_clean() {
        return Err(LoadError::Migration(report.to_string()));
    }
    let (schema_ours, schema_theirs) = (first(&ours)?.schema_name(), first(&theirs)?.schema_name());
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = $1";
    let made: i64 = client.query_one(tables, &[&schema_ours]).await?.get(0);
    let raw_made: i64 = raw.query_one(tables, &[&schema_theirs]).await?.get(0);
    if made != raw_made || made == 0 {
        return Err(LoadError::Missing("a table on one of the two sides"));
    }
    Ok(vec![
        Figure::new("tenants", f64::from(count)),
        Figure::new("psql_serial_s", psql),
        Figure::new("product_s", product),
        Figure::limited("migration_over_serial_psql", product / psql),
    ])
}

fn first(tenants: &[TenantId]) -> Result<TenantId, LoadError> {
    tenants.first().copied().ok_or(LoadError::Missing("a tenant"))
}

fn ids(count: u32) -> Vec<TenantId> {
    (0..count).map(|_| TenantId::new(Uuid::new_v4())).collect()
}

/// Organisations with a role and an empty schema, as they are before their first migration.
async fn empty_tenants(
    client: &tokio_postgres::Client,
    count: u32,
) -> Result<Vec<TenantId>, LoadError> {
    let tenants = ids(count);
    for tenant in &tenants {
        let (role, schema) =
            (autopilot::store::tenant_db::role_name(PREFIX, *tenant), tenant.schema_name());
        let sql = format!(
            "INSERT INTO public.org (tenant_id, name, zone) VALUES ('{tenant}', 'load', 'UTC'); \
             CREATE ROLE {role} NOLOGIN NOINHERIT; GRANT {role} TO {PREFIX}_app; CREATE SCHEMA {schema}"
        );
        client.batch_execute(&sql).await?;
    }
    Ok(tenants)
}

async fn empty_schemas(
    client: &tokio_postgres::Client,
    count: u32,
) -> Result<Vec<TenantId>, LoadError> {
    let tenants = ids(count);
    for tenant in &tenants {
        client.batch_execute(&format!("CREATE SCHEMA {}", tenant.schema_name())).await?;
    }
    Ok(tenants)
}

/// Seconds that psql takes for every step of every tenant, one after another.
async fn serially(url: &str, tenants: &[TenantId]) -> Result<f64, LoadError> {
    let mut script = String::from("\\set ON_ERROR_STOP on\n\\o /dev/null\n");
    for tenant in tenants {
        for step in TENANT {
            let schema = tenant.schema_name();
            let written =
                write!(script, "BEGIN; SET LOCAL search_path = {schema}; {}\nCOMMIT;\n", step.sql);
            written.map_err(|_| LoadError::Missing("memory"))?;
        }
    }
    let begun = now();
    let mut child = tokio::process::Command::new(psql()?)
        .args(["--no-psqlrc", "--quiet", "--dbname", url])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|_| LoadError::Missing("psql"))?;
    let mut input = child.stdin.take().ok_or(LoadError::Missing("psql's input"))?;
    input.write_all(script.as_bytes()).await.map_err(|_| LoadError::Missing("psql's input"))?;
    drop(input);
    let status = child.wait().await.map_err(|_| LoadError::Missing("psql's end"))?;
    let seconds = begun.elapsed().as_secs_f64();
    if status.success() { Ok(seconds) } else { Err(LoadError::Missing("psql's success")) }
}

/// The program itself where the PATH leads to it, or Debian's place for it.
fn psql() -> Result<PathBuf, LoadError> {
    let plain = PathBuf::from("psql");
    let asked = std::process::Command::new(&plain).arg("--version").stdout(Stdio::null()).status();
    if asked.is_ok_and(|status| status.success()) {
        return Ok(plain);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian = versions.map(|version| version.path().join("bin/psql"));
    let found = debian.find(|program| program.is_file());
    found.ok_or(LoadError::Missing("psql (package postgresql-client)"))
}
