//! What holds for every company: the same bytes, whole references, valid numbers, reserved ranges.
//!
//! The tests read the finished tables, as a consumer does. They must not reach into the generator.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use jiff::{Timestamp, tz::TimeZone};

use super::*;
use crate::check;

fn company() -> Company {
    Company::generate(Options::small(7, date(2026, 11, 22))).unwrap()
}

fn texts<'a>(company: &'a Company, table: &str, column: &str) -> Vec<&'a str> {
    let table = company.table(table).unwrap_or_else(|| panic!("no table {table}"));
    table.column(column).unwrap_or_else(|| panic!("no column {column}"));
    table.texts(column).iter().flatten().map(String::as_str).collect()
}

#[test]
fn the_same_options_give_the_same_bytes_on_every_platform() {
    assert_eq!(
        company().digest(),
        "19fbb72c40b6f94dff56c8794139dd0406d2341f7136574fdd369d977edaab99"
    );
}

#[test]
fn another_seed_date_zone_or_a_hostile_mood_is_another_company() {
    let options = Options::small(7, date(2026, 11, 22));
    let others = [
        Options { seed: 8, ..options.clone() },
        Options { as_of: date(2026, 11, 21), ..options.clone() },
        Options { zone: Some("Europe/Berlin".to_owned()), ..options.clone() },
        Options { hostile: true, ..options },
    ];
    let mut digests: BTreeSet<String> =
        others.into_iter().map(|other| Company::generate(other).unwrap().digest()).collect();
    digests.insert(company().digest());
    assert_eq!(digests.len(), 5);
}

#[test]
fn the_columns_of_a_table_are_equally_long_and_named_once() {
    for table in &company().tables {
        let mut names = BTreeSet::new();
        for column in &table.columns {
            assert_eq!(column.values.len(), table.rows(), "{}.{}", table.name, column.name);
            assert!(names.insert(column.name.to_lowercase()), "{}.{}", table.name, column.name);
        }
        for name in table.partition.iter().map(|p| &p.column).chain(&table.clustering) {
            assert!(table.column(name).is_some(), "{}.{name}", table.name);
        }
    }
}

#[test]
fn a_small_company_has_the_sizes_of_a_demo() {
    let company = company();
    let rows = |name: &str| company.table(name).unwrap().rows();
    let cases = [
        ("events", 52_000..66_000),
        ("orders", 6000..7200),
        ("users", 3000..3001),
        ("order_items", 9000..16_000),
        ("subscriptions", 700..3000),
        ("returns", 0..1),
        ("marketing_spend", 1674..1675),
        ("fx_rates", 560..561),
    ];
    for (name, expected) in cases {
        assert!(expected.contains(&rows(name)), "{name} has {}", rows(name));
    }
}

#[test]
fn a_large_company_has_over_a_million_events_and_a_medium_one_less() {
    let rows = |size| {
        let options = Options { size, ..Options::small(7, date(2026, 11, 22)) };
        Company::generate(options).unwrap().table("events").unwrap().rows()
    };
    assert!(rows(Size::Large) > 1_000_000);
    assert!((200_000..400_000).contains(&rows(Size::Medium)));
}

/// Columns whose every value keeps a rule.
type Rule = (&'static str, &'static str, fn(&str) -> bool);

