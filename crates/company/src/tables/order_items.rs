//! `order_items`, the lines of the sales, and `returns`, a table that never got a row.
//!
//! The lines of an order add up to its total less tax plus discount; a refund has no lines. A row
//! of `orders` that was loaded twice has its lines once.

use std::collections::BTreeSet;

use crate::num::{cents, int};
use crate::sheet::Sheet;
use crate::table::Table;
use crate::tables::orders::{Line, Order};
use crate::world::World;

struct Item {
    id: i64,
    order: i64,
    line_no: i64,
    line: Line,
    currency: &'static str,
    day: i64,
}

fn items(orders: &[Order]) -> Vec<Item> {
    let mut seen = BTreeSet::new();
    let mut items = Vec::new();
    for order in orders.iter().filter(|order| seen.insert(order.id)) {
        for (line_no, line) in (1..).zip(&order.lines) {
            let id = 30_000_000 + int(items.len()) * 2;
            items.push(Item {
                id,
                order: order.id,
                line_no,
                line: *line,
                currency: order.currency,
                day: order.day,
            });
        }
    }
    items
}

/// The lines.
pub(crate) fn table(world: &World, orders: &[Order]) -> Table {
    let items = items(orders);
    let mut sheet = Sheet::new(world.seed, "order_items", &items);
    sheet.int("order_item_id", "Key", |_, row| Some(row.id));
    sheet.int("order_id", "Order the line belongs to", |_, row| Some(row.order));
    sheet.int("line_no", "Position on the bill", |_, row| Some(row.line_no));
    sheet.date("order_date", "Local day of the order", |_, row| {
        Some(world.calendar.number(row.day))
    });
    sheet.text("sku", "Article", |_, row| Some(row.line.product.sku.to_owned()));
    sheet.text("product_name", "Name of the article", |_, row| {
        Some(row.line.product.name.to_owned())
    });
    sheet.text("gtin", "Number under the bar code", |_, row| Some(row.line.product.gtin()));
    sheet.text("part_no", "Number of the maker", |_, row| Some(row.line.product.part()));
    sheet.int("quantity", "Pieces", |_, row| Some(row.line.quantity));
    sheet.numeric("unit_price", "Price of one piece", |_, row| Some(cents(row.line.unit)));
    sheet.numeric("line_amount", "Price of all pieces, before discount and tax", |_, row| {
        Some(cents(row.line.quantity * row.line.unit))
    });
    sheet.text("currency", "Currency of the order", |_, row| Some(row.currency.to_owned()));
    Table::new("order_items", "Lines of the sales; refunds have none", sheet.columns())
        .by_day("order_date")
        .label("kind", "fact")
}

/// A table that was planned for goods sent back and is empty.
pub(crate) fn returns(world: &World) -> Table {
    let none: [(); 0] = [];
    let mut sheet = Sheet::new(world.seed, "returns", &none);
    sheet.int("return_id", "Key", |_, ()| None);
    sheet.int("order_id", "Order sent back", |_, ()| None);
    sheet.instant("returned_at", "Arrival at the depot", |_, ()| None);
    sheet.numeric("refund_amount", "To be paid back", |_, ()| None);
    sheet.text("sender_mail", "Who sent it", |_, ()| None);
    Table::new("returns", "Goods sent back; not in use yet", sheet.columns())
}
