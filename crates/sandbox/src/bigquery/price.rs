//! Bytes of a plan, as BigQuery counts them.
//!
//! The columns left after projection pushdown, in the partitions that filters leave, once for each
//! table; billed in MiB with 10 MiB at least for each table, nothing when nothing is read. A LIMIT
//! lowers nothing.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::LogicalPlan;

use super::engine::fault_of;
use super::engine::scan::Scan;
use super::fault::Fault;
use super::session::Bytes;

const MIB: u64 = 1 << 20;

/// What a plan reads of each table: per chunk, the columns.
#[derive(Default)]
struct Read {
    /// Bytes of each (chunk, column) that is read.
    sizes: BTreeMap<(usize, String), u64>,
}

/// Prices an optimized plan.
///
/// # Errors
/// A table that demands a filter on its partitions and gets none.
pub(crate) fn price(plan: &LogicalPlan) -> Result<Bytes, Fault> {
    let mut tables: BTreeMap<String, Read> = BTreeMap::new();
    let mut flat = 0_u64;
    let mut upper_bound = false;
    let mut refused = None;
    plan.apply_with_subqueries(|node| {
        let LogicalPlan::TableScan(found) = node else { return Ok(TreeNodeRecursion::Continue) };
        let provider = source_as_provider(&found.source)?;
        let Some(scan) = provider.downcast_ref::<Scan>() else {
            return Ok(TreeNodeRecursion::Continue);
        };
        if let Some(bytes) = scan.flat {
            flat = flat.max(bytes);
            return Ok(TreeNodeRecursion::Continue);
        }
        if let Some((columns, sentence)) = &scan.demanded
            && !scan.filters_on(&found.filters, columns)
        {
            refused.get_or_insert_with(|| Fault::query(sentence.clone()));
        }
        upper_bound |= scan.filters_on(&found.filters, &scan.clustered);
        let read: BTreeSet<usize> = match &found.projection {
            Some(columns) => columns.iter().copied().collect(),
            None => (0..scan.schema.fields().len()).collect(),
        };
        if let Some(owner) = &scan.owner {
            tables.entry(owner.to_string()).or_default();
        }
        for piece in scan.left(&found.filters) {
            let chunk = piece.batches.as_ptr() as usize;
            let table = tables.entry(piece.table.to_string()).or_default();
            for at in &read {
                let size = piece.sizes.get(*at).copied().unwrap_or(0);
                let identity = piece.batches.first().map_or(chunk, |batch| {
                    batch
                        .columns()
                        .first()
                        .map_or(chunk, |c| std::sync::Arc::as_ptr(c).cast::<u8>() as usize)
                });
                table.sizes.insert((identity, scan.schema.field(*at).name().clone()), size);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .map_err(|error| fault_of(&error))?;
    if let Some(fault) = refused {
        return Err(fault);
    }
    let mut bytes = Bytes { processed: flat, billed: flat, upper_bound };
    for read in tables.values() {
        let processed: u64 = read.sizes.values().sum();
        bytes.processed = bytes.processed.saturating_add(processed);
        bytes.billed = bytes.billed.saturating_add(billed(processed));
    }
    if bytes.processed == 0 {
        bytes.billed = 0;
    }
    Ok(bytes)
}

/// A table that is read at all counts its minimum, even an empty one beside others.
fn billed(processed: u64) -> u64 {
    processed.div_ceil(MIB).saturating_mul(MIB).max(10 * MIB)
}
