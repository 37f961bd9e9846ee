//! The end of a query block: its joins are counted, and its tables get their filters or a note.
//!
//! A missing filter is only noted here; what becomes of it is decided when the whole text is known.

use std::collections::BTreeMap;

use super::super::cost::{self, MAX_PAIRS};
use super::super::facts::SafetyTable;
use super::super::filters::{Block, Item, Missing};
use super::super::links::{Groups, MOST};
use super::{Blocked, Checked, Walker};

/// How often a table of unknown size may be multiplied, by a list of days for example.
const MAX_COPIES: f64 = 100_000.0;

impl Walker<'_> {
    /// Judges a block whose FROM, WHERE and pipe operators have been walked; says how many rows may
    /// come of its FROM at most, if that is known.
    pub(super) fn settle(&mut self, block: &Block<'_>) -> Checked<Option<f64>> {
        let items = block.items.iter().filter(|item| !item.correlated).count();
        self.found.joins = self.found.joins.max(items.saturating_sub(1));
        cost::check_product(block)?;
        for (at, item) in block.items.iter().enumerate() {
            if !item.is_table() {
                continue;
            }
            for facts in self.catalog.find(&item.parts) {
                let wild = item.parts.last().is_some_and(|part| part.ends_with('*'));
                let suffixed = wild && block.bounds(at, "_TABLE_SUFFIX");
                if !suffixed && let Some(missing) = self.missing(facts, block, at) {
                    self.found.missing.push(missing);
                    break;
                }
            }
        }
        self.product(block)
    }

    /// The filter a table lacks, if it lacks one.
    fn missing(&self, facts: &SafetyTable, block: &Block<'_>, at: usize) -> Option<Missing> {
        let (rule, columns) = match &facts.partition {
            Some(column) => ("require.partition_filter", partition_columns(column)),
            None if facts.rows.is_some_and(|rows| rows >= self.policy.large_rows) => {
                let columns = facts.time_columns.iter().map(String::as_str).collect();
                ("require.time_filter", columns)
            }
            None => return None,
        };
        let first: &str = columns.first()?;
        if columns.iter().any(|column| block.bounds(at, column)) {
            return None;
        }
        let item = block.items.get(at)?;
        Some(Missing {
            rule,
            table: item.parts.join("."),
            alias: item.alias.clone(),
            column: first.to_owned(),
            column_type: facts.column_type(first).map(str::to_owned),
        })
    }

    /// Refuses items multiplied with each other, unless they are known to be small.
    fn product(&self, block: &Block<'_>) -> Checked<Option<f64>> {
        let single = |at: usize| block.items.get(at).is_some_and(|item| !item.correlated);
        let items: Vec<usize> = (0..block.items.len()).filter(|at| single(*at)).collect();
        let rows = |at: usize| block.items.get(at).and_then(|item| self.rows(item));
        match items.as_slice() {
            [] => return Ok(Some(1.0)),
            [only] => return Ok(rows(*only).filter(|_| block.items.len() == 1)),
            many if many.len() > MOST => return Ok(None),
            _ => {}
        }
        let (tied, equal) = block.links.groups(&block.items);
        let mut most: BTreeMap<usize, f64> = BTreeMap::new();
        for at in &items {
            let group = most.entry(tied.group(*at)).or_insert(0.0);
            *group = group.max(rows(*at).unwrap_or(f64::INFINITY));
        }
        self.no_self_product(block, &items, &equal)?;
        let endless = most.values().filter(|rows| rows.is_infinite()).count();
        let known: f64 = most.values().filter(|rows| rows.is_finite()).product();
        let within = match endless {
            0 => known <= MAX_PAIRS,
            1 => known <= MAX_COPIES,
            _ => false,
        };
        let reason = "The query multiplies tables with each other without a condition.";
        let next = "Join them ON columns of both sides that must be equal, or reduce one side to a \
                    few rows first.";
        if !within {
            return Err(Blocked::new("enforce.cartesian", reason).next(next));
        }
        Ok(Some(known).filter(|_| endless == 0 && items.len() == block.items.len()))
    }

    /// Refuses a table joined with itself by less than an equality: every row meets most others.
    fn no_self_product(&self, block: &Block<'_>, items: &[usize], equal: &Groups) -> Checked<()> {
        let source = |at: usize| {
            let item = block.items.get(at)?;
            let name = item.source.clone().or_else(|| Some(item.parts.join(".")))?;
            Some(name.to_ascii_lowercase()).filter(|name| !name.is_empty())
        };
        let rows = |at: usize| block.items.get(at).and_then(|item| self.rows(item));
        for (n, left) in items.iter().enumerate() {
            for right in items.iter().skip(n.saturating_add(1)) {
                let itself = source(*left).is_some() && source(*left) == source(*right);
                let apart = equal.group(*left) != equal.group(*right);
                let small = rows(*left).is_some_and(|rows| rows * rows <= MAX_PAIRS);
                if itself && apart && !small {
                    let reason = "The query joins a table with itself without equal columns.";
                    let next = "Add a column that must be equal on both sides, or use a window \
                                function such as LAG, RANK or SUM(...) OVER.";
                    return Err(Blocked::new("enforce.self_join", reason).next(next));
                }
            }
        }
        Ok(())
    }

    /// Most rows of an item, by its text or the catalog.
    fn rows(&self, item: &Item<'_>) -> Option<f64> {
        if !item.is_table() {
            return item.rows;
        }
        let known = self.catalog.find(&item.parts);
        let rows: Option<Vec<u64>> = known.iter().map(|facts| facts.rows).collect();
        rows.filter(|rows| !rows.is_empty())?.into_iter().map(count).sum()
    }
}

/// A count of rows; one beyond four thousand millions is as good as unknown.
fn count(rows: u64) -> Option<f64> {
    u32::try_from(rows).ok().map(f64::from)
}

/// The partitioning column and the pseudo column that stands for it.
fn partition_columns(column: &str) -> Vec<&str> {
    match column.to_ascii_uppercase().as_str() {
        "_PARTITIONTIME" => vec!["_PARTITIONTIME", "_PARTITIONDATE"],
        "_PARTITIONDATE" => vec!["_PARTITIONDATE", "_PARTITIONTIME"],
        _ => vec![column],
    }
}
