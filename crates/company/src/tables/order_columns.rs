//! The columns of `orders`.
//!
//! What is drawn here is drawn by the order's id, so that a row that was loaded twice is the same
//! row. The order number looks like a card and fails its check; the note sometimes holds a card.

use crate::check;
use crate::num::{cents, unsigned};
use crate::person::{self, Person, papers};
use crate::rng::{CAPITALS, Rng};
use crate::sheet::Sheet;
use crate::table::{Column, Table};
use crate::tables::orders::Order;
use crate::world::World;

/// The table.
pub(crate) fn table(world: &World, rows: &[Order]) -> Table {
    let mut columns = keys(world, rows);
    columns.extend(amounts(world, rows));
    columns.extend(sale(world, rows));
    columns.extend(delivery(world, rows));
    columns.extend(loading(world, rows));
    Table::new("orders", "Sales and refunds; a refund is a row with a negative total", columns)
        .by_day("order_date")
        .clustered(&["currency", "status"])
        .label("kind", "fact")
}

/// Draws by the order's id and the column's name.
fn by(world: &World, column: &str, row: &Order) -> Rng {
    Rng::keyed(world.seed, column, unsigned(row.id))
}

fn keys(world: &World, rows: &[Order]) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "orders", rows);
    sheet.int("order_id", "Key; unique except where a batch was loaded twice", |_, row| {
        Some(row.id)
    });
    sheet.text("order_number", "Sixteen digits, printed on the bill", |_, row| {
        Some(check::luhn_break(format!("44{}", by(world, "order_number", row).digits(13))))
    });
    sheet.int("parent_order_id", "The order a refund takes back", |_, row| row.parent);
    sheet.int("user_id", "Buyer; NULL for guests", |_, row| row.user);
    sheet.int("account_id", "Company of the buyer", |_, row| row.account);
    sheet.instant("order_ts", "Moment of the order", |_, row| Some(row.at));
    sheet.date("order_date", "Local day of the order", |_, row| {
        Some(world.calendar.number(row.day))
    });
    sheet.columns()
}

fn amounts(world: &World, rows: &[Order]) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "orders", rows);
    sheet.text("status", "paid, shipped, delivered, cancelled or refund", |_, row| {
        Some(row.status.to_owned())
    });
    sheet.text("currency", "USD or EUR", |_, row| Some(row.currency.to_owned()));
    sheet.numeric(
        "total_amount",
        "Goods less discount plus tax; negative for a refund",
        |_, row| Some(row.amount()),
    );
    sheet.numeric("discount_amount", "Discount; NULL when there was none", |_, row| {
        (row.discount > 0).then_some(cents(row.discount))
    });
    sheet.numeric("tax_amount", "Tax in total_amount", |_, row| Some(cents(row.tax)));
    sheet.columns()
}

fn sale(world: &World, rows: &[Order]) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "orders", rows);
    sheet.text("channel", "Where the sale was made", |_, row| {
        let mut rng = by(world, "channel", row);
        let channel = rng.weighted(&[("web", 52), ("app", 27), ("marketplace", 14), ("phone", 7)]);
        let share = if world.plan.nulls(row.day) { 640 } else { 15 };
        (!rng.chance(share)).then_some(channel.to_owned())
    });
    sheet.text("coupon_code", "Voucher used", |_, row| {
        let coupon =
            by(world, "coupon", row).pick(&["SPRING5", "WELCOME10", "TEAM15", "BULK20", "FRIENDS"]);
        (row.discount > 0).then_some(coupon.to_owned())
    });
    sheet.text("note", "Typed by the buyer or by sales", |_, row| note(world, row));
    sheet.text("client_addr", "Address the order came from", |_, row| {
        let mut rng = by(world, "client_addr", row);
        (!rng.chance(90)).then(|| person::ipv4(&mut rng))
    });
    sheet.columns()
}

/// Mostly nothing; sometimes a wish; now and then a card number that should not be there.
fn note(world: &World, row: &Order) -> Option<String> {
    let mut rng = by(world, "note", row);
    match rng.below(40) {
        0 => {
            let card = papers::card(&mut rng);
            let (month, year) = (rng.between(1, 12), rng.between(27, 31));
            Some(format!(
                "Customer on the phone, charge {} exp {month:02}/{year}",
                papers::grouped(&card, " ")
            ))
        }
        1..=4 => Some(
            rng.pick(&["Please leave at the gate", "Gift, no bill in the box", "Ring twice"])
                .to_owned(),
        ),
        5 => Some(format!("Ref PO-{}", rng.digits(6))),
        _ => None,
    }
}

fn delivery(world: &World, rows: &[Order]) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "orders", rows);
    sheet.text("deliver_to", "On the parcel", |_, row| {
        (row.parent.is_none())
            .then(|| Person::of(world.seed, "customer", row.person, row.country.code).name())
    });
    sheet.text("drop_point", "Where the parcel goes", |_, row| {
        (row.parent.is_none())
            .then(|| person::address(&mut by(world, "drop_point", row), row.country.code))
    });
    sheet.text("tracking_number", "Of the carrier", |_, row| {
        let mut rng = by(world, "tracking", row);
        let tracking = format!("1Z{}{}", rng.letters(&CAPITALS, 6), rng.digits(10));
        matches!(row.status, "shipped" | "delivered").then_some(tracking)
    });
    sheet.text("box_dims", "Length, width, height in mm", |_, row| {
        let mut rng = by(world, "box", row);
        let dims = format!(
            "{}-{}-{:04}",
            rng.between(210, 399),
            rng.between(200, 399),
            rng.between(200, 3999)
        );
        (row.parent.is_none()).then_some(dims)
    });
    sheet.columns()
}

fn loading(world: &World, rows: &[Order]) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "orders", rows);
    sheet.instant("ingested_at", "When the row was loaded", |_, row| Some(row.ingested));
    sheet.int("batch_id", "Load that brought the row", |_, row| Some(row.batch));
    sheet.text("shard_key", "Never filled since the move", |_, _| None);
    sheet.columns()
}
