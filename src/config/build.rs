//! Assembles the configuration from its layers, group by group, and checks what must hold between
//! two settings.
//!
//! It decides contradictions (a cap above the one an approval grants) and refuses what only a build
//! with the simulator may be given. It never reads the environment and holds no default.

use super::layers::Layers;
use super::settings::{self, Meta, Setting};
use super::{
    Config, ConfigError, Effective, Http, Limits, Log, Node, Queries, SETTINGS, Sandbox,
    SpendingPolicy, Store, report,
};

pub(super) fn config(layers: &Layers<'_>) -> Result<Config, ConfigError> {
    Ok(Config {
        http: http(layers)?,
        store: store(layers)?,
        node: node(layers)?,
        log: log(layers)?,
        limits: limits(layers)?,
        queries: queries(layers)?,
        audit_retention_days: layers.value(&settings::AUDIT_RETENTION)?,
        sandbox: sandbox(layers)?,
        recorder: simulator_only(layers, &settings::RECORDER_ENDPOINT)?,
        sandbox_dataset: layers.value(&settings::SANDBOX_DATASET)?,
        failpoints: simulator_only(layers, &settings::FAILPOINTS)?.unwrap_or_default(),
        api_key: layers.optional(&settings::API_KEY)?,
        effective: effective(layers)?,
    })
}

fn http(layers: &Layers<'_>) -> Result<Http, ConfigError> {
    Ok(Http {
        listen: layers.value(&settings::LISTEN)?,
        body_limit: layers.value(&settings::HTTP_BODY_LIMIT)?,
        shutdown_grace: layers.value(&settings::SHUTDOWN_GRACE)?,
        metrics_listen: layers.optional(&settings::METRICS_LISTEN)?,
        user_calls: layers.value(&settings::USER_CALLS)?,
        org_calls: layers.value(&settings::ORG_CALLS)?,
    })
}

fn store(layers: &Layers<'_>) -> Result<Store, ConfigError> {
    Ok(Store {
        database_url: layers.optional(&settings::DATABASE_URL)?,
        migrator_database_url: layers.optional(&settings::MIGRATOR_DATABASE_URL)?,
        retention_database_url: layers.optional(&settings::RETENTION_DATABASE_URL)?,
        redis_url: layers.optional(&settings::REDIS_URL)?,
        master_keys: layers.optional(&settings::MASTER_KEYS)?,
        pool_size: layers.value(&settings::DATABASE_POOL)?,
        installation: layers.value(&settings::INSTALLATION)?,
    })
}

fn node(layers: &Layers<'_>) -> Result<Node, ConfigError> {
    Ok(Node {
        name: layers.value(&settings::NODE_NAME)?,
        actor_arbiters: layers.value(&settings::ACTOR_ARBITERS)?,
        passivate_after: layers.value(&settings::PASSIVATE_AFTER)?,
    })
}

fn log(layers: &Layers<'_>) -> Result<Log, ConfigError> {
    Ok(Log {
        format: layers.value(&settings::LOG_FORMAT)?,
        level: layers.value(&settings::LOG_LEVEL)?,
    })
}

fn limits(layers: &Layers<'_>) -> Result<Limits, ConfigError> {
    let (running, profiling) = (&settings::MAX_RUNNING, &settings::MAX_PROFILING);
    let limits = Limits {
        running: layers.value(running)?,
        profiling: layers.value(profiling)?,
        queued: layers.value(&settings::QUEUE_LIMIT)?,
    };
    let rule = "profiles run within the running workflows, so the first cannot exceed the second";
    ordered(limits.profiling <= limits.running, &profiling.meta, &running.meta, rule)?;
    Ok(limits)
}

fn queries(layers: &Layers<'_>) -> Result<Queries, ConfigError> {
    let (cap, approved) = (&settings::QUERY_CAP, &settings::APPROVED_QUERY_CAP);
    let queries = Queries {
        spending: SpendingPolicy {
            query_cap: layers.value(cap)?,
            hourly_budget: layers.value(&settings::HOURLY_BUDGET)?,
            price_per_tib: layers.value(&settings::PRICE_PER_TIB)?,
        },
        approved_cap: layers.value(approved)?,
        timeout: layers.value(&settings::QUERY_TIMEOUT)?,
        default_limit: layers.value(&settings::DEFAULT_LIMIT)?,
    };
    let rule = "an approval raises the cap of a query, so the first cannot exceed the second";
    let holds = queries.spending.query_cap <= queries.approved_cap;
    ordered(holds, &cap.meta, &approved.meta, rule)?;
    Ok(queries)
}

fn ordered(
    holds: bool,
    first: &'static Meta,
    second: &'static Meta,
    rule: &'static str,
) -> Result<(), ConfigError> {
    let (first, second) = (first.variable, second.variable);
    if holds { Ok(()) } else { Err(ConfigError::Contradiction { first, second, rule }) }
}

fn sandbox(layers: &Layers<'_>) -> Result<Option<Sandbox>, ConfigError> {
    let (endpoint, key_file) = (&settings::SANDBOX_ENDPOINT, &settings::SANDBOX_KEY_FILE);
    match (simulator_only(layers, endpoint)?, simulator_only(layers, key_file)?) {
        (Some(endpoint), Some(key_file)) => Ok(Some(Sandbox { endpoint, key_file })),
        (None, None) => Ok(None),
        (Some(_), None) | (None, Some(_)) => Err(ConfigError::Contradiction {
            first: endpoint.meta.variable,
            second: key_file.meta.variable,
            rule: "a simulator is reached with its address and its key, so set both or neither",
        }),
    }
}

/// A setting that only a build with the simulator may be given.
fn simulator_only<T>(layers: &Layers<'_>, setting: &Setting<T>) -> Result<Option<T>, ConfigError> {
    let value = layers.optional(setting)?;
    if value.is_some() && !cfg!(feature = "sandbox") {
        return Err(ConfigError::NoSandbox { variable: setting.meta.variable });
    }
    Ok(value)
}

fn effective(layers: &Layers<'_>) -> Result<Vec<Effective>, ConfigError> {
    let one = |meta: &&'static Meta| {
        let text = layers.text(meta)?;
        let origin = text.as_ref().map(|(_, origin)| *origin);
        let shown = |text: String| if meta.is_secret() { report::MASK.to_owned() } else { text };
        Ok(Effective { meta, value: text.map(|(text, _)| shown(text)), origin })
    };
    SETTINGS.iter().map(one).collect()
}
