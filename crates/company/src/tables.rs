//! The tables of the company, in the order in which a warehouse lists them to a newcomer.
//!
//! Each module makes one kind of row from the shared world and turns it into columns. Rows that
//! refer to another table are made from that table's rows, so every reference that is not a planted
//! fault holds.

mod accounts;
mod events;
mod legacy;
mod marketing;
mod order_columns;
mod order_items;
pub(crate) mod orders;
mod payments;
mod products;
mod reference;
mod subscriptions;
mod tickets;
mod users;

use crate::table::Table;
use crate::world::World;

/// All tables of a company.
pub(crate) fn all(world: &World) -> Vec<Table> {
    let orders = orders::rows(world);
    vec![
        reference::currencies(world),
        reference::plans(world),
        reference::fx_rates(world),
        accounts::table(world),
        users::table(world),
        order_columns::table(world, &orders),
        order_items::table(world, &orders),
        payments::table(world, &orders),
        order_items::returns(world),
        events::table(world),
        subscriptions::table(world),
        marketing::table(world),
        tickets::table(world),
        legacy::table(world),
    ]
}
