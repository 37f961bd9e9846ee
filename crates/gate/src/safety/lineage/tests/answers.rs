//! What the walk says about tables, uses, outputs and names, and what it refuses to follow.

use super::super::Clause;
use super::catalog::catalog;
use super::{Answer, decide, follow, follow_all};

/// The outputs as `name: sources`, with `!` where a protected value can arrive.
fn outputs(text: &str) -> Vec<String> {
    let answer = follow(text);
    let lines = answer.lineage().outputs.iter().map(|output| {
        let name = match (&output.name, output.open) {
            (_, true) => "*",
            (Some(name), false) => name,
            (None, false) => "?",
        };
        let sources: Vec<String> = output
            .sources
            .iter()
            .map(|source| format!("{}.{}", source.table.table, source.column))
            .collect();
        format!("{name}{}: {}", if output.revealing { "!" } else { "" }, sources.join(" "))
    });
    lines.collect()
}

fn reason(text: &str) -> String {
    let answer = follow(text);
    let Answer::Blocked(blocked) = answer else { panic!("{text}: {answer:?}") };
    blocked.reason
}

#[test]
fn outputs_carry_names_and_sources() {
    let table: [(&str, &[&str]); 17] = [
        ("SELECT id AS x, UPPER(country) FROM crm.people", &["x: people.id", "?: people.country"]),
        ("SELECT COUNT(email) n FROM crm.people", &["n: people.email"]),
        ("SELECT MAX(email) n FROM crm.people", &["n!: people.email"]),
        (
            "SELECT * FROM crm.users",
            &["id: users.id", "email!: users.email", "country: users.country"],
        ),
        ("SELECT * EXCEPT (EMAIL) FROM crm.users", &["id: users.id", "country: users.country"]),
        (
            "SELECT * REPLACE (id AS email) FROM crm.users",
            &["id: users.id", "email: users.id", "country: users.country"],
        ),
        (
            "SELECT u.* FROM crm.users u JOIN crm.orders o USING (id)",
            &["id: users.id", "email!: users.email", "country: users.country"],
        ),
        (
            "SELECT * EXCEPT (email) FROM crm.users u JOIN (SELECT id, status FROM crm.orders) o USING (id)",
            &["id: users.id orders.id", "country: users.country", "status: orders.status"],
        ),
        (
            "SELECT b, a FROM (SELECT id AS a, status AS b FROM crm.orders)",
            &["b: orders.status", "a: orders.id"],
        ),
        (
            "SELECT id, status FROM crm.orders UNION ALL SELECT id, country FROM crm.users",
            &["id: orders.id users.id", "status: orders.status users.country"],
        ),
        ("SELECT i.sku FROM crm.orders o, o.items i", &["sku: orders.items"]),
        (
            "SELECT t, pos FROM crm.people p, UNNEST(p.tags) t WITH OFFSET pos",
            &["t: people.tags", "pos: people.tags"],
        ),
        ("SELECT a.city FROM (SELECT address AS a FROM crm.people)", &["city: people.address"]),
        (
            "SELECT (SELECT MAX(amount) FROM crm.orders o WHERE o.person_id = u.id) AS m FROM crm.users u",
            &["m: orders.amount"],
        ),
        ("SELECT address.* FROM crm.people", &["*: people.address"]),
        (
            "SELECT RANK() OVER (PARTITION BY status ORDER BY day) r FROM crm.orders",
            &["r: orders.status orders.day"],
        ),
        (
            "WITH a AS (SELECT id AS x FROM crm.users), b AS (SELECT * FROM a) SELECT x + 1 AS y FROM b",
            &["y: users.id"],
        ),
    ];
    for (text, wanted) in table {
        assert_eq!(outputs(text), wanted, "{text}");
    }
}

#[test]
fn inner_names_hide_outer_ones() {
    let table: [(&str, &[&str]); 6] = [
        // The subquery's own column, not the outer one of the same name.
        (
            "SELECT (SELECT country FROM crm.users LIMIT 1) AS c FROM crm.people",
            &["c: users.country"],
        ),
        (
            "SELECT (SELECT status FROM crm.users u WHERE u.id = o.id) AS c FROM crm.orders o",
            &["c: orders.status"],
        ),
        (
            "WITH users AS (SELECT status AS email FROM crm.orders) SELECT email FROM users",
            &["email: orders.status"],
        ),
        (
            "WITH c AS (SELECT id AS x FROM crm.users) SELECT (WITH c AS (SELECT status AS x FROM crm.orders) SELECT x FROM c) AS y, x FROM c",
            &["y: orders.status", "x: users.id"],
        ),
        (
            "WITH t AS (SELECT id FROM crm.users) SELECT * FROM (WITH t AS (SELECT id + 1 AS id FROM t) SELECT id FROM t)",
            &["id: users.id"],
        ),
        ("SELECT u.id FROM crm.users AS u, (SELECT 1 AS id) AS v", &["id: users.id"]),
    ];
    for (text, wanted) in table {
        assert_eq!(outputs(text), wanted, "{text}");
    }
}