#[test]
fn numbers_with_check_digits_hold_and_their_look_alikes_fail() {
    let company = company();
    let rules: [Rule; 14] = [
        ("payments", "instrument", check::luhn_holds),
        ("legacy_export", "c_06", check::luhn_holds),
        ("legacy_export", "c_13", check::luhn_holds),
        ("payments", "debtor", check::iban_holds),
        ("accounts", "payout_ref", check::iban_holds),
        ("legacy_export", "c_07", check::iban_holds),
        ("users", "tax_ref", check::ssn_holds),
        ("legacy_export", "c_05", check::ssn_holds),
        ("orders", "order_number", |text| text.len() == 16 && !check::luhn_holds(text)),
        ("legacy_export", "c_10", |text| text.len() == 16 && !check::luhn_holds(text)),
        ("accounts", "mandate_ref", |text| text.len() == 22 && !check::iban_holds(text)),
        ("legacy_export", "c_14", |text| !check::iban_holds(text)),
        ("order_items", "part_no", |text| text.len() == 11 && !check::ssn_holds(text)),
        ("legacy_export", "c_11", |text| text.len() == 11 && !check::ssn_holds(text)),
    ];
    for (table, column, rule) in rules {
        let values = texts(&company, table, column);
        let wrong = values.iter().find(|value| !rule(value));
        assert!(values.len() > 15 && wrong.is_none(), "{table}.{column}: {wrong:?}");
    }
}

#[test]
fn national_numbers_follow_their_countries_rules() {
    let company = company();
    let users = company.table("users").unwrap();
    let mut seen = BTreeMap::new();
    for (country, number) in users.texts("country_code").iter().zip(users.texts("national_ref")) {
        let (country, Some(number)) = (country.as_deref().unwrap(), number) else { continue };
        let holds = match country {
            "BR" => check::cpf_holds(number),
            "ES" => check::dni_holds(number),
            "GB" => number.len() == 9,
            _ => false,
        };
        assert!(holds, "{country} {number}");
        *seen.entry(country.to_owned()).or_insert(0) += 1;
    }
    assert!(seen.len() == 3 && seen.values().all(|rows| *rows > 20), "{seen:?}");
}

#[test]
fn addresses_of_mail_and_computers_lie_in_reserved_ranges() {
    let company = company();
    let domains = ["example.com", "example.org", "example.net", ".example", ".test"];
    for (table, column) in [
        ("users", "contact"),
        ("support_tickets", "requester"),
        ("accounts", "billing_contact"),
        ("subscriptions", "changed_by"),
        ("legacy_export", "c_03"),
    ] {
        for value in texts(&company, table, column) {
            assert!(
                domains.iter().any(|end| value.ends_with(end)) && value.contains('@'),
                "{value}"
            );
        }
    }
    let ranges = ["192.0.2.", "198.51.100.", "203.0.113.", "198.18.", "198.19.", "2001:db8:"];
    for (table, column) in [
        ("events", "client_addr"),
        ("orders", "client_addr"),
        ("users", "last_seen_from"),
        ("legacy_export", "c_08"),
    ] {
        for value in texts(&company, table, column) {
            assert!(value.parse::<std::net::IpAddr>().is_ok(), "{value}");
            assert!(ranges.iter().any(|range| value.starts_with(range)), "{value}");
        }
    }
}

#[test]
fn the_address_of_a_user_belongs_to_no_other() {
    let company = company();
    let addresses = texts(&company, "users", "contact");
    let different: BTreeSet<&&str> = addresses.iter().collect();
    assert_eq!(different.len(), addresses.len());
}

#[test]
fn the_lines_of_an_order_add_up_to_its_total() {
    let company = company();
    let items = company.table("order_items").unwrap();
    let mut lines: BTreeMap<i64, i128> = BTreeMap::new();
    for (order, amount) in items.ints("order_id").iter().zip(items.numerics("line_amount")) {
        *lines.entry(order.unwrap()).or_default() += amount.unwrap();
    }
    let orders = company.table("orders").unwrap();
    for row in 0..orders.rows() {
        let id = orders.ints("order_id")[row].unwrap();
        let total = orders.numerics("total_amount")[row].unwrap();
        let tax = orders.numerics("tax_amount")[row].unwrap();
        let discount = orders.numerics("discount_amount")[row].unwrap_or(0);
        match lines.get(&id) {
            Some(lines) => assert_eq!(*lines - discount + tax, total, "order {id}"),
            None => {
                assert!(total < 0 && orders.ints("parent_order_id")[row].is_some(), "order {id}")
            }
        }
    }
}

