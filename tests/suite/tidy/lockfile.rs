//! Cargo.lock holds none of the crates that deny.toml bans, so that `cargo test` alone notices one.

use super::{Finding, assert_none, sources};

/// What the list has to hold, however deny.toml is edited.
const ALWAYS: [&str; 6] =
    ["aws-lc-sys", "aws-lc-rs", "openssl", "openssl-sys", "native-tls", "reqwest@0.13"];

/// The banned crates as `name` or `name@version`.
fn banned(deny: &str) -> Vec<String> {
    let deny: toml::Table = deny.parse().unwrap();
    let list = deny["bans"]["deny"].as_array().unwrap();
    list.iter().map(|ban| ban["crate"].as_str().unwrap().to_owned()).collect()
}

fn findings(lock: &str, banned: &[String]) -> Vec<Finding> {
    let lock: toml::Table = lock.parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let mut findings = Vec::new();
    for package in packages {
        let (name, version) =
            (package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
        if banned.iter().any(|ban| matches(ban, name, version)) {
            findings.push(Finding {
                path: "Cargo.lock".to_owned(),
                line: 1,
                subject: name.to_owned(),
                message: format!("{name} {version} is banned; deny.toml says why"),
            });
        }
    }
    findings
}

fn matches(ban: &str, name: &str, version: &str) -> bool {
    match ban.split_once('@') {
        None => ban == name,
        Some((banned, prefix)) => {
            banned == name && (version == prefix || version.starts_with(&format!("{prefix}.")))
        }
    }
}

fn read(name: &str) -> String {
    std::fs::read_to_string(sources::root().join(name)).unwrap()
}

#[test]
fn no_banned_crate_is_locked() {
    let banned = banned(&read("deny.toml"));
    for name in ALWAYS {
        assert!(banned.iter().any(|ban| ban == name), "deny.toml no longer bans {name}");
    }
    assert_none("a banned crate is in the tree", &findings(&read("Cargo.lock"), &banned));
}

#[test]
fn a_banned_crate_is_found() {
    let deny = "[bans]\ndeny = [{ crate = \"openssl\" }, { crate = \"reqwest@0.13\" }]\n";
    let package = |name: &str, version: &str| {
        format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")
    };
    let lock = ["openssl", "openssl-probe", "reqwest", "reqwest"]
        .iter()
        .zip(["0.10.1", "0.2.0", "0.12.28", "0.13.1"])
        .map(|(name, version)| package(name, version))
        .collect::<String>();
    let found = findings(&lock, &banned(deny));
    let names: Vec<&str> = found.iter().map(|finding| finding.subject.as_str()).collect();
    assert_eq!(names, ["openssl", "reqwest"]);
}
