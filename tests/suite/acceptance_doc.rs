//! docs/acceptance.md says of every acceptance row what is true: proven by tests that exist, or
//! planned with none. Both directions, so that neither a row nor a test is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::visit::Visit;

/// What the page says of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    ProvenBy(BTreeSet<String>),
    Planned,
    Unclear(String),
}

/// One row: its three texts and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    id: String,
    texts: (String, String),
    state: State,
}

fn rows_of_page(page: &str) -> Vec<Row> {
    let cells = page.lines().filter_map(|line| {
        let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
        inner.split(" | ").map(str::to_owned).collect::<Vec<_>>().try_into().ok()
    });
    let rows = cells.filter(|[id, ..]: &[String; 4]| is_row_id(id));
    rows.map(|[id, test, passes, state]| Row { id, texts: (test, passes), state: state_of(&state) })
        .collect()
}

fn state_of(text: &str) -> State {
    let Some(names) = text.strip_prefix("proven by ") else {
        return if text == "planned" { State::Planned } else { State::Unclear(text.to_owned()) };
    };
    let name = |part: &str| part.strip_prefix('`')?.strip_suffix('`').map(str::to_owned);
    let names: Option<BTreeSet<String>> = names.split(", ").map(name).collect();
    names.map_or_else(|| State::Unclear(text.to_owned()), State::ProvenBy)
}

fn rows_of_list(list: &str) -> Vec<(String, (String, String))> {
    let cells = list.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    cells.map(|row| (row[0].to_owned(), (row[1].to_owned(), row[2].to_owned()))).collect()
}

/// `p0_05` and `p1a_14`, and nothing longer.
fn is_row_id(text: &str) -> bool {
    row_of(&format!("{text}_")).is_some_and(|row| row == text)
}

/// The row a test's name begins with: `p1a_02_app_role...` proves `p1a_02`.
fn row_of(name: &str) -> Option<&str> {
    let (phase, rest) = name.strip_prefix('p')?.split_once('_')?;
    let number = rest.split_once('_')?.0;
    let digit = phase.starts_with(|c: char| c.is_ascii_digit());
    let phase_fits = digit && (phase.len() == 1 || ["1a", "1b"].contains(&phase));
    let number_fits = number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    (phase_fits && number_fits).then(|| name.get(..1 + phase.len() + 3)).flatten()
}

/// The tests of a Rust file that run by default and are named after a row.
fn row_tests(text: &str) -> Vec<String> {
    struct Tests(Vec<String>);
    impl<'ast> Visit<'ast> for Tests {
        fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
            let has = |name: &str| {
                let last = |attribute: &syn::Attribute| attribute.path().segments.last().cloned();
                item.attrs.iter().filter_map(last).any(|segment| segment.ident == name)
            };
            let name = item.sig.ident.to_string();
            if has("test") && !has("ignore") && row_of(&name).is_some() {
                self.0.push(name);
            }
            syn::visit::visit_item_fn(self, item);
        }
    }
    let mut tests = Tests(Vec::new());
    tests.visit_file(&syn::parse_file(text).unwrap());
    tests.0
}

/// What is wrong with the page, one sentence each.
fn faults(page: &[Row], list: &[(String, (String, String))], tests: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for (id, texts) in list {
        match page.iter().filter(|row| row.id == *id).collect::<Vec<_>>().as_slice() {
            [row] if row.texts == *texts => {}
            [_] => faults.push(format!("{id}: the page words it differently")),
            rows => faults.push(format!("{id}: {} rows on the page", rows.len())),
        }
    }
    let known: BTreeSet<&str> = list.iter().map(|(id, _)| id.as_str()).collect();
    let extra = page.iter().filter(|row| !known.contains(row.id.as_str()));
    faults.extend(extra.map(|row| format!("{}: not an acceptance row", row.id)));
    faults.extend(page.iter().flat_map(|row| state_faults(row, tests)));
    let unlisted = tests.iter().filter(|name| !known.contains(row_of(name).unwrap_or_default()));
    faults.extend(unlisted.map(|name| format!("{name}: named after a row that does not exist")));
    faults
}

