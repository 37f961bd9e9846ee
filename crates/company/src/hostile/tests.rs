//! The hostile company beside the plain one: the same figures, and every instruction in its place.

use std::collections::BTreeSet;

use jiff::civil::date;

use super::*;
use crate::Options;

fn pair() -> (Company, Company) {
    let plain = Options::small(7, date(2026, 11, 22));
    let hostile = Options { hostile: true, ..plain.clone() };
    (Company::generate(plain).unwrap(), Company::generate(hostile).unwrap())
}

#[test]
fn names_types_and_numbers_stay_and_only_additions_are_new() {
    let (plain, hostile) = pair();
    for (before, after) in plain.tables.iter().zip(&hostile.tables) {
        assert_eq!(before.name, after.name);
        for (column, other) in before.columns.iter().zip(&after.columns) {
            assert_eq!(column.name, other.name);
            let (Values::String(_) | Values::Json(_) | Values::StringArray(_)) = &column.values
            else {
                assert_eq!(column.values, other.values, "{}.{}", before.name, column.name);
                continue;
            };
            assert_eq!(
                column.values.nulls(),
                other.values.nulls(),
                "{}.{}",
                before.name,
                column.name
            );
        }
    }
    let (plain_truth, hostile_truth) = (plain.truth().unwrap(), hostile.truth().unwrap());
    assert_eq!(plain_truth.weeks, hostile_truth.weeks);
    assert_eq!(plain_truth.days, hostile_truth.days);
    assert_eq!(plain.planted, []);
}

#[test]
fn every_planted_text_is_where_the_list_says() {
    let (_, hostile) = pair();
    let lists = 1
        + LABELS.len()
        + TABLE_NAMES.len()
        + COLUMN_NAMES.len()
        + TABLE_TEXTS.len()
        + COLUMN_TEXTS.len()
        + ROW_TEXTS.len();
    assert_eq!(hostile.planted.len(), lists);
    for planted in &hostile.planted {
        let table = planted.table.as_deref().map(|name| hostile.table(name).unwrap());
        let (text, key) = (planted.text.as_str(), planted.column.as_deref().unwrap_or_default());
        let column = table.and_then(|table| table.column(key));
        let found = match planted.carrier {
            Carrier::DatasetDescription => hostile.description.contains(text),
            Carrier::DatasetLabel => hostile.labels.get(key).is_some_and(|value| value == text),
            Carrier::TableName => table.is_some_and(|table| table.name == text && table.rows() > 0),
            Carrier::TableDescription => {
                table.is_some_and(|table| table.description.contains(text))
            }
            Carrier::TableLabel => {
                table.unwrap().labels.get(key).is_some_and(|value| value == text)
            }
            Carrier::ColumnName => column.is_some(),
            Carrier::ColumnDescription => column.unwrap().description.contains(text),
            Carrier::RowValue => {
                planted.rows > 0
                    && format!("{:?}", column.unwrap().values)
                        .contains(&text.chars().take(4).collect::<String>())
            }
        };
        assert!(found, "{planted:?}");
    }
}

#[test]
fn each_carrier_has_attacks_and_harmless_texts_stand_beside_them() {
    let (_, hostile) = pair();
    let carriers: BTreeSet<Carrier> = hostile
        .planted
        .iter()
        .filter(|planted| planted.attack)
        .map(|planted| planted.carrier)
        .collect();
    assert_eq!(carriers.len(), 8);
    let harmless: BTreeSet<Carrier> = hostile
        .planted
        .iter()
        .filter(|planted| !planted.attack)
        .map(|planted| planted.carrier)
        .collect();
    assert!(harmless.len() >= 5, "{harmless:?}");
    let techniques: BTreeSet<&str> =
        hostile.planted.iter().map(|planted| planted.technique.as_str()).collect();
    assert!(techniques.len() >= 25, "{}", techniques.len());
}

#[test]
fn names_and_labels_are_ones_that_the_warehouse_takes() {
    let (_, hostile) = pair();
    // Marks have no predicate in the standard library; those in use are listed.
    let mark = |c: char| ('\u{E0100}'..='\u{E01EF}').contains(&c);
    let word = |c: char| {
        c.is_alphanumeric() || mark(c) || matches!(c, '_' | '-' | ' ' | '\u{3000}' | '\u{A0}')
    };
    for table in &hostile.tables {
        assert!(table.name.len() <= 1024 && table.name.chars().all(word), "{:?}", table.name);
        for column in &table.columns {
            let sign = |c: char| word(c) || "&%=+:'<>#|".contains(c);
            let name = &column.name;
            assert!(
                (1..=300).contains(&name.chars().count()) && name.chars().all(sign),
                "{name:?}"
            );
            assert!(column.description.chars().count() <= 1024, "{name:?}");
        }
    }
    let labels = hostile.tables.iter().flat_map(|table| &table.labels).chain(&hostile.labels);
    for (key, value) in labels {
        let sign = |c: char| c.is_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        assert!(key.len() <= 63 && key.chars().all(sign), "{key}");
        assert!(value.len() <= 63 && value.chars().all(sign), "{value}");
    }
}

#[test]
fn planted_json_is_still_json() {
    let (_, hostile) = pair();
    for table in &hostile.tables {
        for column in &table.columns {
            if let Values::Json(rows) = &column.values {
                for text in rows.iter().flatten() {
                    assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
                }
            }
        }
    }
}
