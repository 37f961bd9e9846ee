//! Making the orders: sales by day, refunds as negative rows, and the faults that are planted.
//!
//! A sale's total is its lines less the discount plus tax, in cents. The rows of a batch that was
//! loaded twice differ in the time of loading and the batch alone. A row that would have arrived
//! after the data was copied must not be there.

use crate::num::{DAY, HOUR, MINUTE, SECOND, cents, index, int, unsigned};
use crate::person::{COUNTRIES, Country};
use crate::plan::{DUPLICATES, GHOST_USER, GHOSTS};
use crate::rng::Rng;
use crate::scale::{SHOPPING, allot, day_weights};
use crate::tables::products::{PRODUCTS, Product};
use crate::world::World;

/// One line of an order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) product: Product,
    pub(crate) quantity: i64,
    /// Price of one, in cents.
    pub(crate) unit: i64,
}

/// One row of `orders`; amounts in cents.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) user: Option<i64>,
    pub(crate) account: Option<i64>,
    /// Number of the person, for names and addresses; guests have one too.
    pub(crate) person: i64,
    pub(crate) country: Country,
    pub(crate) at: i64,
    pub(crate) day: i64,
    pub(crate) status: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) discount: i64,
    pub(crate) tax: i64,
    pub(crate) total: i64,
    /// The order that a refund takes back.
    pub(crate) parent: Option<i64>,
    pub(crate) ingested: i64,
    pub(crate) batch: i64,
    pub(crate) lines: Vec<Line>,
}

impl Order {
    /// The total in billionths.
    pub(crate) fn amount(&self) -> i128 {
        cents(self.total)
    }
}

/// All rows, by time.
pub(crate) fn rows(world: &World) -> Vec<Order> {
    let arrived = |order: &Order| order.ingested <= world.calendar.extracted();
    let mut rows = sales(world);
    rows.retain(arrived);
    rows.extend(refunds(world, &rows));
    haunt(world, &mut rows);
    rows.extend(copies(world, &rows));
    rows.retain(arrived);
    rows.sort_by_key(|order| (order.at, order.id, order.ingested));
    rows
}

/// The moments of the sales, in order.
fn moments(world: &World) -> Vec<i64> {
    let calendar = &world.calendar;
    let mut rng = Rng::keyed(world.seed, "orders.at", 0);
    let mut weights = day_weights(calendar, world.seed, "orders.day");
    if let Some(weight) = weights.get_mut(index(unsigned(world.plan.spike))) {
        *weight = *weight * 17 / 10;
    }
    if let Some(weight) = weights.get_mut(index(unsigned(world.plan.no_orders))) {
        *weight = 0;
    }
    let mut moments = edges(world);
    for (day, count) in (0..).zip(allot(world.scale.orders, &weights)) {
        moments.extend((0..count).map(|_| calendar.moment(day, &mut rng, &SHOPPING)));
    }
    moments.sort_unstable();
    moments
}

/// Moments at the edges of windows and of clock changes, where a wrong bound shows.
fn edges(world: &World) -> Vec<i64> {
    let calendar = &world.calendar;
    let mut edges = vec![calendar.end() - 1];
    for back in [6, 13, 20] {
        let start = calendar.start(calendar.back(back));
        edges.extend([start - 1, start]);
        // The same bounds in UTC: midnight of that date.
        let utc = i64::from(calendar.number(calendar.back(back))) * DAY;
        edges.extend([utc - 1, utc]);
    }
    for day in 0..calendar.days() {
        let (start, length) = (calendar.start(day), calendar.start(day + 1) - calendar.start(day));
        if length != DAY {
            // The first and last minute of the odd day, and both hours around most changes.
            edges.extend([start, start + 90 * MINUTE, start + 150 * MINUTE, start + length - 1]);
        }
    }
    edges
}

fn sales(world: &World) -> Vec<Order> {
    let mut id = 5_100_000;
    let mut order = |(number, at): (i64, i64)| {
        let mut rng = Rng::keyed(world.seed, "order", unsigned(number));
        id += rng.between(1, 5);
        sale(world, &mut rng, id, at)
    };
    (0..).zip(moments(world)).map(&mut order).collect()
}

