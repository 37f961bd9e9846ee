//! `subscriptions`: the history of states, one row per state with `valid_from` and `valid_to`.
//!
//! The rows of a subscription follow each other without a gap; the last one has no end and is the
//! current one. One subscription breaks this on purpose: two of its rows claim to be current.

use crate::num::{DAY, HOUR, cents, unsigned};
use crate::person::Person;
use crate::rng::Rng;
use crate::sheet::{Sheet, nullable};
use crate::table::Table;
use crate::tables::reference::{PlanRow, some_plan};
use crate::world::{Account, World};

/// One state of one subscription.
struct State {
    subscription: i64,
    account: i64,
    plan: PlanRow,
    seats: i64,
    status: &'static str,
    from: i64,
    until: Option<i64>,
    current: bool,
}

/// The table.
pub(crate) fn table(world: &World) -> Table {
    let mut rows: Vec<State> = Vec::new();
    let mut id = 910_000;
    for account in &world.accounts {
        let mut rng = Rng::keyed(world.seed, "subscription", unsigned(account.number));
        for _ in 0..rng.weighted(&[(1, 9), (2, 1)]) {
            id += rng.between(1, 6);
            rows.extend(history(world, &mut rng, account, id));
        }
    }
    contradict(&mut rows);
    columns(world, &rows)
}

/// What comes after a state, with weights and how many days the state lasts.
fn after(status: &str, rng: &mut Rng) -> (&'static str, i64) {
    match status {
        "trialing" => (rng.weighted(&[("active", 76), ("cancelled", 24)]), 14),
        "past_due" => (rng.weighted(&[("active", 62), ("cancelled", 38)]), rng.between(3, 21)),
        "paused" => (rng.weighted(&[("active", 70), ("cancelled", 30)]), rng.between(20, 70)),
        _ => {
            let next = [("active", 34), ("past_due", 22), ("paused", 9), ("cancelled", 35)];
            (rng.weighted(&next), rng.between(25, 330))
        }
    }
}

fn history(world: &World, rng: &mut Rng, account: &Account, subscription: i64) -> Vec<State> {
    let end = account.closed.unwrap_or(world.calendar.end());
    let mut plan = some_plan(rng, account.country.currency);
    let mut seats = rng.weighted(&[(2, 20), (5, 40), (12, 25), (40, 12), (150, 3)]);
    let (mut from, mut status) = (account.created + rng.between(1, 50) * HOUR, "trialing");
    let mut states = Vec::new();
    let mut add = |status, from, until: Option<i64>, plan, seats| {
        let current = until.is_none();
        states.push(State {
            subscription,
            account: account.id,
            plan,
            seats,
            status,
            from,
            until,
            current,
        });
    };
    if from >= end {
        return states;
    }
    loop {
        let (next, days) = after(status, rng);
        let until = from + days * DAY + rng.between(0, 86_399) * 1_000_000;
        if status == "cancelled" || until >= end {
            break;
        }
        add(status, from, Some(until), plan, seats);
        if (status, next) == ("active", "active") {
            (plan, seats) =
                (some_plan(rng, account.country.currency), seats + rng.between(-1, 6).max(0));
        }
        (from, status) = (until, next);
    }
    if account.closed.is_some() && status != "cancelled" {
        add(status, from, Some(end), plan, seats);
        (from, status) = (end, "cancelled");
    }
    add(status, from, None, plan, seats);
    states
}

/// Makes the row before the current one of a subscription claim to be current too.
fn contradict(rows: &mut [State]) {
    let at = rows.len() / 2;
    let found = rows.windows(2).skip(at).position(|pair| match pair {
        [before, after] => {
            before.subscription == after.subscription && after.current && before.status == "active"
        }
        _ => false,
    });
    if let Some(row) = found.and_then(|offset| rows.get_mut(at + offset)) {
        (row.until, row.current) = (None, true);
    }
}

fn columns(world: &World, rows: &[State]) -> Table {
    let mut sheet = Sheet::new(world.seed, "subscriptions", rows);
    sheet.int("subscription_id", "Key of the subscription; one row per state", |_, row| {
        Some(row.subscription)
    });
    sheet.int("account_id", "Subscriber", |_, row| Some(row.account));
    sheet.text("plan_id", "Plan in this state", |_, row| Some(row.plan.id.to_owned()));
    sheet.text("status", "trialing, active, past_due, paused or cancelled", |_, row| {
        Some(row.status.to_owned())
    });
    sheet.instant("valid_from", "First moment of the state", |_, row| Some(row.from));
    sheet.instant("valid_to", "First moment behind it; NULL while it lasts", |_, row| row.until);
    sheet.bool("is_current", "Whether it lasts", |_, row| Some(row.current));
    sheet.int("seats", "Seats paid for", |_, row| Some(row.seats));
    sheet.numeric("monthly_amount", "Seats times price; 0 unless active or past due", |_, row| {
        let paying = matches!(row.status, "active" | "past_due");
        Some(cents(if paying { row.seats * row.plan.price } else { 0 }))
    });
    sheet.text("currency", "Currency of the plan", |_, row| Some(row.plan.currency.to_owned()));
    sheet.text("changed_by", "Login that made the change; NULL for the clockwork", |rng, _| {
        nullable(rng, 550, |rng| Person::of(world.seed, "staff", rng.between(1, 14), "US").email)
    });
    sheet.text("cancel_reason", "Choice of the customer", |rng, row| {
        let reason = rng.pick(&["too_expensive", "missing_feature", "not_used", "other"]);
        (row.status == "cancelled" && rng.chance(700)).then_some(reason.to_owned())
    });
    Table::new("subscriptions", "States of the subscriptions, one row per state", sheet.columns())
        .clustered(&["account_id"])
        .label("kind", "history")
}
