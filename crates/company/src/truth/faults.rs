//! The planted faults as they show in the rows, missing days and late rows.
//!
//! Where a fault lies comes from the plan; how large it is, and what is usual, is measured. Usual is
//! the middle of the four same weekdays before, so the week's rhythm is not taken for a fault.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Company;
use crate::calendar::{date_of, day_number};
use crate::num::{DAY, SECOND, count, signed};
use crate::plan::GHOST_USER;
use crate::table::Table;
use crate::truth::rows::{at, table, text};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// A day sold several times the usual; in hundredths of each row's own currency.
    RevenueSpike,
    /// A date has a fraction of its rows.
    RowCountDrop,
    /// A day has no row.
    MissingDay,
    /// A column is mostly NULL for some days; in rows of a thousand.
    NullJump,
    /// A batch was loaded twice; in rows too many.
    DuplicateBatch,
    /// Rows refer to a user who is in no table.
    OrphanUser,
    /// Refunds are rows with a negative amount; over the whole history, in rows.
    NegativeAmounts,
    /// A value is spelled in another way for some days; in rows.
    Misspelling,
    /// Two rows of one subscription claim to be current; in subscriptions.
    StateOverlap,
}

/// One planted fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Where.
    pub table: String,
    /// The column that shows it.
    pub column: String,
    /// First day; a UTC date for `events`, a local day otherwise.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// What was measured, in the unit of the kind.
    pub measured: i64,
    /// What is usual, in the same unit.
    pub usual: i64,
    /// Keys of the rows concerned, where they are few.
    pub keys: Vec<i64>,
}

/// Days without a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingDays {
    /// The table.
    pub table: String,
    /// Its day column.
    pub column: String,
    /// The days of the history that no row has.
    pub days: Vec<Date>,
}

/// How late rows were loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// The table.
    pub table: String,
    /// When a row happened.
    pub time_column: String,
    /// When it was loaded.
    pub loaded_column: String,
    /// Rows with both.
    pub rows: u64,
    /// Rows loaded more than 24 hours after they happened.
    pub over_a_day: u64,
    /// The longest delay in seconds.
    pub longest_seconds: i64,
}

/// All faults, newest first.
pub(crate) fn faults(company: &Company) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(orders) = table(company, "orders") {
        faults.extend([spike(company, orders), nulls(company, orders), copies(orders)]);
        faults.extend([orphans(orders), negatives(company, orders)]);
    }
    if let Some(events) = table(company, "events") {
        faults.push(drop_of_rows(company, events));
    }
    if let Some(spend) = table(company, "marketing_spend") {
        faults.push(misspelling(spend));
    }
    if let Some(states) = table(company, "subscriptions") {
        faults.push(overlap(states));
    }
    for missing in missing_days(company) {
        faults.extend(missing.days.iter().map(|day| {
            let number = day_number(*day);
            fault(FaultKind::MissingDay, &missing.table, &missing.column, (number, number), (0, 1))
        }));
    }
    faults.sort_by(|one, other| (other.to, one.kind).cmp(&(one.to, other.kind)));
    faults
}

fn fault(
    kind: FaultKind,
    table: &str,
    column: &str,
    days: (i32, i32),
    figures: (i64, i64),
) -> Fault {
    Fault {
        kind,
        table: table.to_owned(),
        column: column.to_owned(),
        from: date_of(days.0),
        to: date_of(days.1),
        measured: figures.0,
        usual: figures.1,
        keys: Vec::new(),
    }
}

/// Day number of a position in the history.
fn number(company: &Company, position: i64) -> i32 {
    day_number(company.first_day).saturating_add(crate::num::day32(position))
}

/// The middle of the figures of the four same weekdays before (the upper of the two middle ones).
fn usual(figures: &BTreeMap<i32, i64>, day: i32) -> i64 {
    let before = (1..=4).map(|week| figures.get(&(day - 7 * week)).copied().unwrap_or(0));
    let mut before: Vec<i64> = before.collect();
    before.sort_unstable();
    before.get(2).copied().unwrap_or(0)
}

/// Sales of each day in hundredths, currencies added as they are, copies left out.
fn sales(orders: &Table) -> BTreeMap<i32, i64> {
    let (ids, status) = (orders.ints("order_id"), orders.texts("status"));
    let amounts = orders.numerics("total_amount");
    let mut seen = BTreeSet::new();
    let mut days = BTreeMap::new();
    for (row, day) in orders.dates("order_date").iter().enumerate() {
        if text(status, row) != "cancelled" && seen.insert(at(ids, row)) {
            let hundredths = at(amounts, row).unwrap_or(0) / 10_000_000;
            *days.entry(day.unwrap_or(0)).or_default() +=
                i64::try_from(hundredths.max(0)).unwrap_or(i64::MAX);
        }
    }
    days
}

fn spike(company: &Company, orders: &Table) -> Fault {
    let day = number(company, company.faults.spike);
    let sales = sales(orders);
    let figures = (sales.get(&day).copied().unwrap_or(0), usual(&sales, day));
    fault(FaultKind::RevenueSpike, "orders", "total_amount", (day, day), figures)
}

fn rows_by_day(days: &[Option<i32>]) -> BTreeMap<i32, i64> {
    let mut rows = BTreeMap::new();
    for day in days.iter().flatten() {
        *rows.entry(*day).or_default() += 1;
    }
    rows
}

