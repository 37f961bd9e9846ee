//! Names that are not settings stop the start, and say what was probably meant.

use autopilot::config::{Config, ConfigError, ConfigFile, Place, SETTINGS};

use super::{environment, load_environment, load_file};

fn nearest_variable(name: &str) -> Option<String> {
    match load_environment(&[(name, "1")]) {
        Err(ConfigError::UnknownVariable { nearest, .. }) => nearest,
        other => panic!("{name} was not refused as unknown: {other:?}"),
    }
}

#[test]
fn one_wrong_letter_in_any_name_is_refused_and_the_right_name_given() {
    for meta in SETTINGS {
        let mut dropped = meta.variable.to_owned();
        dropped.remove(dropped.len() - 2);
        assert_eq!(nearest_variable(&dropped).as_deref(), Some(meta.variable));
        assert_eq!(nearest_variable(&meta.variable.to_lowercase()).as_deref(), Some(meta.variable));
    }
}

#[test]
fn the_real_query_flag_under_another_name_is_refused() {
    let flag = Some("ALLOW_REAL_QUERY_EXECUTION");
    assert_eq!(nearest_variable("AUTOPILOT_ALLOW_REAL_QUERY_EXECUTION").as_deref(), flag);
    assert_eq!(nearest_variable("allow_real_query_execution").as_deref(), flag);
}

#[test]
fn a_name_like_none_of_ours_is_refused_without_a_guess() {
    assert_eq!(nearest_variable("AUTOPILOT_FLUX_CAPACITOR_POLARITY"), None);
}

#[test]
fn variables_of_other_programs_are_left_alone() {
    assert!(
        load_environment(&[("PATH", "/bin"), ("DATABASE_URL", "x"), ("AUTOPILOTS", "1")]).is_ok()
    );
}

#[test]
fn an_unknown_key_is_refused_and_the_right_key_given() {
    let error = load_file("[listen]\naddress = \"127.0.0.1:1\"\n").unwrap_err();
    assert!(matches!(error, ConfigError::Invalid { .. }), "{error}");
    let error = load_file("querry_cap_bytes = \"1GB\"\n").unwrap_err();
    assert!(error.to_string().contains("did you mean query_cap_bytes?"), "{error}");
    let error = load_file("LISTEN = \"127.0.0.1:1\"\n").unwrap_err();
    assert!(matches!(error, ConfigError::UnknownKey { .. }), "{error}");
}

#[test]
fn secrets_and_security_switches_in_the_file_are_refused_by_name() {
    let guarded = SETTINGS.iter().filter(|meta| meta.place != Place::Anywhere);
    let guarded = guarded.map(|meta| (meta.key(), meta.variable));
    let flag = "ALLOW_REAL_QUERY_EXECUTION";
    for (key, variable) in guarded.chain([(flag.to_owned(), flag), (flag.to_lowercase(), flag)]) {
        let error = load_file(&format!("{key} = \"false\"\n")).unwrap_err();
        assert!(
            matches!(&error, ConfigError::EnvironmentOnly { variable: named, .. } if *named == variable),
            "{key}: {error}"
        );
    }
}

#[test]
fn the_file_named_by_the_option_wins_and_a_missing_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [option, variable] = ["option.toml", "variable.toml"].map(|name| folder.path().join(name));
    std::fs::write(&option, "actor_arbiters = 1\n").unwrap();
    std::fs::write(&variable, "actor_arbiters = 4\n").unwrap();
    let named = environment(&[("AUTOPILOT_CONFIG", variable.to_str().unwrap())]);
    let arbiters = |option| {
        let file = ConfigFile::locate(option, &named).unwrap();
        Config::load(&named, file.as_ref()).unwrap().node.actor_arbiters
    };
    assert_eq!(arbiters(Some(option.as_path())), 1);
    assert_eq!(arbiters(None), 4);
    let none = ConfigFile::locate(None, &environment(&[])).unwrap();
    assert!(none.is_none());
    std::fs::remove_file(&variable).unwrap();
    let error = ConfigFile::locate(None, &named).unwrap_err();
    assert!(matches!(&error, ConfigError::FileUnreadable { path, .. } if *path == variable));
}
