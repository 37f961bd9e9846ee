//! References between tables, and the rows that refer to nothing.
//!
//! All references hold except those a fault breaks. A NULL refers to nothing and is no orphan.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Company;
use crate::num::count;
use crate::table::Table;
use crate::truth::rows::table;

/// A reference of one table to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// The table that refers.
    pub table: String,
    /// Its column.
    pub column: String,
    /// The table referred to.
    pub parent: String,
    /// Its key.
    pub parent_column: String,
    /// Rows whose column is NULL.
    pub nulls: u64,
    /// Rows whose value is no key of the parent.
    pub orphans: u64,
}

const RELATIONS: [(&str, &str, &str, &str); 11] = [
    ("users", "account_id", "accounts", "account_id"),
    ("orders", "user_id", "users", "user_id"),
    ("orders", "account_id", "accounts", "account_id"),
    ("orders", "parent_order_id", "orders", "order_id"),
    ("order_items", "order_id", "orders", "order_id"),
    ("payments", "order_id", "orders", "order_id"),
    ("events", "user_id", "users", "user_id"),
    ("subscriptions", "account_id", "accounts", "account_id"),
    ("subscriptions", "plan_id", "plans", "plan_id"),
    ("support_tickets", "user_id", "users", "user_id"),
    ("orders", "currency", "currencies", "code"),
];

/// All references, counted.
pub(crate) fn relations(company: &Company) -> Vec<Relation> {
    RELATIONS
        .iter()
        .filter_map(|(child, column, parent, key)| {
            let (rows, keys) = (table(company, child)?, table(company, parent)?);
            let (nulls, orphans) = broken(rows, column, keys, key);
            Some(Relation {
                table: (*child).to_owned(),
                column: (*column).to_owned(),
                parent: (*parent).to_owned(),
                parent_column: (*key).to_owned(),
                nulls,
                orphans,
            })
        })
        .collect()
}

fn broken(child: &Table, column: &str, parent: &Table, key: &str) -> (u64, u64) {
    if child.ints(column).is_empty() {
        return unmatched(child.texts(column), parent.texts(key));
    }
    unmatched(child.ints(column), parent.ints(key))
}

fn unmatched<T: Ord>(child: &[Option<T>], parent: &[Option<T>]) -> (u64, u64) {
    let keys: BTreeSet<&T> = parent.iter().flatten().collect();
    let nulls = child.iter().filter(|value| value.is_none()).count();
    let orphans = child.iter().flatten().filter(|value| !keys.contains(value)).count();
    (count(nulls), count(orphans))
}