fn sale(world: &World, rng: &mut Rng, id: i64, at: i64) -> Order {
    let day = world.calendar.day_of(at);
    let buyer = if rng.chance(45) { None } else { world.somebody(rng, at) };
    let country = buyer.map_or_else(|| rng.weighted(&COUNTRIES), |user| user.country);
    let currency = country.currency;
    let many = if day == world.plan.spike { 3 } else { 1 };
    let lines: Vec<Line> = (0..rng.weighted(&[(1, 46), (2, 28), (3, 15), (4, 7), (6, 4)]))
        .map(|_| {
            let product = rng.weighted(&PRODUCTS);
            let quantity = many * rng.weighted(&[(1, 70), (2, 18), (3, 7), (10, 5)]);
            Line { product, quantity, unit: product.price(currency) }
        })
        .collect();
    let goods: i64 = lines.iter().map(|line| line.quantity * line.unit).sum();
    let discount = if rng.chance(160) { goods * rng.pick(&[5, 10, 15, 20]) / 100 } else { 0 };
    let tax = (goods - discount) * if currency == "EUR" { 19 } else { 7 } / 100;
    let status = status(rng, world.calendar.end() - at);
    let (ingested, batch) = loading(rng, at, day);
    Order {
        id,
        user: buyer.map(|user| user.id),
        account: buyer.map(|user| user.account),
        person: buyer.map_or(1_000_000_000 + id, |user| user.number),
        country,
        at,
        day,
        status,
        currency,
        discount,
        tax,
        total: goods - discount + tax,
        parent: None,
        ingested,
        batch,
        lines,
    }
}

/// The status of an order of that age.
fn status(rng: &mut Rng, age: i64) -> &'static str {
    if rng.chance(38) {
        return "cancelled";
    }
    if age < 2 * DAY {
        return rng.weighted(&[("paid", 7), ("shipped", 3)]);
    }
    if age < 8 * DAY {
        return rng.weighted(&[("paid", 1), ("shipped", 5), ("delivered", 4)]);
    }
    "delivered"
}

/// When a row was loaded and in which batch: mostly within minutes, sometimes days later.
fn loading(rng: &mut Rng, at: i64, day: i64) -> (i64, i64) {
    let quick = rng.between(30, 1500) * SECOND;
    let late = rng.between(26 * 60, 110 * 60) * MINUTE;
    let ingested = at + if rng.chance(16) { late } else { quick };
    (ingested, 20_000 + day * 10 + (at.rem_euclid(DAY)) / (6 * HOUR))
}

/// Refunds: rows of their own, with the negative total of the order they take back.
fn refunds(world: &World, sales: &[Order]) -> Vec<Order> {
    let mut id = 8_100_000;
    let mut refunds = Vec::new();
    for sale in sales.iter().filter(|sale| sale.status != "cancelled") {
        let mut rng = Rng::keyed(world.seed, "refund", unsigned(sale.id));
        let at = sale.at + rng.between(2 * 24 * 60, 20 * 24 * 60) * MINUTE;
        let day = world.calendar.day_of(at);
        id += rng.between(1, 4);
        if !rng.chance(52) || at >= world.calendar.end() || day == world.plan.no_orders {
            continue;
        }
        let (ingested, batch) = loading(&mut rng, at, day);
        refunds.push(Order {
            id,
            at,
            day,
            status: "refund",
            discount: 0,
            tax: -sale.tax,
            total: -sale.total,
            parent: Some(sale.id),
            ingested,
            batch,
            lines: Vec::new(),
            ..sale.clone()
        });
    }
    refunds
}

/// Gives a few orders of one day a user who is in no table.
fn haunt(world: &World, rows: &mut [Order]) {
    let day =
        rows.iter_mut().filter(|o| o.day == world.plan.ghosts && o.total > 0 && o.user.is_some());
    for (number, order) in (0..).zip(day.take(GHOSTS)) {
        order.user = Some(GHOST_USER + number);
    }
}

/// The rows that were loaded twice: the last of one day, six hours later.
fn copies(world: &World, rows: &[Order]) -> Vec<Order> {
    let mut day: Vec<&Order> =
        rows.iter().filter(|order| order.day == world.plan.duplicates).collect();
    day.sort_by_key(|order| (order.at, order.id));
    let batch = 20_000 + world.plan.duplicates * 10 + 9;
    let copy =
        |order: &&Order| Order { ingested: order.ingested + 6 * HOUR, batch, ..(*order).clone() };
    let keep = int(day.len()) / 2;
    day.iter().rev().take(DUPLICATES.min(index(unsigned(keep)))).map(copy).collect()
}
