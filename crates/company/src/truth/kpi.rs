//! The figures of one window of time, as a business reads them.
//!
//! A window is half open and given by its instants; days are needed only for tables that know no
//! instant. Money is added as integers; a row that was loaded twice counts once where it says so.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::Company;
use crate::num::{count, decimal};
use crate::table::Table;
use crate::truth::ByCurrency;
use crate::truth::rows::{self, ByTime, at, distinct, text};

/// The figures of a window. Amounts are decimal texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kpi {
    /// Rows of `orders`, whatever they are: `COUNT(*)`.
    pub order_rows: u64,
    /// Sales: different order ids whose status is neither cancelled nor refund.
    pub orders: u64,
    /// Different users with such a sale.
    pub buyers: u64,
    /// Money of `orders` by currency.
    pub money: BTreeMap<String, Money>,
    /// `revenue` of all currencies in US dollars, each order at the rate of its `order_date`.
    pub revenue_usd: String,
    /// Rows of `events`.
    pub events: u64,
    /// Different users with an event.
    pub active_users: u64,
    /// Users created.
    pub new_users: u64,
    /// Subscriptions that began their trial.
    pub subscriptions_started: u64,
    /// Different subscriptions that were cancelled.
    pub subscriptions_cancelled: u64,
    /// Different subscriptions that are active or past due at its end.
    pub subscriptions_active_at_end: u64,
    /// Sum of their `monthly_amount` by currency, over rows: `SUM` as a query gives it.
    pub monthly_recurring_at_end: ByCurrency,
    /// Support requests opened.
    pub tickets_opened: u64,
    /// Advertising of its days, by currency, whatever the zone.
    pub spend: ByCurrency,
}

/// Money of `orders` in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Sum over every row, copies and cancelled orders too: what a plain `SUM` gives.
    pub amount_sum: String,
    /// Sales less refunds: each order id once, cancelled orders left out.
    pub revenue: String,
    /// Refunds: each order id once; 0 or negative.
    pub refund_sum: String,
}

/// The tables the figures are taken from, by time.
pub(crate) struct Source<'a> {
    company: &'a Company,
    orders: ByTime,
    events: ByTime,
    users: ByTime,
    tickets: ByTime,
    /// Billionths of a US dollar for one euro, by day number.
    rates: HashMap<i32, i128>,
}

impl<'a> Source<'a> {
    /// Sorts what all windows need.
    pub(crate) fn of(company: &'a Company) -> Self {
        let by = |table: &str, column: &str| {
            ByTime::of(rows::table(company, table).map_or(&[], |table| table.ints(column)))
        };
        let rates = rows::table(company, "fx_rates").map(|table| {
            let days = table.dates("rate_date").iter().flatten().copied();
            let rates = days.zip(table.numerics("rate").iter().flatten().copied());
            let euro = rates.zip(table.texts("from_currency").iter().flatten());
            euro.filter(|(_, from)| *from == "EUR").map(|(rate, _)| rate).collect()
        });
        Self {
            company,
            orders: by("orders", "order_ts"),
            events: by("events", "event_ts"),
            users: by("users", "created_at"),
            tickets: by("support_tickets", "opened_at"),
            rates: rates.unwrap_or_default(),
        }
    }

    /// The figures from one instant to before another, which are those days.
    pub(crate) fn kpi(&self, from: i64, until: i64, days: &Range<i32>) -> Kpi {
        let sales = self.sales(from, until);
        let states =
            rows::table(self.company, "subscriptions").map(|table| States::of(table, from, until));
        let states = states.unwrap_or_default();
        let users =
            rows::table(self.company, "events").map_or(&[][..], |table| table.ints("user_id"));
        let active = self.events.between(from, until).filter_map(|row| at(users, row)).collect();
        Kpi {
            order_rows: sales.rows,
            orders: count(sales.sold.len()),
            buyers: distinct(sales.buyers),
            money: sales
                .money
                .iter()
                .map(|(currency, sums)| (currency.clone(), sums.money()))
                .collect(),
            revenue_usd: decimal(sales.usd),
            events: count(self.events.between(from, until).count()),
            active_users: distinct(active),
            new_users: count(self.users.between(from, until).count()),
            subscriptions_started: count(states.started.len()),
            subscriptions_cancelled: count(states.cancelled.len()),
            subscriptions_active_at_end: count(states.active.len()),
            monthly_recurring_at_end: texts(&states.recurring),
            tickets_opened: count(self.tickets.between(from, until).count()),
            spend: texts(&self.spend(days)),
        }
    }

