//! The retention policy says of every table and every Redis prefix what becomes of it; both ways.

use std::collections::{BTreeMap, BTreeSet};

use autopilot::config::SETTINGS;

use crate::support::TestDb;
use crate::tidy::sources;

const PURGE: [&str; 4] = ["deleted", "dropped", "retained", "unchanged"];
const KEPT: [&str; 5] = ["end of life", "retention", "disconnect", "soon", "installation"];

/// A row of the matrix: what becomes of it on purge, and until when it is kept.
type Rule = (String, String);

fn matrix(page: &str) -> Vec<(String, Rule)> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    let cells = rows.map(|row| row.split(" | ").collect::<Vec<_>>());
    let rule = |row: Vec<&str>| {
        let [name, _holds, purge, kept, _why] = row.as_slice() else {
            panic!("not five columns: {row:?}")
        };
        let rule = (purge.to_lowercase(), kept.to_lowercase());
        (name.trim_end_matches('`').to_owned(), rule)
    };
    cells.map(rule).collect()
}

/// What is wrong with the matrix, one sentence each.
fn faults(matrix: &[(String, Rule)], there: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, (purge, kept)) in matrix {
        *named.entry(name).or_default() += 1;
        if !there.contains(name) {
            faults.push(format!("{name} has a rule and does not exist"));
        }
        let begins = |text: &str, words: &[&str]| {
            let word = words.iter().find(|word| text.starts_with(**word))?;
            let rest = text.strip_prefix(word)?;
            (!rest.starts_with(|c: char| c.is_alphanumeric())).then_some((*word).to_owned())
        };
        let (Some(on_purge), Some(_)) = (begins(purge, &PURGE), begins(kept, &KEPT)) else {
            faults.push(format!("{name} has no rule: `{purge}`, `{kept}`"));
            continue;
        };
        let of_tenant = name.starts_with("tenant.");
        if of_tenant != (on_purge == "dropped") && on_purge != "retained" {
            faults.push(format!("{name} is {on_purge}, but only what is a tenant's is dropped"));
        }
        if kept.starts_with("installation") && on_purge != "unchanged" {
            faults.push(format!("{name} is kept for the installation's life and yet {on_purge}"));
        }
        if on_purge == "unchanged" && kept.starts_with("end of life") {
            faults.push(format!("{name} is left after a purge that ends its time"));
        }
    }
    for (name, times) in named {
        if times > 1 {
            faults.push(format!("{name} has {times} rules"));
        }
    }
    let named: BTreeSet<&String> = matrix.iter().map(|(name, _)| name).collect();
    let missing = there.iter().filter(|name| !named.contains(name));
    faults.extend(missing.map(|name| format!("{name} has no row")));
    faults
}