#[test]
fn a_name_with_two_readings_counts_as_both() {
    // A SELECT-list name and a column of the same name.
    let answer = follow("SELECT country AS email FROM crm.people ORDER BY email");
    assert_eq!(answer.rule(), "pii");
    // A relation and a column of the same name.
    assert_eq!(
        outputs("SELECT country FROM (SELECT 1 AS one) AS country, crm.users"),
        ["country: users.country"]
    );
    // A field that may exist inside, and a column that exists outside.
    let text =
        "SELECT (SELECT email FROM UNNEST([STRUCT(o.id AS a)])) AS e FROM crm.users, crm.orders o";
    assert_eq!(outputs(text), ["e!: users.email orders.id"]);
}

#[test]
fn every_use_is_listed_with_its_clause() {
    let text = "SELECT o.status, SUM(o.amount) AS s, COUNT(p.email) FROM crm.orders o \
                JOIN crm.people p ON p.id = o.person_id WHERE o.day > '2026-01-01' \
                GROUP BY o.status ORDER BY CASE WHEN o.status = 'x' THEN 1 END";
    let answer = follow(text);
    let uses: Vec<String> = answer
        .lineage()
        .uses
        .iter()
        .filter(|one| one.clause != Clause::Selected)
        .map(|one| format!("{}.{} {:?}", one.column.table.table, one.column.column, one.clause))
        .collect();
    let wanted = [
        "orders.amount Output",
        "orders.amount Expression",
        "orders.amount Aggregate",
        "orders.day Filter",
        "orders.person_id Join",
        "orders.status Output",
        "orders.status Group",
        "orders.status Order",
        "orders.status Condition",
        "people.email Counted",
        "people.id Join",
    ];
    let mut sorted = uses.clone();
    sorted.sort_unstable();
    let mut expected = wanted.to_vec();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
    let decision = decide(answer.lineage());
    assert!(decision.allowed && decision.refused.is_empty());
}

#[test]
fn a_refusal_names_column_table_and_clause() {
    let answer = follow("SELECT id FROM crm.people WHERE ssn = '1'");
    let decision = decide(answer.lineage());
    assert!(!decision.allowed);
    assert_eq!(decision.refused.len(), 1);
    assert_eq!(
        (decision.refused[0].column.as_str(), decision.refused[0].clause),
        ("ssn", Clause::Filter)
    );
    assert_eq!(
        decision.refused[0].reason,
        "The column ssn of acme.crm.people is protected or not examined, and is used in a filter."
    );
}

#[test]
fn tables_are_listed_once_with_names_and_partition() {
    let text = "SELECT a.id FROM crm.people p JOIN crm.orders a ON a.person_id = p.id JOIN `acme.crm.orders` b ON a.id = b.id JOIN acme.crm.users USING (country)";
    let answer = follow(text);
    let tables: Vec<_> = answer
        .lineage()
        .tables
        .iter()
        .map(|one| {
            (
                one.table.table.as_str(),
                one.names.join(" "),
                one.partition_column.as_deref(),
                one.partition_filter_required,
            )
        })
        .collect();
    assert_eq!(
        tables,
        [
            ("people", "p".to_owned(), None, false),
            ("orders", "a b".to_owned(), Some("day"), true),
            ("users", "users".to_owned(), None, false),
        ]
    );
}

#[test]
fn what_does_not_fit_the_catalog_is_refused_with_near_names() {
    assert_eq!(reason("SELECT 1 FROM crm.peple"), "The catalog does not hold the table crm.peple.");
    assert_eq!(
        reason("SELECT 1 FROM acme.crm.peple"),
        "The catalog does not hold the table acme.crm.peple. Did you mean acme.crm.people?"
    );
    assert_eq!(
        reason("SELECT contry FROM crm.users"),
        "No column contry is in sight. Did you mean country?"
    );
    assert_eq!(
        reason("SELECT u.statis FROM crm.users u, crm.orders o"),
        "No column u.statis is in sight. Did you mean status?"
    );
    assert_eq!(
        reason("SELECT id FROM crm.users, crm.orders"),
        "The name id fits more than one column; qualify it."
    );
    assert_eq!(
        reason("SELECT 1 FROM crm.orders o JOIN crm.users u ON o.status = u.id"),
        "Columns of the types String and Int64 cannot be compared; cast one of them."
    );
}

