//! How a query that costs too much could cost less: computed from what it reads, never guessed.
//!
//! Three ways, each with its figure: fewer days of a partitioned table, fewer columns, a sample. A way
//! is offered only where it saves bytes: a filter on a table without partitions does not, and a LIMIT
//! never does. Nothing here changes a query.

use serde::{Deserialize, Serialize};

use crate::catalog::{ColumnFacts, ColumnType, TableFacts};
use crate::units::Bytes;

/// Smallest table of which a sample surely reads less: below it a table may be one single block.
const SAMPLED_FROM: u64 = 1_000_000_000;

/// One column that a query reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnRead {
    /// Its name.
    pub name: String,
    /// About what reading it whole costs.
    pub bytes: Bytes,
}

/// What a query reads of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRead {
    /// The table's full name.
    pub table: String,
    /// Its partitioning column, if it has partitions.
    pub partition_column: Option<String>,
    /// Its logical bytes.
    pub bytes: Bytes,
    /// The columns read.
    pub columns: Vec<ColumnRead>,
}

impl TableRead {
    /// What reading these columns of a table costs, by the table's size and its columns' types.
    #[must_use]
    pub fn of<'a>(facts: &TableFacts, read: impl Iterator<Item = &'a str>) -> Self {
        let fixed: u64 = facts.columns.iter().filter_map(|column| width(column, facts.rows)).sum();
        let open = facts.columns.iter().filter(|column| width(column, facts.rows).is_none());
        let share =
            facts.bytes.saturating_sub(fixed) / u64::try_from(open.count().max(1)).unwrap_or(1);
        let mut columns: Vec<ColumnRead> = read
            .filter_map(|name| facts.column(name))
            .map(|column| ColumnRead {
                name: column.name.clone(),
                bytes: Bytes(width(column, facts.rows).unwrap_or(share)),
            })
            .collect();
        columns.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        columns.dedup_by(|a, b| a.name == b.name);
        Self {
            table: facts.table.to_string(),
            partition_column: facts.partition_column.clone(),
            bytes: Bytes(facts.bytes),
            columns,
        }
    }

    fn cost(&self) -> Bytes {
        self.columns.iter().map(|column| column.bytes).sum()
    }
}

/// Bytes of a column of fixed width; none where values differ in length.
fn width(column: &ColumnFacts, rows: u64) -> Option<u64> {
    let each = match column.column_type {
        _ if column.repeated => return None,
        ColumnType::Int64
        | ColumnType::Float64
        | ColumnType::Date
        | ColumnType::Time
        | ColumnType::Datetime
        | ColumnType::Timestamp => 8,
        ColumnType::Numeric | ColumnType::Interval => 16,
        ColumnType::Bignumeric => 32,
        ColumnType::Bool => 1,
        ColumnType::String
        | ColumnType::Bytes
        | ColumnType::Json
        | ColumnType::Geography
        | ColumnType::Record
        | ColumnType::Other => return None,
    };
    Some(rows.saturating_mul(each))
}

/// One way to read less.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Narrower {
    /// Read at most this share of the days that the query reads now.
    FewerDays {
        /// The table.
        table: String,
        /// The column to filter on.
        column: String,
        /// Most of the present days, in percent.
        percent: u64,
    },
    /// Leave columns out.
    FewerColumns {
        /// The table.
        table: String,
        /// Which, largest first.
        leave_out: Vec<String>,
        /// About what they cost.
        saves: Bytes,
    },
    /// Read a sample of the blocks.
    Sample {
        /// The table.
        table: String,
        /// Most blocks, in percent.
        percent: u64,
    },
}

/// What would fit into `room`, given that the query may be billed `wanted`; best first, and nothing
/// when there is no room at all.
#[must_use]
pub fn suggest(reads: &[TableRead], wanted: Bytes, room: Bytes) -> Vec<Narrower> {
    let percent = u128::from(room.0) * 100 / u128::from(wanted.0.max(1));
    let percent = u64::try_from(percent).unwrap_or(100);
    let Some(largest) = reads.iter().max_by_key(|read| read.cost()) else { return Vec::new() };
    let over = wanted.saturating_sub(room);
    if over == Bytes(0) || room == Bytes(0) {
        return Vec::new();
    }
    let days = largest.partition_column.clone().filter(|_| percent >= 1);
    let days =
        days.map(|column| Narrower::FewerDays { table: largest.table.clone(), column, percent });
    let sample = reads.len() == 1 && largest.bytes.0 >= SAMPLED_FROM && percent >= 1;
    let sample = sample.then(|| Narrower::Sample { table: largest.table.clone(), percent });
    days.into_iter().chain(fewer_columns(largest, wanted, over)).chain(sample).collect()
}