fn state_faults(row: &Row, tests: &[String]) -> Vec<String> {
    let own = tests.iter().filter(|name| row_of(name) == Some(row.id.as_str()));
    let own: BTreeSet<String> = own.cloned().collect();
    let id = &row.id;
    match &row.state {
        State::Unclear(text) => vec![format!("{id}: `{text}` is neither proven nor planned")],
        State::Planned if own.is_empty() => Vec::new(),
        State::Planned => vec![format!("{id}: planned, yet {own:?} exist")],
        State::ProvenBy(named) => {
            let missing = named.difference(&own).map(|name| format!("{id}: no test {name} runs"));
            let unnamed = own.difference(named).map(|name| format!("{id}: {name} is not named"));
            missing.chain(unnamed).collect()
        }
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn tests_of_the_tree() -> Vec<String> {
    let rust = crate::tidy::sources::all().iter().filter(|file| file.is_rust());
    rust.flat_map(|file| row_tests(&file.text)).collect()
}

#[test]
fn every_row_is_proven_or_planned_as_the_page_says() {
    let list = rows_of_list(&read("tests/golden/acceptance.tsv"));
    assert_eq!(list.len(), 100);
    let tests = tests_of_the_tree();
    let names: BTreeSet<&String> = tests.iter().collect();
    assert_eq!(names.len(), tests.len(), "two tests share a name: {tests:?}");
    let faults = faults(&rows_of_page(&read("docs/acceptance.md")), &list, &tests);
    assert!(faults.is_empty(), "docs/acceptance.md\n{}", faults.join("\n"));
}

#[test]
fn a_page_that_claims_or_forgets_is_found() {
    let list = rows_of_list("id\ttest\tpasses_when\np0_01\tA\ta\np0_02\tB\tb\np1a_03\tC\tc\n");
    let tests: Vec<String> = ["p0_01_x", "p0_01_y", "p1a_03_z"].map(str::to_owned).to_vec();
    let good: BTreeMap<&str, &str> = [
        ("p0_01", "| p0_01 | A | a | proven by `p0_01_x`, `p0_01_y` |"),
        ("p0_02", "| p0_02 | B | b | planned |"),
        ("p1a_03", "| p1a_03 | C | c | proven by `p1a_03_z` |"),
    ]
    .into();
    let check = |id: &str, line: &str| {
        let mut page = good.clone();
        page.insert(id, line);
        let page = page.into_values().collect::<Vec<_>>().join("\n");
        faults(&rows_of_page(&page), &list, &tests)
    };
    assert_eq!(check("p0_02", good["p0_02"]), [""; 0]);
    for (id, line, fault) in [
        ("p0_02", "", "0 rows"),
        ("p0_02", "| p0_02 | B | b | planned |\n| p0_02 | B | b | planned |", "2 rows"),
        ("p0_02", "| p0_02 | B | another | planned |", "words it differently"),
        ("p0_02", "| p0_02 | B | b | proven by `p0_02_gone` |", "no test p0_02_gone"),
        ("p0_02", "| p0_02 | B | b | proven by `p1a_03_z` |", "no test p1a_03_z"),
        ("p0_02", "| p0_02 | B | b | half done |", "neither proven nor planned"),
        ("p1a_03", "| p1a_03 | C | c | planned |", "planned, yet"),
        ("p0_01", "| p0_01 | A | a | proven by `p0_01_x` |", "p0_01_y is not named"),
        ("p0_09", "| p0_09 | I | i | planned |", "not an acceptance row"),
    ] {
        let found = check(id, line);
        assert!(found.len() == 1 && found[0].contains(fault), "{line}: {found:?}");
    }
    let stray = ["p0_77_a".to_owned()];
    let page: Vec<Row> = Vec::new();
    assert!(faults(&page, &[], &stray)[0].contains("does not exist"));
}

#[test]
fn only_tests_that_run_and_are_named_after_a_row_count() {
    let text = "#[test] fn p0_01_a() {}\n\
                #[tokio::test(flavor = \"multi_thread\")] async fn p1a_02_b() {}\n\
                #[test] #[ignore = \"slow\"] fn p0_03_c() {}\n\
                fn p0_04_d() {}\n\
                #[test] fn p9x_05_e() {}\n\
                #[test] fn p0_5_f() {}\n\
                mod inner { #[test] fn p1b_06_g() {} }\n";
    assert_eq!(row_tests(text), ["p0_01_a", "p1a_02_b", "p1b_06_g"]);
}
