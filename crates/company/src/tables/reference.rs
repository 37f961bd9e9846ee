//! Tables that configure the company: currencies, plans, and the rate of each day.
//!
//! They are small and change seldom; none of their figures is a business result, so they must never
//! be taken for a source of revenue although a plan has a price.

use crate::num::{cents, millionths, unsigned};
use crate::rng::Rng;
use crate::sheet::Sheet;
use crate::table::Table;
use crate::world::World;

struct Currency {
    code: &'static str,
    name: &'static str,
    symbol: &'static str,
    minor_units: i64,
    active: bool,
}

const CURRENCIES: [Currency; 5] = [
    Currency { code: "USD", name: "US dollar", symbol: "$", minor_units: 2, active: true },
    Currency { code: "EUR", name: "Euro", symbol: "€", minor_units: 2, active: true },
    Currency { code: "GBP", name: "Pound sterling", symbol: "£", minor_units: 2, active: false },
    Currency { code: "BRL", name: "Brazilian real", symbol: "R$", minor_units: 2, active: false },
    Currency { code: "JPY", name: "Yen", symbol: "¥", minor_units: 0, active: false },
];

/// The currencies: two in use, three switched off.
pub(crate) fn currencies(world: &World) -> Table {
    let mut sheet = Sheet::new(world.seed, "currencies", &CURRENCIES);
    sheet.text("code", "ISO 4217 code", |_, row| Some(row.code.to_owned()));
    sheet.text("name", "Name in English", |_, row| Some(row.name.to_owned()));
    sheet.text("symbol", "Sign put before the amount", |_, row| Some(row.symbol.to_owned()));
    sheet.int("minor_units", "Digits behind the point", |_, row| Some(row.minor_units));
    sheet.bool("is_active", "Whether new orders may use it", |_, row| Some(row.active));
    sheet.text("note", "Never filled", |_, _| None);
    Table::new("currencies", "Currencies the shop knows", sheet.columns())
        .label("kind", "reference")
}

/// One plan in one currency.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PlanRow {
    pub(crate) id: &'static str,
    name: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) price: i64,
    seats: i64,
    features: &'static [&'static str],
}

const fn plan(
    id: &'static str,
    name: &'static str,
    currency: &'static str,
    price: i64,
    seats: i64,
    features: &'static [&'static str],
) -> PlanRow {
    PlanRow { id, name, currency, price, seats, features }
}

/// The plans; the price is per seat and month, in cents.
pub(crate) const PLANS: [PlanRow; 8] = [
    plan("free-usd", "Free", "USD", 0, 2, &[]),
    plan("free-eur", "Free", "EUR", 0, 2, &[]),
    plan("team-usd", "Team", "USD", 1900, 5, &["reports"]),
    plan("team-eur", "Team", "EUR", 1700, 5, &["reports"]),
    plan("business-usd", "Business", "USD", 4900, 20, &["reports", "api", "sso"]),
    plan("business-eur", "Business", "EUR", 4500, 20, &["reports", "api", "sso"]),
    plan("scale-usd", "Scale", "USD", 9900, 100, &["reports", "api", "sso", "audit"]),
    plan("scale-eur", "Scale", "EUR", 8900, 100, &["reports", "api", "sso", "audit"]),
];

/// A plan of that currency; free plans seldom.
pub(crate) fn some_plan(rng: &mut Rng, currency: &str) -> PlanRow {
    let plans: Vec<(PlanRow, u64)> = PLANS
        .iter()
        .filter(|plan| plan.currency == currency)
        .zip([15, 45, 30, 10])
        .map(|(plan, weight)| (*plan, weight))
        .collect();
    rng.weighted(&plans)
}

/// The plans on sale. A plan that is not withdrawn ends on 9999-12-31.
pub(crate) fn plans(world: &World) -> Table {
    /// Day number of 9999-12-31.
    const NEVER: i32 = 2_932_896;
    let start = world.calendar.number(0) - 700;
    let mut sheet = Sheet::new(world.seed, "plans", &PLANS);
    sheet.text("plan_id", "Key", |_, row| Some(row.id.to_owned()));
    sheet.text("plan_name", "Name on the price list", |_, row| Some(row.name.to_owned()));
    sheet.text("currency", "Currency of the price", |_, row| Some(row.currency.to_owned()));
    sheet.numeric("monthly_price", "Per seat and month", |_, row| Some(cents(row.price)));
    sheet.int("seats_included", "Seats without surcharge", |_, row| Some(row.seats));
    sheet.texts("features", "What it unlocks", |_, row| {
        row.features.iter().map(|feature| (*feature).to_owned()).collect()
    });
    sheet.date("effective_from", "First day of the price", |_, _| Some(start));
    sheet.date("effective_to", "Last day of the price", |_, _| Some(NEVER));
    Table::new("plans", "Price list of the subscriptions", sheet.columns())
        .label("kind", "reference")
}

/// US dollars for one euro on each day, in millionths: a walk that is pulled back to 1.08.
fn rates(world: &World) -> Vec<i64> {
    let mut rate = 1_080_000;
    let step = |day| {
        let mut rng = Rng::keyed(world.seed, "fx_rates.rate", unsigned(day));
        rate += rng.between(-4200, 4200) + (1_080_000 - rate) / 25;
        rate
    };
    (0..world.calendar.days()).map(step).collect()
}

/// The rate table: two rows a day, so that a join on day and currency finds a rate for each order.
pub(crate) fn fx_rates(world: &World) -> Table {
    let days = (0..).zip(rates(world));
    let rows: Vec<(i32, &str, i64)> = days
        .flat_map(|(day, rate)| {
            let date = world.calendar.number(day);
            [(date, "EUR", rate), (date, "USD", 1_000_000)]
        })
        .collect();
    let mut sheet = Sheet::new(world.seed, "fx_rates", &rows);
    sheet.date("rate_date", "Local day the rate holds for", |_, row| Some(row.0));
    sheet.text("from_currency", "Currency of the amount", |_, row| Some(row.1.to_owned()));
    sheet.text("to_currency", "Always USD", |_, _| Some("USD".to_owned()));
    sheet.numeric("rate", "Factor from one to the other", |_, row| Some(millionths(row.2)));
    Table::new("fx_rates", "Rate of each day against the US dollar", sheet.columns())
        .label("kind", "reference")
}