/// The largest columns whose share of the cost is what the query is over.
fn fewer_columns(read: &TableRead, wanted: Bytes, over: Bytes) -> Option<Narrower> {
    let whole = read.cost().0.max(1);
    let share = |bytes: Bytes| u128::from(bytes.0) * u128::from(wanted.0) / u128::from(whole);
    let (mut leave_out, mut saved) = (Vec::new(), 0_u128);
    for column in &read.columns {
        if saved >= u128::from(over.0) {
            break;
        }
        saved += share(column.bytes);
        leave_out.push(column.name.clone());
    }
    let enough = saved >= u128::from(over.0) && leave_out.len() < read.columns.len();
    let saves = Bytes(u64::try_from(saved).unwrap_or(u64::MAX));
    enough.then(|| Narrower::FewerColumns { table: read.table.clone(), leave_out, saves })
}

/// The ways as one sentence; none when there is none.
#[must_use]
pub fn sentence(ways: &[Narrower]) -> Option<String> {
    let parts: Vec<String> = ways.iter().map(phrase).collect();
    (!parts.is_empty()).then(|| format!("To fit, {}.", parts.join(", or ")))
}

fn phrase(way: &Narrower) -> String {
    match way {
        Narrower::FewerDays { table, column, percent } => {
            format!("read at most {percent} % of the days of {table}, by a filter on {column}")
        }
        Narrower::FewerColumns { table, leave_out, saves } => {
            format!("leave out {} of {table}, about {saves}", leave_out.join(", "))
        }
        Narrower::Sample { table, percent } => {
            format!("sample {table} with TABLESAMPLE SYSTEM ({percent} PERCENT)")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Examination, TableRef};

    fn table(bytes: u64, rows: u64, partition: Option<&str>) -> TableFacts {
        let column = |name: &str, column_type| ColumnFacts {
            name: name.to_owned(),
            column_type,
            repeated: false,
            examination: Examination::Clear,
        };
        TableFacts {
            table: TableRef {
                project: "p".to_owned(),
                dataset: "d".to_owned(),
                table: "t".to_owned(),
            },
            columns: vec![
                column("day", ColumnType::Date),
                column("amount", ColumnType::Numeric),
                column("note", ColumnType::String),
                column("page", ColumnType::String),
            ],
            rows,
            bytes,
            partition_column: partition.map(str::to_owned),
            partition_filter_required: false,
        }
    }

    #[test]
    fn columns_cost_their_width_and_the_open_ones_share_what_is_left() {
        let facts = table(100_000, 1_000, None);
        let read = TableRead::of(&facts, ["DAY", "note", "amount", "note"].into_iter());
        let costs: Vec<_> = read.columns.iter().map(|c| (c.name.as_str(), c.bytes.0)).collect();
        assert_eq!(costs, [("note", 38_000), ("amount", 16_000), ("day", 8_000)]);
    }

    #[test]
    fn each_way_is_offered_only_where_it_saves_and_fits() {
        let (wanted, room) = (Bytes(62_000), Bytes(31_000));
        let columns = ["day", "amount", "note"];
        let plain = TableRead::of(&table(100_000, 1_000, None), columns.into_iter());
        let leave = Narrower::FewerColumns {
            table: "p.d.t".to_owned(),
            leave_out: vec!["note".to_owned()],
            saves: Bytes(38_000),
        };
        assert_eq!(suggest(std::slice::from_ref(&plain), wanted, room), [leave]);
        assert_eq!(
            suggest(std::slice::from_ref(&plain), wanted, Bytes(0)),
            [],
            "no room is no way"
        );
        assert_eq!(suggest(&[plain], wanted, wanted), [], "what fits needs none");
        let large = table(2_000_000_000, 1_000, Some("day"));
        let one = TableRead::of(&large, ["note"].into_iter());
        let ways = suggest(std::slice::from_ref(&one), Bytes(1_000), Bytes(125));
        let of = |way| format!("{way:?}").split_whitespace().next().unwrap().to_owned();
        assert_eq!(ways.iter().map(of).collect::<Vec<_>>(), ["FewerDays", "Sample"]);
        assert!(matches!(ways[0], Narrower::FewerDays { percent: 12, .. }), "{ways:?}");
        assert_eq!(
            suggest(std::slice::from_ref(&one), Bytes(1_000), Bytes(9)),
            [],
            "less than one percent"
        );
        let other = TableRead { table: "p.d.u".to_owned(), columns: Vec::new(), ..one.clone() };
        assert_eq!(
            suggest(&[one, other], Bytes(1_000), Bytes(125)).len(),
            1,
            "no sample of a join"
        );
    }

    #[test]
    fn the_sentence_names_figures_and_is_absent_without_a_way() {
        assert_eq!(sentence(&[]), None);
        let way = Narrower::Sample { table: "p.d.t".to_owned(), percent: 12 };
        assert_eq!(
            sentence(&[way]).unwrap(),
            "To fit, sample p.d.t with TABLESAMPLE SYSTEM (12 PERCENT)."
        );
    }
}