#[test]
fn each_refusal_has_its_rule() {
    let table = [
        ("SELECT 1 FROM crm.people JOIN crm.orders USING (status)", "catalog.unknown_column"),
        (
            "SELECT 1 FROM crm.orders o JOIN crm.people p ON o.day = p.created_at",
            "catalog.join_types",
        ),
        ("SELECT 1 FROM crm.orders o JOIN crm.people p ON o.status = p.tags", "catalog.join_types"),
        (
            "SELECT 1 FROM crm.orders o JOIN crm.people p ON TRUE AND o.status = p.id",
            "catalog.join_types",
        ),
        ("SELECT 1 FROM crm.orders, crm.people WHERE amount = country", "catalog.join_types"),
        ("SELECT * EXCEPT (nope) FROM crm.users", "catalog.unknown_column"),
        ("SELECT * REPLACE (1 AS nope) FROM crm.users", "catalog.unknown_column"),
        ("SELECT country.x FROM crm.users", "catalog.unknown_column"),
        ("SELECT people.id FROM crm.people AS p", "catalog.unknown_column"),
        ("SELECT p.id FROM crm.people AS p, (SELECT p.id) AS q", "catalog.unknown_column"),
        ("SELECT id FROM crm.users GROUP BY 2", "lineage.position"),
        ("SELECT 1 FROM users", "catalog.unknown_table"),
        ("SELECT 1 FROM other.crm.users", "catalog.unknown_table"),
        ("SELECT 1 FROM acme.CRM.users", "catalog.unknown_table"),
        ("SELECT 1 FROM acme.crm.users.more", "catalog.unknown_table"),
        ("SELECT 1 FROM `acme.crm.use*`", "lineage.wildcard_table"),
        ("SELECT 1 FROM crm.users u, crm.orders u", "lineage.alias"),
        (
            "WITH RECURSIVE c AS (SELECT 1 AS x UNION ALL SELECT x FROM c) SELECT x FROM c",
            "lineage.recursive",
        ),
        ("WITH c AS (SELECT 1), c AS (SELECT 2) SELECT * FROM c", "lineage.with"),
        ("SELECT id, id FROM crm.users UNION ALL SELECT id FROM crm.users", "lineage.set_columns"),
        ("SELECT 1 FROM f(1)", "lineage.table_function"),
        ("SELECT RANK() OVER w FROM crm.orders", "lineage.window"),
        ("SELECT 1 FROM crm.users FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()", "lineage.version"),
        ("FROM crm.users |> CALL f()", "lineage.pipe"),
        (
            "WITH `crm.orders` AS (SELECT email AS id FROM crm.users) SELECT id FROM `crm.orders`",
            "lineage.name",
        ),
        ("SELECT `o.id` FROM crm.orders o", "lineage.name"),
        ("SELECT * FROM crm.odd, crm.users u JOIN crm.orders o USING (id)", "lineage.using"),
        (
            "SELECT (SELECT COUNT(*) FROM crm.odd, (crm.users u JOIN UNNEST(p.tags) t ON TRUE)) FROM crm.people p",
            "lineage.join",
        ),
        ("SELECT ARRAY_FILTER(tags, t -> t = 'a') FROM crm.people", "lineage.lambda"),
    ];
    for (text, rule) in table {
        assert_eq!(follow(text).rule(), rule, "{text}");
    }
}

#[test]
fn time_of_arrival_is_a_column_outside_the_star() {
    let text = "SELECT id FROM crm.arrivals WHERE _PARTITIONTIME > '2026-01-01'";
    assert_eq!(follow(text).rule(), "allowed");
    let star = outputs("SELECT * EXCEPT (email) FROM crm.arrivals");
    assert_eq!(star, ["id: arrivals.id", "country: arrivals.country"]);
    let other = follow("SELECT id FROM crm.users WHERE _PARTITIONTIME > '2026-01-01'");
    assert_eq!(other.rule(), "catalog.unknown_column");
}

#[test]
fn large_and_deep_texts_are_answered_without_an_abort() {
    let doubled: Vec<String> = (1..60)
        .map(|n| format!("c{n} AS (SELECT a.*, b.* FROM c{} a, c{} b)", n - 1, n - 1))
        .collect();
    let texts = vec![
        format!("WITH c0 AS (SELECT * FROM crm.users), {} SELECT 1 FROM c59", doubled.join(", ")),
        format!("SELECT COUNT(*) FROM crm.orders WHERE amount > {}", vec!["1"; 9_000].join(" + ")),
        format!("SELECT id FROM crm.orders WHERE {}", vec!["id = 1"; 4_000].join(" OR ")),
        vec!["SELECT id FROM crm.orders"; 1_000].join(" UNION ALL "),
        format!("SELECT id {} FROM crm.orders", "IS NULL ".repeat(5_000)),
        format!("SELECT {} FROM crm.orders", vec!["*"; 5_000].join(", ")),
    ];
    let answers = follow_all(texts, catalog());
    let rules: Vec<&str> = answers.iter().map(Answer::rule).collect();
    assert_eq!(
        rules,
        [
            "lineage.too_wide",
            "allowed",
            "allowed",
            "allowed",
            "lineage.too_deep",
            "lineage.too_wide"
        ]
    );
}