#[test]
fn a_refund_takes_back_the_whole_order_later() {
    let company = company();
    let orders = company.table("orders").unwrap();
    let row_of: BTreeMap<i64, usize> =
        orders.ints("order_id").iter().enumerate().map(|(row, id)| (id.unwrap(), row)).collect();
    let mut refunds = 0;
    for (row, parent) in orders.ints("parent_order_id").iter().enumerate() {
        let Some(sale) = parent.map(|parent| row_of[&parent]) else { continue };
        for column in ["total_amount", "tax_amount"] {
            let amounts = orders.numerics(column);
            assert_eq!(amounts[row].unwrap(), -amounts[sale].unwrap(), "{column}");
        }
        assert!(orders.ints("order_ts")[row] > orders.ints("order_ts")[sale]);
        assert_eq!(orders.texts("currency")[row], orders.texts("currency")[sale]);
        refunds += 1;
    }
    assert!(refunds > 200, "{refunds}");
}

#[test]
fn an_order_that_was_loaded_twice_is_paid_once() {
    let company = company();
    let payments = company.table("payments").unwrap();
    let paid = payments.ints("order_id").iter().zip(payments.texts("status"));
    let mut seen = BTreeSet::new();
    for (order, _) in paid.filter(|(_, status)| status.as_deref() == Some("succeeded")) {
        assert!(seen.insert(*order), "{order:?}");
    }
}

#[test]
fn a_payment_in_cents_is_the_order_it_pays() {
    let company = company();
    let orders = company.table("orders").unwrap();
    let totals: BTreeMap<i64, i128> = orders
        .ints("order_id")
        .iter()
        .zip(orders.numerics("total_amount"))
        .map(|(id, total)| (id.unwrap(), total.unwrap()))
        .collect();
    let payments = company.table("payments").unwrap();
    for (order, cents) in payments.ints("order_id").iter().zip(payments.ints("amount_cents")) {
        assert_eq!(totals[&order.unwrap()], i128::from(cents.unwrap()) * 10_000_000);
    }
}

#[test]
fn nobody_acts_before_being_created() {
    let company = company();
    let users = company.table("users").unwrap();
    let created: BTreeMap<i64, i64> = users
        .ints("user_id")
        .iter()
        .zip(users.ints("created_at"))
        .map(|(id, at)| (id.unwrap(), at.unwrap()))
        .collect();
    for (table, column) in
        [("events", "event_ts"), ("orders", "order_ts"), ("support_tickets", "opened_at")]
    {
        let table = company.table(table).unwrap();
        for (user, at) in table.ints("user_id").iter().zip(table.ints(column)) {
            let born = user.and_then(|user| created.get(&user)).copied().unwrap_or(i64::MIN);
            assert!(born <= at.unwrap(), "user {user:?} in {}", table.name);
        }
    }
}

#[test]
fn the_states_of_a_subscription_follow_each_other_but_for_the_planted_one() {
    let company = company();
    let states = company.table("subscriptions").unwrap();
    let rows: Vec<(i64, i64, Option<i64>)> = (0..states.rows())
        .map(|row| {
            let (ids, from, to) = ("subscription_id", "valid_from", "valid_to");
            (states.ints(ids)[row].unwrap(), states.ints(from)[row].unwrap(), states.ints(to)[row])
        })
        .collect();
    let broken = rows
        .windows(2)
        .filter(|pair| pair[0].0 == pair[1].0 && pair[0].2 != Some(pair[1].1))
        .count();
    let open: BTreeSet<i64> = rows.iter().filter(|row| row.2.is_none()).map(|row| row.0).collect();
    let all: BTreeSet<i64> = rows.iter().map(|row| row.0).collect();
    assert_eq!((broken, open), (1, all), "one planted gap; every subscription has an open state");
}

