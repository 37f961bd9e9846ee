//! `payments`: what was charged and paid back, in cents, with data of cards and bank accounts.
//!
//! Each order that was not cancelled has one capture, each refund one negative payment; some
//! captures have a failed attempt before. Amounts are in minor units here, unlike in `orders`.

use std::collections::BTreeSet;

use crate::num::{DAY, SECOND, unsigned};
use crate::person::papers;
use crate::rng::{CAPITALS, Rng};
use crate::sheet::{Sheet, nullable};
use crate::table::{Column, Table};
use crate::tables::orders::Order;
use crate::world::World;

struct Payment {
    order: i64,
    at: i64,
    kind: &'static str,
    status: &'static str,
    cents: i64,
    currency: &'static str,
    method: &'static str,
    country: &'static str,
    /// Paid while card numbers were still stored in the clear.
    old: bool,
}

fn payments(world: &World, orders: &[Order]) -> Vec<Payment> {
    let clear_until = world.calendar.start(world.calendar.back(120));
    let mut seen = BTreeSet::new();
    let mut payments = Vec::new();
    for order in orders.iter().filter(|order| order.status != "cancelled" && seen.insert(order.id))
    {
        // A refund is paid back the way the sale was paid.
        let mut rng = Rng::keyed(world.seed, "payment", unsigned(order.parent.unwrap_or(order.id)));
        let sepa = if order.currency == "EUR" { 30 } else { 0 };
        let method = rng.weighted(&[("card", 60), ("wallet", 15), ("sepa_debit", sepa)]);
        let at = (order.at + rng.between(1, 90) * SECOND).min(world.calendar.end() - 1);
        let kind = if order.parent.is_some() { "refund" } else { "capture" };
        let mut add = |at, status| {
            let (order, cents, currency, country) =
                (order.id, order.total, order.currency, order.country.code);
            payments.push(Payment {
                order,
                at,
                kind,
                status,
                cents,
                currency,
                method,
                country,
                old: at < clear_until,
            });
        };
        if kind == "capture" && rng.chance(40) {
            add(order.at, "failed");
        }
        add(at, "succeeded");
    }
    payments
}

/// The table.
pub(crate) fn table(world: &World, orders: &[Order]) -> Table {
    let rows = payments(world, orders);
    let mut columns = facts(world, &rows);
    columns.extend(instruments(world, &rows));
    Table::new("payments", "Attempts to charge and to pay back, in minor units", columns)
        .by_day("paid_at")
        .label("kind", "fact")
}

fn facts(world: &World, rows: &[Payment]) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "payments", rows);
    sheet.text("payment_id", "Key", |rng, _| Some(format!("pay_{}", rng.hex(20))));
    sheet.int("order_id", "Order or refund it belongs to", |_, row| Some(row.order));
    sheet.instant("paid_at", "Moment of the attempt", |_, row| Some(row.at));
    sheet.text("kind", "capture or refund", |_, row| Some(row.kind.to_owned()));
    sheet.text("status", "succeeded or failed", |_, row| Some(row.status.to_owned()));
    sheet.int("amount_cents", "Amount in minor units; negative for a refund", |_, row| {
        Some(row.cents)
    });
    sheet.text("currency", "USD or EUR", |_, row| Some(row.currency.to_owned()));
    sheet.text("method", "card, wallet or sepa_debit", |_, row| Some(row.method.to_owned()));
    sheet.text("failure_reason", "Why an attempt failed", |rng, row| {
        let reason = rng.pick(&["insufficient_funds", "do_not_honor", "expired"]);
        (row.status == "failed").then_some(reason.to_owned())
    });
    sheet.columns()
}

fn instruments(world: &World, rows: &[Payment]) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "payments", rows);
    sheet.text("instrument", "Kept in the clear until the move to tokens", |rng, row| {
        let number = papers::card(rng);
        let number = if rng.chance(300) { papers::grouped(&number, "-") } else { number };
        (row.method == "card" && row.old).then_some(number)
    });
    sheet.text("instrument_masked", "Last digits, for the bill", |rng, row| {
        let last = rng.digits(4);
        (row.method == "card").then(|| format!("**** **** **** {last}"))
    });
    sheet.text("instrument_token", "Of the processor", |rng, row| {
        let token = rng.hex(24);
        (row.method == "card" && !row.old).then(|| format!("tok_{token}"))
    });
    sheet.text("card_type", "Brand", |rng, row| {
        let brand = rng.pick(&["visa", "mastercard", "amex", "discover"]);
        (row.method == "card").then_some(brand.to_owned())
    });
    sheet.text("debtor", "Account that is debited", |rng, row| {
        let iban = papers::iban(rng, row.country);
        (row.method == "sepa_debit").then_some(iban)
    });
    sheet.text("swift_code", "Bank of the debtor", |rng, row| {
        let code = format!("TEST{}{}", row.country, rng.letters(&CAPITALS, 2));
        (row.method == "sepa_debit").then_some(code)
    });
    sheet.text("account_number", "Account at a US bank, for refunds", |rng, row| {
        let number = rng.digits(10);
        (row.kind == "refund" && row.currency == "USD").then_some(number)
    });
    sheet.instant("settled_at", "When the bank confirmed; NULL while open", |rng, row| {
        let settled = row.at + rng.between(1, 4) * DAY;
        (row.status == "succeeded" && settled <= world.calendar.extracted()).then_some(settled)
    });
    sheet.text("memo", "Typed by the accounting", |rng, row| {
        let iban = papers::grouped(&papers::iban(rng, row.country), " ");
        nullable(rng, 960, |rng| {
            if rng.chance(400) { format!("repay to {iban}") } else { "checked".to_owned() }
        })
    });
    sheet.columns()
}
