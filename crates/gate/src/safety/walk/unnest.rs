//! UNNEST: an array of an item further left, or rows made of nothing.
//!
//! What unfolds an array of each row multiplies nothing that was not there. What is made by a subquery
//! over whole tables is a table in disguise, and never counts as an array.

use sqlparser::ast::{Expr, Function, FunctionArguments, ObjectName, SetExpr, TableFactor};

use super::super::cost::{self, ASSUMED};
use super::super::filters::{Block, Item, mentions_column};
use super::from::object_parts;
use super::{Blocked, Checked, Walker, name, need};

/// The name of a table, if the item is one.
fn table_name(factor: &TableFactor) -> Option<&ObjectName> {
    if let TableFactor::Table { name, .. } = factor { Some(name) } else { None }
}

impl Walker<'_> {
    /// Walks an UNNEST and adds what it unfolds to the block.
    pub(super) fn unnest<'q>(
        &mut self,
        factor: &'q TableFactor,
        block: &mut Block<'q>,
    ) -> Checked<()> {
        let TableFactor::UNNEST {
            alias,
            array_exprs,
            with_offset: _,
            with_offset_alias,
            with_ordinality,
        } = factor
        else {
            return Err(Blocked::new("shape.from", "UNNEST is expected."));
        };
        need(!with_ordinality, "shape.from", "WITH ORDINALITY is not allowed; use WITH OFFSET.")?;
        self.path_in_from(array_exprs)?;
        self.exprs(array_exprs)?;
        let alias = self.optional_alias(alias.as_ref())?;
        if let (Some(offset), Some(scope)) = (with_offset_alias, self.scopes.last_mut()) {
            scope.push(name(offset)?.to_ascii_lowercase());
        }
        let unfolds = array_exprs.iter().any(mentions_column);
        let whole = array_exprs.iter().any(|array| self.reads_whole_tables(array));
        let generated = cost::array_rows(array_exprs);
        let rows = if whole { None } else { Some(generated.unwrap_or(ASSUMED)) };
        let mut item = Item::other(alias.clone(), rows);
        item.correlated = unfolds && !whole;
        item.generated = generated;
        self.add(alias, item, block);
        Ok(())
    }

    /// Whether an array is made of tables without any filter, so that unfolding it is a product.
    fn reads_whole_tables(&self, array: &Expr) -> bool {
        let mut rest = array;
        while let Expr::Nested(inner) = rest {
            rest = inner;
        }
        let query = if let Expr::Subquery(query) = rest {
            query
        } else if let Expr::Function(Function {
            args: FunctionArguments::Subquery(query), ..
        }) = rest
        {
            query
        } else {
            return false;
        };
        let SetExpr::Select(select) = &*query.body else { return false };
        let table = |factor: &TableFactor| match table_name(factor).map(object_parts) {
            Some(Ok(parts)) => !self.is_range_variable(&parts),
            Some(Err(_)) | None => false,
        };
        let tables = select.from.iter().any(|item| table(&item.relation));
        let bounded =
            query.limit_clause.is_some() || !select.from.iter().all(|i| i.joins.is_empty());
        tables && !bounded && select.selection.is_none()
    }

    /// A path with a second pair of parentheses stood in the FROM itself, where it is a table unless
    /// it begins with an item of a FROM.
    fn path_in_from(&self, array_exprs: &[Expr]) -> Checked<()> {
        let [Expr::Nested(inner)] = array_exprs else { return Ok(()) };
        let Expr::CompoundIdentifier(path) = &**inner else { return Ok(()) };
        let parts: Vec<&str> = path.iter().map(name).collect::<Checked<_>>()?;
        let reason = "WITH OFFSET stands behind a name that is no item of this FROM.";
        need(self.is_range_variable(&parts), "table.name", reason)
    }
}