    fn sales(&self, from: i64, until: i64) -> Sales {
        let mut sales = Sales::default();
        let Some(table) = rows::table(self.company, "orders") else { return sales };
        let (ids, users, dates) =
            (table.ints("order_id"), table.ints("user_id"), table.dates("order_date"));
        let (status, currency) = (table.texts("status"), table.texts("currency"));
        let amounts = table.numerics("total_amount");
        let mut seen = BTreeSet::new();
        for row in self.orders.between(from, until) {
            let amount = at(amounts, row).unwrap_or(0);
            let sums = sales.money.entry(text(currency, row).to_owned()).or_default();
            sales.rows += 1;
            sums.all += amount;
            if text(status, row) == "cancelled" || !seen.insert(at(ids, row)) {
                continue;
            }
            sums.revenue += amount;
            // Amounts have two digits and rates six behind the point: the product is exact.
            let rate = at(dates, row).and_then(|day| self.rates.get(&day)).copied().unwrap_or(0);
            let dollars = if text(currency, row) == "EUR" {
                amount / 1000 * rate / 1_000_000
            } else {
                amount
            };
            sales.usd += dollars;
            if text(status, row) == "refund" {
                sums.refunds += amount;
            } else {
                sales.sold.insert(at(ids, row));
                sales.buyers.extend(at(users, row));
            }
        }
        sales
    }

    fn spend(&self, days: &Range<i32>) -> BTreeMap<String, i128> {
        let mut spend = BTreeMap::new();
        let Some(table) = rows::table(self.company, "marketing_spend") else { return spend };
        let (currency, amounts) = (table.texts("currency"), table.numerics("spend"));
        for (row, day) in table.dates("spend_date").iter().enumerate() {
            if day.is_some_and(|day| days.contains(&day)) {
                *spend.entry(text(currency, row).to_owned()).or_default() +=
                    at(amounts, row).unwrap_or(0);
            }
        }
        spend
    }
}

fn texts(amounts: &BTreeMap<String, i128>) -> ByCurrency {
    amounts.iter().map(|(currency, amount)| (currency.clone(), decimal(*amount))).collect()
}

#[derive(Default)]
struct Sales {
    rows: u64,
    sold: BTreeSet<Option<i64>>,
    buyers: Vec<i64>,
    money: BTreeMap<String, Sums>,
    usd: i128,
}

#[derive(Default)]
struct Sums {
    all: i128,
    revenue: i128,
    refunds: i128,
}

impl Sums {
    fn money(&self) -> Money {
        let (all, revenue, refunds) =
            (decimal(self.all), decimal(self.revenue), decimal(self.refunds));
        Money { amount_sum: all, revenue, refund_sum: refunds }
    }
}

/// What happened to the subscriptions in a window, and which live at its end.
#[derive(Default)]
struct States {
    started: BTreeSet<i64>,
    cancelled: BTreeSet<i64>,
    active: BTreeSet<i64>,
    recurring: BTreeMap<String, i128>,
}

impl States {
    fn of(table: &Table, from: i64, until: i64) -> Self {
        let mut states = Self::default();
        let (status, currency) = (table.texts("status"), table.texts("currency"));
        let (begins, ends) = (table.ints("valid_from"), table.ints("valid_to"));
        let amounts = table.numerics("monthly_amount");
        for (row, id) in table.ints("subscription_id").iter().enumerate() {
            let (Some(id), Some(begin)) = (*id, at(begins, row)) else { continue };
            let inside = from <= begin && begin < until;
            let lives = begin < until && at(ends, row).is_none_or(|end| end >= until);
            match text(status, row) {
                "trialing" if inside => drop(states.started.insert(id)),
                "cancelled" if inside => drop(states.cancelled.insert(id)),
                "active" | "past_due" if lives => {
                    states.active.insert(id);
                    *states.recurring.entry(text(currency, row).to_owned()).or_default() +=
                        at(amounts, row).unwrap_or(0);
                }
                _ => {}
            }
        }
        states
    }
}
