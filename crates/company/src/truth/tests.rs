//! The truth against a second, slower way of counting, and the planted faults against their plan.
//!
//! The slow way asks the zone's rules for the day of every single row, so a wrong bound in either
//! way shows.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use super::*;
use crate::Options;
use crate::num::decimal;

fn company() -> Company {
    Company::generate(Options::small(7, date(2026, 11, 22))).unwrap()
}

fn local(at: Option<i64>, rules: &TimeZone) -> Date {
    Timestamp::from_microsecond(at.unwrap()).unwrap().to_zoned(rules.clone()).date()
}

#[test]
fn a_truth_survives_being_written_and_read() {
    let truth = company().truth().unwrap();
    let json = truth.to_json().unwrap();
    assert_eq!(serde_json::from_str::<Truth>(&json).unwrap(), truth);
}

#[test]
fn each_weeks_figures_equal_those_counted_day_by_day() {
    let company = company();
    let truth = company.truth().unwrap();
    let orders = company.table("orders").unwrap();
    let (events, users) = (company.table("events").unwrap(), company.table("users").unwrap());
    let here = company.zone.as_str();
    for (zone, index) in [(here, 0), (here, 1), (here, 2), (here, 3), ("UTC", 0), ("UTC", 2)] {
        for kind in [WindowKind::LastSevenDays, WindowKind::Monday, WindowKind::Day] {
            let week = truth.window(kind, zone, index).unwrap();
            let rules = TimeZone::get(zone).unwrap();
            let inside = |at: &Option<i64>| {
                let day = local(*at, &rules);
                week.from <= day && day < week.until_exclusive
            };
            let (mut seen, mut sums) = (std::collections::BTreeSet::new(), BTreeMap::new());
            let mut rows = 0;
            for (row, at) in orders.ints("order_ts").iter().enumerate() {
                let new = inside(at) && seen.insert(orders.ints("order_id")[row]);
                rows += u64::from(inside(at));
                if new && orders.texts("status")[row].as_deref() != Some("cancelled") {
                    let currency = orders.texts("currency")[row].clone().unwrap();
                    *sums.entry(currency).or_insert(0) +=
                        orders.numerics("total_amount")[row].unwrap();
                }
            }
            assert_eq!(week.kpi.order_rows, rows, "{kind:?} {zone}");
            for (currency, sum) in sums {
                assert_eq!(week.kpi.money[&currency].revenue, decimal(sum), "{kind:?} {zone}");
            }
            let acting = events.ints("event_ts").iter().zip(events.ints("user_id"));
            let active: std::collections::BTreeSet<i64> =
                acting.filter(|(at, _)| inside(at)).filter_map(|(_, user)| *user).collect();
            assert_eq!(week.kpi.active_users, u64::try_from(active.len()).unwrap());
            let new = users.ints("created_at").iter().filter(|at| inside(at)).count();
            assert_eq!(week.kpi.new_users, u64::try_from(new).unwrap());
        }
    }
}

#[test]
fn weeks_touch_each_other_and_their_rows_add_up() {
    let company = company();
    let truth = company.truth().unwrap();
    for kind in [WindowKind::LastSevenDays, WindowKind::Monday] {
        for zone in [company.zone.as_str(), "UTC"] {
            let weeks: Vec<&Window> =
                truth.weeks.iter().filter(|week| week.kind == kind && week.zone == zone).collect();
            assert!(weeks.len() >= 39, "{} weeks", weeks.len());
            for pair in weeks.windows(2) {
                assert_eq!(pair[1].until_instant, pair[0].from_instant);
            }
            let (first, last) = (weeks.last().unwrap().from_instant, weeks[0].until_instant);
            let orders = company.table("orders").unwrap().ints("order_ts").iter().flatten();
            let inside =
                orders.filter(|at| (first.as_microsecond()..last.as_microsecond()).contains(*at));
            let counted: u64 = weeks.iter().map(|week| week.kpi.order_rows).sum();
            assert_eq!(counted, u64::try_from(inside.count()).unwrap());
        }
    }
    let newest = truth.window(WindowKind::LastSevenDays, &company.zone, 0).unwrap();
    assert_eq!((newest.from, newest.until_exclusive), (date(2026, 11, 16), date(2026, 11, 23)));
}

