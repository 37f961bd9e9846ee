//! A secret shows nowhere: not in the report, not in Debug, not in an error.

use autopilot::config::{ConfigFile, Place, SETTINGS, report};

use super::{available, companion, environment, file, load_environment};

const CANARY: &str = "canary-5f1c";

#[test]
fn a_secret_that_is_set_is_masked_everywhere() {
    let secrets = SETTINGS.iter().filter(|meta| meta.place == Place::Secret);
    let set: Vec<(&str, String)> =
        secrets.map(|meta| (meta.variable, meta.example.replace("PASSWORD", CANARY))).collect();
    assert!(set.len() >= 3 && set.iter().all(|(_, value)| value.contains(CANARY)));
    let set: Vec<(&str, &str)> = set.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let config = load_environment(&set).unwrap();
    let shown = report::effective(config.effective());
    for (variable, _) in &set {
        let line = shown.lines().find(|line| line.starts_with(variable)).unwrap();
        assert!(line.contains(report::MASK) && line.contains("[environment]"), "{line}");
    }
    for output in [shown, format!("{config:?}"), format!("{:?}", environment(&set))] {
        assert!(!output.contains(CANARY), "{output}");
    }
}

#[test]
fn a_refused_secret_is_not_quoted_and_another_value_is() {
    for meta in available() {
        let mut set: Vec<_> = companion(meta.variable).into_iter().collect();
        let bad = format!("?{CANARY}?,,");
        set.push((meta.variable, &bad));
        let Err(error) = load_environment(&set) else { continue };
        let secret = meta.place == Place::Secret;
        assert_eq!(error.to_string().contains(CANARY), !secret, "{error}");
        assert_eq!(format!("{error:?}").contains(CANARY), !secret, "{error:?}");
    }
}

#[test]
fn a_broken_file_is_named_with_its_line_and_not_quoted() {
    let broken: ConfigFile =
        file(&format!("listen = \"127.0.0.1:1\"\nredis_url = redis://:{CANARY}@h\n"));
    let error = autopilot::config::Config::load(&environment(&[]), Some(&broken)).unwrap_err();
    let sentence = error.to_string();
    assert!(sentence.contains("autopilot.toml") && sentence.contains("line 2"), "{sentence}");
    for output in [sentence, format!("{error:?}"), format!("{broken:?}")] {
        assert!(!output.contains(CANARY), "{output}");
    }
}

#[test]
fn every_setting_has_one_line_in_the_report() {
    let shown = report::effective(load_environment(&[]).unwrap().effective());
    let names: Vec<&str> =
        shown.lines().filter_map(|line| line.split_once(' ')).map(|p| p.0).collect();
    let declared: Vec<&str> = SETTINGS.iter().map(|meta| meta.variable).collect();
    assert_eq!(names, declared);
}
