//! Layers, bounds and contradictions.

use std::time::Duration;

use autopilot::config::{Config, ConfigError, Origin, Place, SETTINGS};
use autopilot_domain::units::{Bytes, MicroUsd};

use super::{available, companion, environment, file, load_environment, load_file};

#[test]
fn nothing_set_gives_the_declared_defaults() {
    let config = load_environment(&[]).unwrap();
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.queries.spending.query_cap, Bytes(10_000_000_000));
    assert_eq!(config.queries.spending.hourly_budget, Bytes(200_000_000_000));
    assert_eq!(config.queries.approved_cap, Bytes(100_000_000_000));
    assert_eq!(config.queries.spending.price_per_tib, MicroUsd(6_250_000));
    assert_eq!(config.queries.timeout, Duration::from_secs(120));
    assert_eq!(config.queries.default_limit, 10_000);
    assert_eq!((config.limits.running, config.limits.profiling), (3, 2));
    assert_eq!(config.node.actor_arbiters, 2);
    assert_eq!(config.audit_retention_days, 90);
    assert_eq!(config.store.installation.as_str(), "ap");
    assert!(config.sandbox.is_none() && config.failpoints.is_empty());
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
    let text = "query_cap_bytes = \"2GB\"\nactor_arbiters = 3\nprice_per_tib_usd = 7.5\n";
    let config =
        Config::load(&environment(&[("AUTOPILOT_QUERY_CAP_BYTES", "1GB")]), Some(&file(text)))
            .unwrap();
    assert_eq!(config.queries.spending.query_cap, Bytes(1_000_000_000));
    assert_eq!(config.node.actor_arbiters, 3);
    assert_eq!(config.queries.spending.price_per_tib, MicroUsd(7_500_000));
    let origin = |variable| {
        config.effective().iter().find(|one| one.meta.variable == variable).unwrap().origin
    };
    assert_eq!(origin("AUTOPILOT_QUERY_CAP_BYTES"), Some(Origin::Environment));
    assert_eq!(origin("AUTOPILOT_ACTOR_ARBITERS"), Some(Origin::File));
    assert_eq!(origin("AUTOPILOT_LISTEN"), Some(Origin::Default));
    assert_eq!(origin("AUTOPILOT_REDIS_URL"), None);
}

/// Fails when a setting is declared but not read into the configuration.
#[test]
fn the_example_of_every_setting_is_accepted_and_changes_the_configuration() {
    for meta in available() {
        let companion: Vec<_> = companion(meta.variable).into_iter().collect();
        let mut set = companion.clone();
        set.push((meta.variable, meta.example));
        let with = load_environment(&set).unwrap_or_else(|error| panic!("{error}"));
        let read = fields(&with);
        let without = load_environment(&[]).unwrap();
        assert_ne!(read, fields(&without), "{} changes nothing", meta.variable);
        if meta.place == Place::Anywhere {
            let line = format!("{} = {:?}", meta.key(), meta.example);
            assert_eq!(fields(&load_file(&line).unwrap()), read, "{}", meta.variable);
        }
    }
}

#[test]
fn only_a_build_with_the_simulator_accepts_its_settings() {
    for meta in SETTINGS.iter().filter(|meta| meta.place == Place::Environment) {
        let mut set: Vec<_> = companion(meta.variable).into_iter().collect();
        set.push((meta.variable, meta.example));
        let refused = matches!(load_environment(&set), Err(ConfigError::NoSandbox { .. }));
        assert_eq!(refused, !cfg!(feature = "sandbox"), "{}", meta.variable);
    }
}

/// The configuration without the list of effective texts, which any set variable changes.
fn fields(config: &Config) -> String {
    let all = format!("{config:?}");
    all.split(", effective: ").next().unwrap().to_owned()
}

#[test]
fn what_a_setting_does_not_accept_is_refused_with_what_it_does() {
    for meta in available() {
        for bad in ["", "\u{7f}?,"] {
            let mut set: Vec<_> = companion(meta.variable).into_iter().collect();
            set.push((meta.variable, bad));
            // A path may hold anything but nothing at all.
            if meta.variable == "AUTOPILOT_SANDBOX_KEY_FILE" && !bad.is_empty() {
                continue;
            }
            let error = load_environment(&set).unwrap_err();
            assert!(
                matches!(&error, ConfigError::Invalid { variable, .. } if *variable == meta.variable),
                "{}: {error}",
                meta.variable
            );
            let sentence = error.to_string();
            assert!(sentence.contains(&meta.accepts.to_string()), "{sentence}");
            assert!(sentence.contains("the environment"), "{sentence}");
        }
    }
}

#[test]
fn a_file_value_of_the_wrong_kind_is_refused() {
    for line in ["listen = true", "query_cap_bytes = [1]", "log_level = 1979-05-27", "listen = {}"]
    {
        let error = load_file(line).unwrap_err();
        assert!(matches!(error, ConfigError::Invalid { origin: Origin::File, .. }), "{error}");
    }
    assert!(load_file("actor_arbiters = -1").is_err());
    assert!(load_file("actor_arbiters = 5").is_err());
    assert!(load_file("price_per_tib_usd = nan").is_err());
}

#[test]
fn limits_that_contradict_each_other_are_refused() {
    for set in [
        [("AUTOPILOT_QUERY_CAP_BYTES", "101GB"), ("AUTOPILOT_APPROVED_QUERY_CAP_BYTES", "100GB")],
        [("AUTOPILOT_MAX_RUNNING_PROFILES", "4"), ("AUTOPILOT_MAX_RUNNING_WORKFLOWS", "3")],
    ] {
        let error = load_environment(&set).unwrap_err();
        assert!(matches!(error, ConfigError::Contradiction { .. }), "{error}");
        for (variable, _) in set {
            assert!(error.to_string().contains(variable), "{error}");
        }
    }
    if cfg!(feature = "sandbox") {
        let alone = load_environment(&[("AUTOPILOT_SANDBOX_ENDPOINT", "http://127.0.0.1:1")]);
        assert!(matches!(alone, Err(ConfigError::Contradiction { .. })));
    }
}

#[test]
fn a_command_that_needs_a_connection_names_the_missing_variable() {
    let store = load_environment(&[]).unwrap().store;
    for (missing, variable) in [
        (store.database_url().err(), "AUTOPILOT_DATABASE_URL"),
        (store.migrator_database_url().err(), "AUTOPILOT_MIGRATOR_DATABASE_URL"),
        (store.redis_url().err(), "AUTOPILOT_REDIS_URL"),
    ] {
        let error = missing.expect("nothing is set");
        assert!(error.to_string().starts_with(&format!("{variable} is not set")), "{error}");
    }
}