#[test]
fn subscriptions_at_the_end_of_a_week_are_those_whose_state_spans_its_last_moment() {
    let company = company();
    let truth = company.truth().unwrap();
    let states = company.table("subscriptions").unwrap();
    for week in truth.weeks.iter().take(12) {
        let last = week.until_instant.as_microsecond() - 1;
        let mut alive = std::collections::BTreeSet::new();
        let mut monthly: BTreeMap<String, i128> = BTreeMap::new();
        for row in 0..states.rows() {
            let begin = states.ints("valid_from")[row].unwrap();
            let end = states.ints("valid_to")[row].unwrap_or(i64::MAX);
            let status = states.texts("status")[row].as_deref().unwrap();
            if (begin..end).contains(&last) && matches!(status, "active" | "past_due") {
                alive.insert(states.ints("subscription_id")[row]);
                let currency = states.texts("currency")[row].clone().unwrap();
                *monthly.entry(currency).or_default() +=
                    states.numerics("monthly_amount")[row].unwrap();
            }
        }
        let monthly: ByCurrency = monthly.into_iter().map(|(c, sum)| (c, decimal(sum))).collect();
        assert_eq!(week.kpi.subscriptions_active_at_end, u64::try_from(alive.len()).unwrap());
        assert_eq!(week.kpi.monthly_recurring_at_end, monthly);
    }
}

#[test]
fn the_week_of_the_doubled_batch_has_more_rows_than_orders() {
    let company = company();
    let truth = company.truth().unwrap();
    let week = &truth.window(WindowKind::LastSevenDays, &company.zone, 2).unwrap().kpi;
    let doubled = truth.faults.iter().find(|f| f.kind == FaultKind::DuplicateBatch).unwrap();
    assert!(week.order_rows >= week.orders + u64::try_from(doubled.measured).unwrap());
    assert!(week.money.values().any(|money| money.amount_sum != money.revenue));
}

#[test]
fn seven_days_one_by_one_are_a_week() {
    let company = company();
    let truth = company.truth().unwrap();
    for zone in [company.zone.as_str(), "UTC"] {
        for week in 0..4 {
            let whole = &truth.window(WindowKind::LastSevenDays, zone, week).unwrap().kpi;
            let days =
                (0..7).map(|day| truth.window(WindowKind::Day, zone, week * 7 + day).unwrap());
            let (mut rows, mut events, mut new) = (0, 0, 0);
            for day in days {
                rows += day.kpi.order_rows;
                events += day.kpi.events;
                new += day.kpi.new_users;
            }
            assert_eq!((rows, events, new), (whole.order_rows, whole.events, whole.new_users));
        }
    }
    assert_eq!(truth.days.len(), 56);
}

#[test]
fn a_change_of_the_clocks_makes_a_week_longer_and_bounds_matter() {
    let truth = company().truth().unwrap();
    assert_eq!(truth.zone, "America/New_York");
    let days: Vec<(Date, i64)> =
        truth.clock_changes.iter().map(|c| (c.date, c.day_minutes)).collect();
    assert_eq!(days, [(date(2026, 3, 8), 1380), (date(2026, 11, 1), 1500)]);
    let minutes: Vec<i64> = truth.weeks.iter().map(|week| week.minutes).collect();
    assert!(minutes.contains(&10_020) && minutes.contains(&10_140));
    for index in 0..3 {
        let in_zone =
            |zone: &str| truth.window(WindowKind::LastSevenDays, zone, index).unwrap().kpi.clone();
        assert_ne!(in_zone("UTC").money, in_zone("America/New_York").money, "week {index}");
    }
}

#[test]
fn the_planted_faults_show_in_the_rows() {
    for seed in [1, 7, 42] {
        let company = Company::generate(Options::small(seed, date(2026, 7, 5))).unwrap();
        let truth = company.truth().unwrap();
        let found = |kind| truth.faults.iter().find(|fault| fault.kind == kind).unwrap();
        let spike = found(FaultKind::RevenueSpike);
        assert_eq!(spike.from, date(2026, 7, 2));
        assert!(spike.measured > spike.usual * 5 / 2 && spike.usual > 0, "{spike:?}");
        let drop = found(FaultKind::RowCountDrop);
        assert_eq!(drop.from, date(2026, 6, 26));
        assert!(drop.measured > 0 && drop.measured * 4 < drop.usual, "{drop:?}");
        let nulls = found(FaultKind::NullJump);
        assert_eq!((nulls.from, nulls.to), (date(2026, 6, 29), date(2026, 6, 30)));
        assert!(nulls.measured > 450 && nulls.usual < 40, "{nulls:?}");
        let copies = found(FaultKind::DuplicateBatch);
        assert_eq!((copies.from, copies.to), (date(2026, 6, 19), date(2026, 6, 19)));
        assert!(copies.measured >= 5 && copies.keys.len() >= 5, "{copies:?}");
        let ghosts = found(FaultKind::OrphanUser);
        assert_eq!((ghosts.measured, ghosts.from), (3, date(2026, 6, 16)));
        let misspelt = found(FaultKind::Misspelling);
        let days = (misspelt.from, misspelt.to, misspelt.measured);
        assert_eq!(days, (date(2026, 6, 5), date(2026, 6, 7), 3));
        assert_eq!(found(FaultKind::StateOverlap).keys.len(), 1);
        assert!(found(FaultKind::NegativeAmounts).measured > 100);
    }
}

