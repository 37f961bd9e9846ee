//! The end of a query block: its joins are counted, and its tables get their filters or a note.
//!
//! A missing filter is only noted here; what becomes of it is decided when the whole text is known.

use super::super::cost::{self, MAX_PAIRS};
use super::super::facts::SafetyTable;
use super::super::filters::{Block, Missing};
use super::{Checked, Walker, need};

impl Walker<'_> {
    /// Judges a block whose FROM, WHERE and pipe operators have been walked.
    pub(super) fn settle(&mut self, block: &Block<'_>) -> Checked<()> {
        let items = block.items.iter().filter(|item| !item.correlated).count();
        self.found.joins = self.found.joins.max(items.saturating_sub(1));
        cost::check_product(block)?;
        self.no_product(block)?;
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
        Ok(())
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

    /// Refuses tables multiplied with each other, unless the catalog knows that they are small.
    fn no_product(&self, block: &Block<'_>) -> Checked<()> {
        if block.filtered {
            return Ok(());
        }
        let table =
            |at: usize| block.items.get(at).is_some_and(super::super::filters::Item::is_table);
        let loose = block.loose.iter().any(|at| table(*at) && (0..*at).any(table));
        if !loose {
            return Ok(());
        }
        let rows = block.items.iter().filter(|item| item.is_table()).map(|item| {
            let known = self.catalog.find(&item.parts);
            known.iter().filter_map(|facts| facts.rows).max().unwrap_or(u64::MAX)
        });
        let pairs = rows.fold(1_u64, |pairs, rows| pairs.saturating_mul(rows.max(1)));
        let reason = "The query multiplies tables with each other without a condition.";
        need(pairs <= MAX_PAIRS, "enforce.cartesian", reason)
    }
}

/// The partitioning column and the pseudo column that stands for it.
fn partition_columns(column: &str) -> Vec<&str> {
    match column.to_ascii_uppercase().as_str() {
        "_PARTITIONTIME" => vec!["_PARTITIONTIME", "_PARTITIONDATE"],
        "_PARTITIONDATE" => vec!["_PARTITIONDATE", "_PARTITIONTIME"],
        _ => vec![column],
    }
}