fn drop_of_rows(company: &Company, events: &Table) -> Fault {
    let day = company.faults.drop;
    let rows = rows_by_day(events.dates("event_date"));
    let figures = (rows.get(&day).copied().unwrap_or(0), usual(&rows, day));
    fault(FaultKind::RowCountDrop, "events", "event_date", (day, day), figures)
}

fn nulls(company: &Company, orders: &Table) -> Fault {
    let (first, last) = company.faults.null_jump;
    let (first, last) = (number(company, first), number(company, last));
    let (mut inside, mut outside) = ((0, 0), (0, 0));
    for (day, channel) in orders.dates("order_date").iter().zip(orders.texts("channel")) {
        let jump = day.is_some_and(|day| (first..=last).contains(&day));
        let tally = if jump { &mut inside } else { &mut outside };
        *tally = (tally.0 + i64::from(channel.is_none()), tally.1 + 1);
    }
    let share = |(nulls, rows): (i64, i64)| nulls * 1000 / rows.max(1);
    fault(FaultKind::NullJump, "orders", "channel", (first, last), (share(inside), share(outside)))
}

/// A fault that some rows of a table have; its days are those of the rows.
fn of_rows(
    kind: FaultKind,
    table: &str,
    column: &str,
    days: &[i32],
    usual: i64,
    keys: BTreeSet<i64>,
) -> Fault {
    let ends = (days.iter().min().copied().unwrap_or(0), days.iter().max().copied().unwrap_or(0));
    let figures = (signed(count(days.len())), usual);
    Fault { keys: keys.into_iter().collect(), ..fault(kind, table, column, ends, figures) }
}

fn copies(orders: &Table) -> Fault {
    let (mut seen, mut twice, mut days) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for (id, day) in orders.ints("order_id").iter().zip(orders.dates("order_date")) {
        if let (Some(id), Some(day)) = (id, day)
            && !seen.insert(*id)
        {
            twice.insert(*id);
            days.push(*day);
        }
    }
    of_rows(FaultKind::DuplicateBatch, "orders", "batch_id", &days, 0, twice)
}

fn orphans(orders: &Table) -> Fault {
    let (mut keys, mut days) = (BTreeSet::new(), Vec::new());
    let dates = orders.dates("order_date");
    for (row, user) in orders.ints("user_id").iter().enumerate() {
        if user.is_some_and(|user| user >= GHOST_USER) {
            keys.extend(at(orders.ints("order_id"), row));
            days.extend(at(dates, row));
        }
    }
    of_rows(FaultKind::OrphanUser, "orders", "user_id", &days, 0, keys)
}

fn negatives(company: &Company, orders: &Table) -> Fault {
    let negative = orders.numerics("total_amount").iter().flatten().filter(|amount| **amount < 0);
    let days = (day_number(company.first_day), day_number(company.options.as_of));
    let rows = signed(count(negative.count()));
    fault(FaultKind::NegativeAmounts, "orders", "total_amount", days, (rows, rows))
}

fn misspelling(spend: &Table) -> Fault {
    let channels = spend.texts("channel");
    let odd = |row: &usize| text(channels, *row) == "Paid Search";
    let rows = (0..channels.len()).filter(odd);
    let days: Vec<i32> = rows.filter_map(|row| at(spend.dates("spend_date"), row)).collect();
    of_rows(FaultKind::Misspelling, "marketing_spend", "channel", &days, 0, BTreeSet::new())
}

fn overlap(states: &Table) -> Fault {
    let (mut current, mut twice, mut days) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let (ids, begins) = (states.ints("subscription_id"), states.ints("valid_from"));
    for (row, flag) in states.bools("is_current").iter().enumerate() {
        if let (Some(true), Some(id), Some(begin)) = (flag, at(ids, row), at(begins, row))
            && !current.insert(id)
        {
            twice.insert(id);
            days.push(crate::num::day32(begin.div_euclid(DAY)));
        }
    }
    of_rows(FaultKind::StateOverlap, "subscriptions", "is_current", &days, 0, twice)
}

/// The days of the history that no row of a table has.
pub(crate) fn missing_days(company: &Company) -> Vec<MissingDays> {
    let columns = [
        ("orders", "order_date"),
        ("events", "event_date"),
        ("marketing_spend", "spend_date"),
        ("fx_rates", "rate_date"),
    ];
    let history = day_number(company.first_day)..=day_number(company.options.as_of);
    let missing = |(name, column): (&str, &str)| {
        let present: BTreeSet<i32> =
            table(company, name)?.dates(column).iter().flatten().copied().collect();
        let days = history.clone().filter(|day| !present.contains(day)).map(date_of).collect();
        Some(MissingDays { table: name.to_owned(), column: column.to_owned(), days })
    };
    columns.into_iter().filter_map(missing).collect()
}

/// How late the rows of the tables with a loading time came.
pub(crate) fn late(company: &Company) -> Vec<Late> {
    let columns = [("orders", "order_ts"), ("events", "event_ts")];
    let measure = |(name, column): (&str, &str)| {
        let found = table(company, name)?;
        let pairs = found.ints(column).iter().zip(found.ints("ingested_at"));
        let delays: Vec<i64> = pairs.filter_map(|(at, loaded)| Some((*loaded)? - (*at)?)).collect();
        Some(Late {
            table: name.to_owned(),
            time_column: column.to_owned(),
            loaded_column: "ingested_at".to_owned(),
            rows: count(delays.len()),
            over_a_day: count(delays.iter().filter(|delay| **delay > DAY).count()),
            longest_seconds: delays.iter().max().copied().unwrap_or(0) / SECOND,
        })
    };
    columns.into_iter().filter_map(measure).collect()
}