/// Zones that change at two o'clock, at midnight, by half an hour, and not at all.
const ZONES: [&str; 6] = [
    "Europe/Berlin",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "UTC",
];

#[test]
fn local_days_are_those_of_the_zones_rules_and_rows_stay_inside_the_history() {
    for zone in ZONES {
        let options =
            Options { zone: Some(zone.to_owned()), ..Options::small(3, date(2026, 11, 22)) };
        let company = Company::generate(options).unwrap();
        let rules = TimeZone::get(zone).unwrap();
        let orders = company.table("orders").unwrap();
        for (at, day) in orders.ints("order_ts").iter().zip(orders.dates("order_date")) {
            let local =
                Timestamp::from_microsecond(at.unwrap()).unwrap().to_zoned(rules.clone()).date();
            assert_eq!(calendar::date_of(day.unwrap()), local, "{zone}");
            assert!(company.first_day <= local && local <= date(2026, 11, 22), "{zone} {local}");
        }
        let events = company.table("events").unwrap();
        for (at, day) in events.ints("event_ts").iter().zip(events.dates("event_date")) {
            let at = Timestamp::from_microsecond(at.unwrap()).unwrap();
            let utc = at.to_zoned(TimeZone::UTC).date();
            assert_eq!(calendar::date_of(day.unwrap()), utc, "{zone}");
            let local = at.to_zoned(rules.clone()).date();
            assert!(company.first_day <= local && local <= date(2026, 11, 22), "{zone} {local}");
        }
    }
}

#[test]
fn no_row_was_loaded_before_it_happened_or_after_the_copy() {
    let company = company();
    for (table, column) in [("orders", "order_ts"), ("events", "event_ts")] {
        let table = company.table(table).unwrap();
        for (at, loaded) in table.ints(column).iter().zip(table.ints("ingested_at")) {
            assert!(at < loaded && loaded.unwrap() <= company.extracted_at);
        }
    }
}

#[test]
fn columns_are_as_empty_as_they_are_meant_to_be() {
    let company = company();
    let cases = [
        ("users", "loyalty_note", 1000..=1000),
        ("users", "marketing_segment", 950..=990),
        ("users", "passport_no", 850..=910),
        ("accounts", "employee_count", 880..=950),
        ("payments", "instrument", 600..=850),
        ("events", "experiment", 890..=930),
        ("events", "user_id", 300..=600),
        ("orders", "total_amount", 0..=0),
    ];
    for (name, column, share) in cases {
        let table = company.table(name).unwrap();
        let nulls = table.column(column).unwrap().values.nulls() * 1000 / table.rows();
        assert!(share.contains(&nulls), "{name}.{column}: {nulls} of 1000");
    }
}

#[test]
fn the_documentation_names_every_table_column_and_type() {
    let page = include_str!("../../../docs/reference-company.md");
    for table in &company().tables {
        let start = format!("### {}\n", table.name);
        let section = page.split_once(&start).map(|(_, rest)| rest.split("### ").next().unwrap());
        let section = section.unwrap_or_else(|| panic!("no section {}", table.name));
        for column in &table.columns {
            let row = format!("| `{}` | {} |", column.name, column.values.type_name());
            assert!(section.contains(&row), "{}: {row}", table.name);
        }
    }
}

#[test]
fn nothing_happens_after_the_end_but_what_is_said_to() {
    let company = company();
    let end = company.extracted_at - 3 * num::HOUR;
    for table in &company.tables {
        for column in &table.columns {
            let Values::Timestamp(rows) = &column.values else { continue };
            let latest = rows.iter().flatten().max().copied().unwrap_or(0);
            let limit = match column.name.as_str() {
                "due_at" => i64::MAX,
                "ingested_at" | "settled_at" => company.extracted_at,
                _ => end,
            };
            assert!(latest <= limit, "{}.{}", table.name, column.name);
        }
    }
}
