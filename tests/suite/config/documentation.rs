//! docs/runtime-flags.md says what the code does: every setting, no other, in the same words.

use std::collections::BTreeSet;
use std::path::Path;

use autopilot::config::{LEASE, LEASE_RENEWAL, SETTINGS, report};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/runtime-flags.md");
    std::fs::read_to_string(path).unwrap()
}

/// The rows of the first table after `heading`.
fn rows<'a>(text: &'a str, heading: &str) -> BTreeSet<&'a str> {
    let (_, after) = text.split_once(heading).unwrap_or_else(|| panic!("no heading {heading}"));
    let table = after.lines().skip_while(|line| !line.starts_with('|'));
    table.take_while(|line| line.starts_with('|')).collect()
}

#[test]
fn the_table_of_settings_is_the_declared_one() {
    let (page, declared) = (page(), report::markdown());
    let declared: BTreeSet<&str> = declared.lines().collect();
    let documented = rows(&page, "## Settings");
    assert_eq!(declared.len(), SETTINGS.len() + 2);
    let missing: Vec<_> = declared.difference(&documented).collect();
    let stale: Vec<_> = documented.difference(&declared).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "docs/runtime-flags.md differs; `autopilot config --markdown` prints the table.\n\
         missing: {missing:#?}\nstale: {stale:#?}"
    );
}

#[test]
fn the_switch_and_the_fixed_times_are_documented() {
    let page = page();
    for part in ["`ALLOW_REAL_QUERY_EXECUTION`", "`true`", "`false`", "`AUTOPILOT_CONFIG`"] {
        assert!(page.contains(part), "{part} is missing");
    }
    for (name, time) in [("lease", LEASE), ("renewal", LEASE_RENEWAL)] {
        assert!(page.contains(&format!("{name} of {} seconds", time.as_secs())), "{name}");
    }
}
