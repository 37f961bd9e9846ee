//! Follows every column of a query from the table it comes from to each place it reaches.
//!
//! The walk resolves names as BigQuery does and decides about nothing but columns: which tables and
//! columns exist, which columns reach which output, and in which clauses they are used. Functions,
//! limits and costs are the business of other rules. It never guesses in favour of the query: a name
//! with two readings counts as both, a construct that is not known is refused.
//!
//! What [`decide`] allows of a protected column, and nothing else:
//! - `COUNT(col)`, `COUNT(DISTINCT col)`, `APPROX_COUNT_DISTINCT(col)`, `COUNTIF(col IS NULL)` and
//!   `COUNTIF(col IS NOT NULL)`, without `OVER` and without further clauses, where `col` is the bare
//!   column, a field of it, or a name for one of them that came through subqueries unchanged. An
//!   expression, a UNION of two columns or a scalar subquery in that place is refused, because such
//!   an argument turns the count into a question about single values.
//! - The column in the SELECT list of a subquery, unchanged, as long as no clause uses it and it
//!   does not reach the output; so `SELECT country FROM (SELECT * FROM users)` is allowed.
//!
//! Everything else is a use, and refused: the output; an expression, even one whose result is thrown
//! away (an error message can show the value); a filter, join key, group key, order key or condition;
//! every other aggregate, since MIN, MAX, ANY_VALUE, SUM, AVG, ARRAY_AGG, STRING_AGG and the sketches
//! all return values when the groups are small. A column nobody has examined counts as protected.

mod expr;
mod from;
mod function;
mod names;
mod pipe;
mod pivot;
mod projection;
mod query;
mod resolve;
mod select;
#[cfg(test)]
mod tests;
mod tracer;
mod using;
mod value;

use autopilot_domain::catalog::{Catalog, TableRef};
use sqlparser::ast::Statement;

use super::Blocked;

/// A column of a table in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BaseColumn {
    /// The table.
    pub(crate) table: TableRef,
    /// The column's name as the catalog spells it.
    pub(crate) column: String,
    /// Whether it is personal or not examined.
    pub(crate) protected: bool,
}

/// Where a column is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Clause {
    /// Its value can reach a column of the result.
    Output,
    /// An expression computes with it.
    Expression,
    /// The argument of an aggregate that can show values.
    Aggregate,
    /// WHERE, HAVING, QUALIFY or LIMIT.
    Filter,
    /// ON, USING or UNNEST.
    Join,
    /// GROUP BY, PARTITION BY, DISTINCT, PIVOT, or a set operation that compares rows.
    Group,
    /// ORDER BY, also of a window or an aggregate.
    Order,
    /// A condition of CASE.
    Condition,
    /// Unchanged in the SELECT list of a subquery; alone, this shows nothing.
    Selected,
    /// Counted by an aggregate that cannot show a value.
    Counted,
}

impl Clause {
    /// Whether a protected column may be used like this.
    #[must_use]
    pub(crate) const fn is_harmless(self) -> bool {
        match self {
            Self::Selected | Self::Counted => true,
            Self::Output
            | Self::Expression
            | Self::Aggregate
            | Self::Filter
            | Self::Join
            | Self::Group
            | Self::Order
            | Self::Condition => false,
        }
    }

    /// The use as a phrase that follows "is used".
    const fn phrase(self) -> &'static str {
        match self {
            Self::Output => "in the result",
            Self::Expression => "in an expression",
            Self::Aggregate => "by an aggregate that can show its values",
            Self::Filter => "in a filter",
            Self::Join => "to join or to unnest",
            Self::Group => "to group or to compare rows",
            Self::Order => "to order",
            Self::Condition => "as a condition",
            Self::Selected => "in a subquery",
            Self::Counted => "in a count",
        }
    }
}

/// A table the query reads, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableUse {
    /// The table.
    pub(crate) table: TableRef,
    /// The names it has in the query's FROM clauses, each once.
    pub(crate) names: Vec<String>,
    /// Its partitioning column.
    pub(crate) partition_column: Option<String>,
    /// Whether a query must filter on that column.
    pub(crate) partition_filter_required: bool,
}

/// One use of one column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ColumnUse {
    /// The column.
    pub(crate) column: BaseColumn,
    /// Where.
    pub(crate) clause: Clause,
}

/// A column of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputColumn {
    /// Its name; none if the warehouse chooses one.
    pub(crate) name: Option<String>,
    /// Whether it stands for all fields of a record, so that its place and number are not known.
    pub(crate) open: bool,
    /// The columns it derives from, in any way.
    pub(crate) sources: Vec<BaseColumn>,
    /// Whether the value of a protected column can reach it.
    pub(crate) revealing: bool,
}

/// What a query reads and where it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lineage {
    /// Tables, each once, in the order they are met.
    pub(crate) tables: Vec<TableUse>,
    /// Every use of every column, each once.
    pub(crate) uses: Vec<ColumnUse>,
    /// The columns of the result, in order.
    pub(crate) outputs: Vec<OutputColumn>,
}

/// A use of a protected column that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProtectedUse {
    /// The column.
    pub(crate) column: String,
    /// Its table.
    pub(crate) table: TableRef,
    /// Where it is used.
    pub(crate) clause: Clause,
    /// A sentence that says so.
    pub(crate) reason: String,
}

/// Whether a query may run, as far as personal data is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PiiDecision {
    /// True if nothing is refused.
    pub(crate) allowed: bool,
    /// What is refused, each column and clause once.
    pub(crate) refused: Vec<ProtectedUse>,
}

/// Follows the columns of one statement. Call it where the stack is large: the tree may be deep.
///
/// # Errors
/// A rule starting with `catalog.` for names and types that do not fit the catalog, one starting
/// with `lineage.` for a construct whose columns cannot be followed.
pub(crate) fn trace(statement: &Statement, catalog: &Catalog) -> Result<Lineage, Blocked> {
    let Statement::Query(query) = statement else {
        return Err(Blocked::new("lineage.statement", "Only a SELECT can be followed."));
    };
    let mut tracer = tracer::Tracer::new(catalog);
    let rows = tracer.query(query, None)?;
    tracer.finish(&rows)
}

/// Decides by default rules: no approval is considered here.
#[must_use]
pub(crate) fn decide(lineage: &Lineage) -> PiiDecision {
    let refused: Vec<ProtectedUse> = lineage
        .uses
        .iter()
        .filter(|one| one.column.protected && !one.clause.is_harmless())
        .map(|ColumnUse { column, clause }| ProtectedUse {
            column: column.column.clone(),
            table: column.table.clone(),
            clause: *clause,
            reason: format!(
                "The column {} of {} is protected or not examined, and is used {}.",
                column.column,
                column.table,
                clause.phrase()
            ),
        })
        .collect();
    PiiDecision { allowed: refused.is_empty(), refused }
}