#[test]
fn the_missing_days_are_the_planned_ones_and_no_others() {
    let truth = company().truth().unwrap();
    let expected: [(&str, &[Date]); 4] = [
        ("orders", &[date(2026, 10, 16)]),
        ("events", &[date(2026, 10, 1), date(2026, 11, 10)]),
        ("marketing_spend", &[date(2026, 11, 20)]),
        ("fx_rates", &[]),
    ];
    for (missing, (table, days)) in truth.missing_days.iter().zip(expected) {
        assert_eq!((missing.table.as_str(), missing.days.as_slice()), (table, days));
    }
    let faults = truth.faults.iter().filter(|fault| fault.kind == FaultKind::MissingDay);
    assert_eq!(faults.count(), 4);
}

#[test]
fn a_few_rows_are_days_late() {
    for late in company().truth().unwrap().late {
        let per_mille = late.over_a_day * 1000 / late.rows;
        assert!((8..45).contains(&per_mille), "{late:?}");
        assert!(late.longest_seconds > 2 * 86_400, "{late:?}");
    }
}

#[test]
fn every_reference_holds_but_for_the_planted_users() {
    for options in [Options::small(7, date(2026, 11, 22)), Options::small(8, date(2025, 4, 1))] {
        for relation in Company::generate(options).unwrap().truth().unwrap().relations {
            let planted = relation.table == "orders" && relation.column == "user_id";
            assert_eq!(relation.orphans, if planted { 3 } else { 0 }, "{relation:?}");
        }
    }
}

#[test]
fn expectations_name_columns_and_tables_that_exist() {
    let company = company();
    for (table, column) in expect::listed() {
        let found = company.table(table).and_then(|table| table.column(column));
        assert!(found.is_some(), "{table}.{column}");
    }
    for table in company.truth().unwrap().tables {
        assert!(!table.accept_classes.is_empty() && table.accept_classes[0] == table.class);
        if let Some(time) = &table.time_column {
            assert!(table.columns.iter().any(|column| column.name == *time), "{}", table.name);
            assert_eq!(table.latest.is_some(), table.rows > 0, "{}", table.name);
        }
        for column in &table.columns {
            assert_eq!(column.pii.accept.first(), Some(&column.pii.tier));
            assert_eq!(column.pii.label == Label::None, column.pii.tier == Tier::None);
        }
    }
}

#[test]
fn a_profile_tells_nulls_ends_and_frequencies() {
    let truth = company().truth().unwrap();
    let column = |table: &str, name: &str| {
        let found = truth.table(table).unwrap().columns.iter().find(|column| column.name == name);
        found.unwrap_or_else(|| panic!("no {table}.{name}")).clone()
    };
    let to = column("plans", "effective_to");
    assert_eq!((to.distinct, to.max.as_deref()), (Some(1), Some("9999-12-31")));
    let symbol = column("currencies", "note");
    assert_eq!((symbol.nulls, symbol.distinct), (5, Some(0)));
    let active = column("currencies", "is_active").top;
    let active: Vec<(&str, u64)> =
        active.iter().map(|top| (top.value.as_str(), top.rows)).collect();
    assert_eq!(active, [("false", 3), ("true", 2)]);
    let price = column("plans", "monthly_price");
    assert_eq!((price.min.as_deref(), price.max.as_deref()), (Some("0"), Some("99")));
    let status = column("orders", "status");
    let rows: u64 = status.top.iter().map(|top| top.rows).sum();
    assert_eq!(rows, truth.table("orders").unwrap().rows);
    assert_eq!(column("users", "roles").distinct, None);
    assert_eq!(column("users", "contact").top, []);
}
