//! A master key is replaced while credentials are in use: none fails to open at any time, and the old
//! key can go afterwards.

use autopilot::bootstrap::{self, RotateWatch, Rotated};
use autopilot::config::{Config, EnvSnapshot};
use autopilot::ports::secrets::{Door, Purpose, Secrets as _};
use secrecy::ExposeSecret as _;

use super::{key_list, manager};
use crate::support::TestDb;

struct Quiet;

impl RotateWatch for Quiet {
    fn found(&self, _: usize) {}
    fn done(&self, _: &Rotated) {}
}

fn config(test: &TestDb, keys: &[(&str, u8)]) -> Config {
    let environment = EnvSnapshot::of([
        ("AUTOPILOT_DATABASE_URL", test.app_url.clone()),
        ("AUTOPILOT_MIGRATOR_DATABASE_URL", test.migrator_url.clone()),
        ("AUTOPILOT_MASTER_KEYS", key_list(keys)),
    ]);
    Config::load(&environment, None).unwrap()
}

async fn counts(config: &Config) -> Vec<(String, u64, bool)> {
    let report = bootstrap::key_status(config).await.unwrap();
    report.keys.into_iter().map(|key| (key.key_id, key.secrets, key.configured)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_leaves_nothing_under_the_old_key_and_interrupts_nobody() {
    let test = TestDb::new().await;
    let old = manager(&test, &[("k1", 1)]);
    let mut stored = Vec::new();
    for name in ["A", "B"] {
        let ctx = test.context(&test.org(name).await.api_key).await;
        for n in 0..60 {
            let clear = format!("secret {n} of {name}");
            let id = old.put(&ctx, Purpose::WarehouseKey, clear.clone().into()).await.unwrap();
            stored.push((ctx.clone(), id, clear));
        }
    }
    let both = [("k2", 2), ("k1", 1)];
    let during = manager(&test, &both);
    let reading = async {
        for (ctx, id, clear) in &stored {
            let opened = during.open(Door::Request(ctx), Purpose::WarehouseKey, *id).await.unwrap();
            assert_eq!(opened.expose_secret(), clear);
        }
    };
    let config_of_both = config(&test, &both);
    let (rotated, ()) = tokio::join!(bootstrap::rotate_keys(&config_of_both, &Quiet), reading);
    let expected = Rotated { rewrapped: 120, failed: 0, organisations: 2 };
    assert_eq!(rotated.unwrap(), expected);
    let only_new = config(&test, &[("k2", 2)]);
    assert_eq!(counts(&only_new).await, [("k2".to_owned(), 120, true)]);
    let after = manager(&test, &[("k2", 2)]);
    for (ctx, id, clear) in &stored {
        let opened = after.open(Door::Request(ctx), Purpose::WarehouseKey, *id).await.unwrap();
        assert_eq!(opened.expose_secret(), clear);
    }
    let again = bootstrap::rotate_keys(&only_new, &Quiet).await.unwrap();
    assert_eq!((again.rewrapped, again.failed), (0, 0), "twice changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_rewrapped_is_counted_and_left_as_it_is() {
    let test = TestDb::new().await;
    let ctx = test.context(&test.org("A").await.api_key).await;
    let old = manager(&test, &[("k1", 1)]);
    let id = old.put(&ctx, Purpose::WarehouseKey, "s3cret".into()).await.unwrap();
    let without_old = config(&test, &[("k2", 2)]);
    let rotated = bootstrap::rotate_keys(&without_old, &Quiet).await.unwrap();
    assert_eq!((rotated.rewrapped, rotated.failed), (0, 1));
    let seen = counts(&without_old).await;
    assert_eq!(seen, [("k1".to_owned(), 1, false), ("k2".to_owned(), 0, true)]);
    let opened = old.open(Door::Request(&ctx), Purpose::WarehouseKey, id).await.unwrap();
    assert_eq!(opened.expose_secret(), "s3cret");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_shows_keys_by_id_and_fails_without_one() {
    let test = TestDb::new().await;
    test.org("A").await;
    let run = async |keys: Option<String>, args: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_autopilot"));
        command.env_clear().arg("keys").args(args);
        command.env("AUTOPILOT_DATABASE_URL", &test.app_url);
        command.env("AUTOPILOT_MIGRATOR_DATABASE_URL", &test.migrator_url);
        if let Some(keys) = keys {
            command.env("AUTOPILOT_MASTER_KEYS", keys);
        }
        let done = command.output().await.unwrap();
        let said = [done.stdout, done.stderr].concat();
        (done.status.code(), String::from_utf8(said).unwrap())
    };
    let list = key_list(&[("k9", 9)]);
    let (code, said) = run(Some(list.clone()), &["status"]).await;
    assert_eq!((code, said.trim()), (Some(0), "k9: 0 credentials (active)"));
    let (code, said) = run(None, &["rotate"]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("no master key is configured; set AUTOPILOT_MASTER_KEYS"), "{said}");
    let twice = key_list(&[("k9", 9), ("k9", 8)]);
    let (code, said) = run(Some(twice.clone()), &["status"]).await;
    assert!(code == Some(1) && said.contains("two keys have the same id"), "{said}");
    let part = twice.get(3..20).unwrap();
    assert!(!said.contains(part), "no part of a key is shown: {said}");
}