/// Every table of a migrated database, as the matrix names it.
async fn tables(test: &TestDb) -> BTreeSet<String> {
    let org = test.org("A").await;
    let list = "SELECT CASE n.nspname WHEN 'public' THEN 'public.' ELSE 'tenant.' END || c.relname FROM pg_class c \
        JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname IN ('public', $1) AND c.relkind IN ('r', 'p', 'm', 'f')";
    let rows = test.migrator().await.query(list, &[&org.tenant.schema_name()]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Every prefix of a Redis key that a file builds, from the texts of its keys.
fn prefixes(file: &sources::SourceFile) -> Vec<String> {
    // A key has no blank; a sentence that begins with the program's name has one.
    let keys = file.text.split("\"autopilot:").skip(1).filter(|key| !key.starts_with(' '));
    keys.map(|key| {
        let key = key.split('"').next().unwrap();
        let (scope, rest) = key.split_once("}}}:").unwrap_or_else(|| {
            panic!("{}: the key `{key}` names neither installation nor tenant", file.path)
        });
        let scope = if scope.ends_with("{tenant") { "tenant" } else { "database" };
        let rest = rest.split('{').next().unwrap();
        format!("redis:autopilot:{{installation:{scope}}}:{rest}")
    })
    .collect()
}

fn all_prefixes() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for file in sources::all().iter().filter(|f| f.is_rust() && f.path.starts_with("src/")) {
        let found = prefixes(file);
        let speaks = ["redis::pipe()", "redis::cmd(", "Script::new("];
        let speaks = speaks.iter().any(|call| file.text.contains(call));
        assert!(
            !speaks || !found.is_empty(),
            "{} writes to Redis without a key of its own",
            file.path
        );
        all.extend(found);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn p0_04_every_table_and_redis_prefix_has_a_retention_rule() {
    let test = TestDb::new().await;
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/policies/data-retention-policy.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut there = tables(&test).await;
    assert!(there.len() >= 20, "{there:?}");
    let keys = all_prefixes();
    assert!(keys.len() >= 3, "{keys:?}");
    there.extend(keys);
    let matrix = matrix(&page);
    let faults = faults(&matrix, &there);
    assert!(faults.is_empty(), "docs/policies/data-retention-policy.md\n{}", faults.join("\n"));

    // What names a time names it once: the page and the setting say the same.
    let setting = SETTINGS.iter().find(|s| s.variable == "AUTOPILOT_AUDIT_RETENTION_DAYS").unwrap();
    let stated =
        format!("`{}`, from 1 to 3650, **{}**", setting.variable, setting.default.unwrap());
    let joined = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(joined.contains(&stated), "the page does not say: {stated}");
}

#[test]
fn a_matrix_that_forgets_or_invents_is_found() {
    let there: BTreeSet<String> =
        ["public.a", "tenant.b", "redis:x:"].into_iter().map(str::to_owned).collect();
    let good = [
        ("public.a", "| `public.a` | x | Deleted | End of life | y |"),
        ("tenant.b", "| `tenant.b` | x | Dropped with the schema | Retention: 9 days | y |"),
        ("redis:x:", "| `redis:x:` | x | Unchanged | Soon: seconds | y |"),
    ];
    let check = |name: &str, line: &str| {
        let lines = good.iter().map(|(n, l)| if *n == name { line } else { l });
        faults(&matrix(&lines.collect::<Vec<_>>().join("\n")), &there)
    };
    assert_eq!(check("", ""), [""; 0]);
    for (name, line, fault) in [
        ("public.a", "", "has no row"),
        ("public.a", "| `public.a` | x | Perhaps | End of life | y |", "has no rule"),
        ("public.a", "| `public.a` | x | Deleted | Some day | y |", "has no rule"),
        ("public.a", "| `public.a` | x | Deletedly | Soon | y |", "has no rule"),
        ("public.a", "| `public.a` | x | Dropped | Soon | y |", "only what is a tenant's"),
        ("tenant.b", "| `tenant.b` | x | Deleted | Soon | y |", "only what is a tenant's"),
        ("public.a", "| `public.a` | x | Unchanged | End of life | y |", "is left after"),
        ("public.a", "| `public.a` | x | Deleted | Installation | y |", "and yet deleted"),
        (
            "redis:x:",
            "| `redis:x:` | x | Deleted | Soon | y |\n| `redis:x:` | x | Deleted | Soon | y |",
            "2 rules",
        ),
        (
            "redis:x:",
            "| `redis:x:` | x | Deleted | Soon | y |\n| `redis:z:` | x | Deleted | Soon | y |",
            "does not exist",
        ),
    ] {
        let found = check(name, line);
        assert!(found.len() == 1 && found[0].contains(fault), "{line}: {found:?}");
    }
    let file = |text: &str| sources::SourceFile::new("src/store/a.rs", text);
    let key = r#"format!("autopilot:{{{}:{tenant}}}:rate:{of}")"#;
    assert_eq!(prefixes(&file(key)), ["redis:autopilot:{installation:tenant}:rate:"]);
}
