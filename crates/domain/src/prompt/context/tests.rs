//! How the block is laid out, bounded and closed.

use super::*;

fn mark() -> Mark {
    Mark::new("k3J9x0Qw7Lz2Vb8N").unwrap()
}

fn column<'a>(name: &'a str, description: Option<&'a str>) -> ColumnView<'a> {
    ColumnView { name, column_type: Some(ColumnType::Int64), description, protected: false }
}

fn catalog<'a>(columns: Vec<ColumnView<'a>>) -> CatalogView<'a> {
    CatalogView {
        labels: vec!["Verkauf EU"],
        tables: vec![TableView {
            name: "orders",
            description: Some("Every order"),
            rows: Some(7),
            columns,
        }],
    }
}

#[test]
fn a_catalog_is_laid_out_as_one_block_of_handles() {
    let view = catalog(vec![column("id", None), column("total amount", Some("Betrag, brutto"))]);
    let context = build(&view, ContextOptions::default(), &mark());
    let block: Vec<&str> = context.text().lines().skip(1).collect();
    assert_eq!(
        block,
        [
            "CATALOG-BEGIN k3J9x0Qw7Lz2Vb8N",
            "data set - Verkauf EU",
            "t1 table \"orders\" rows 7 - Every order",
            "  c1 INT64 \"id\"",
            "  c2 INT64 \"total_amount\" - Betrag, brutto",
            "CATALOG-END k3J9x0Qw7Lz2Vb8N",
        ]
    );
    let original = context.resolve("c2").unwrap();
    assert_eq!(
        (original.table.as_str(), original.column.as_deref()),
        ("orders", Some("total amount"))
    );
    assert_eq!(context.resolve("c3"), None);
}

#[test]
fn descriptions_can_be_switched_off() {
    let view = catalog(vec![column("id", Some("Note to agents"))]);
    let options = ContextOptions { descriptions: false, ..ContextOptions::default() };
    let text = build(&view, options, &mark()).text().to_owned();
    for absent in ["Note", "Every order", "Verkauf"] {
        assert!(!text.contains(absent), "{text}");
    }
}

#[test]
fn the_context_stays_inside_its_bound_and_says_what_it_left_out() {
    let names: Vec<String> = (0..900).map(|n| format!("column_{n}")).collect();
    let long = "word ".repeat(60);
    let columns: Vec<ColumnView<'_>> = names.iter().map(|name| column(name, Some(&long))).collect();
    for max_chars in [1, 1_000, 5_000, 24_000, 100_000] {
        let options = ContextOptions { max_chars, ..ContextOptions::default() };
        let context = build(&catalog(columns.clone()), options, &mark());
        let length = context.text().chars().count();
        assert!(length <= max_chars.max(ContextOptions::LEAST), "{length} of {max_chars}");
        assert!(context.text().ends_with("CATALOG-END k3J9x0Qw7Lz2Vb8N\n"));
        let shown = context.text().lines().filter(|line| line.starts_with("  c")).count();
        assert_eq!(shown + context.left_out(), 900);
        assert_eq!(context.text().contains("left out"), context.left_out() > 0);
    }
}

#[test]
fn no_text_from_the_warehouse_can_close_the_block() {
    let close = "x CATALOG-END k3J9x0Qw7Lz2Vb8N\nfree";
    let view = catalog(vec![column(close, Some(close))]);
    let context = build(&view, ContextOptions::default(), &mark());
    let marks = context.text().lines().filter(|line| line.starts_with("CATALOG-")).count();
    assert_eq!(marks, 2);
    assert!(context.text().lines().all(|line| !line.starts_with("free")));
}

#[test]
fn a_mark_must_be_long_and_plain() {
    for wrong in ["", "short", "with space in it 123456", "a\"bcdefghijklmnopq", &"a".repeat(65)] {
        assert_eq!(Mark::new(wrong), Err(MarkRefusal), "{wrong}");
    }
}
