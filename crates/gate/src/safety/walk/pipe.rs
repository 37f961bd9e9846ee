//! Pipe operators: each is known by name, and none may write, export or call.
//!
//! The operators behind a FROM are one block with it: their joins count with its joins, and their
//! filters may bound its tables as long as no operator in between made the columns other ones. A name
//! that an operator took out of sight must not make a table look like an array.

use sqlparser::ast::{
    Assignment, AssignmentTarget, ExprWithAlias, ExprWithAliasAndOrderBy, IdentWithAlias,
    OrderByOptions, PipeOperator, Query,
};

use super::super::cost;
use super::super::filters::Block;
use super::from::object_parts;
use super::{Blocked, Checked, Shape, Walker, name, need};

impl Walker<'_> {
    /// Walks the operators in order and says what the last one's rows are like.
    pub(super) fn pipes<'q>(
        &mut self,
        pipes: &'q [PipeOperator],
        start: Shape,
        block: &mut Block<'q>,
    ) -> Checked<Shape> {
        let mut shape = start;
        for pipe in pipes {
            self.pipe(pipe, &mut shape, block)?;
            shape.piped = true;
        }
        Ok(shape)
    }

    #[expect(clippy::too_many_lines, reason = "one short arm for each operator")]
    fn pipe<'q>(
        &mut self,
        pipe: &'q PipeOperator,
        shape: &mut Shape,
        block: &mut Block<'q>,
    ) -> Checked<()> {
        match pipe {
            PipeOperator::Limit { expr, offset } => {
                block.close();
                shape.limited = true;
                offset.as_ref().map_or(Ok(()), |offset| self.expr(offset))?;
                cost::check_limit(expr)?;
                self.expr(expr)
            }
            PipeOperator::Where { expr } => {
                block.add_where(Some(expr));
                self.expr(expr)
            }
            PipeOperator::OrderBy { exprs } => self.order_exprs(exprs),
            PipeOperator::Select { exprs } => {
                block.narrow(exprs);
                self.projection(exprs)?;
                drop(self.hide());
                Ok(())
            }
            PipeOperator::Extend { exprs } => self.projection(exprs),
            PipeOperator::Set { assignments } => {
                block.close();
                self.assignments(assignments)
            }
            PipeOperator::Drop { columns } => {
                columns.iter().try_for_each(|column| name(column).map(drop))
            }
            PipeOperator::As { alias } => {
                block.close();
                drop(self.hide());
                self.show(name(alias)?);
                Ok(())
            }
            PipeOperator::Aggregate { full_table_exprs, group_by_expr } => {
                block.close();
                shape.aggregated = true;
                self.aggregate(full_table_exprs)?;
                self.aggregate(group_by_expr)?;
                drop(self.hide());
                Ok(())
            }
            PipeOperator::TableSample { sample } => self.table_sample(sample),
            PipeOperator::Rename { mappings } => {
                block.close();
                mappings.iter().try_for_each(|IdentWithAlias { ident, alias }| {
                    name(ident)?;
                    name(alias).map(drop)
                })
            }
            PipeOperator::Union { set_quantifier: _, queries } => {
                *shape = Shape::default();
                self.branches(queries, block)
            }
            PipeOperator::Intersect { set_quantifier: _, queries }
            | PipeOperator::Except { set_quantifier: _, queries } => self.branches(queries, block),
            PipeOperator::Call { .. } => {
                Err(Blocked::new("block.pipe_call", "CALL runs a table function."))
            }
            PipeOperator::Pivot { aggregate_functions, value_column, value_source, alias } => {
                block.close();
                self.aliased(aggregate_functions)?;
                value_column.iter().try_for_each(|column| name(column).map(drop))?;
                self.pivot_source(value_source)?;
                drop(self.hide());
                alias.as_ref().map_or(Ok(()), |alias| name(alias).map(|alias| self.show(alias)))
            }
            PipeOperator::Unpivot { value_column, name_column, unpivot_columns, alias } => {
                block.close();
                *shape = Shape::default();
                let columns = [value_column, name_column].into_iter().chain(unpivot_columns);
                columns.chain(alias).try_for_each(|column| name(column).map(drop))?;
                drop(self.hide());
                alias.as_ref().map_or(Ok(()), |alias| name(alias).map(|alias| self.show(alias)))
            }
            PipeOperator::Join(join) => {
                *shape = Shape::default();
                self.join(join, block, 0)
            }
        }
    }

    /// Takes the range variables of this FROM out of sight.
    pub(super) fn hide(&mut self) -> Vec<String> {
        self.scopes.last_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Brings a range variable into sight.
    pub(super) fn show(&mut self, alias: &str) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(alias.to_ascii_lowercase());
        }
    }

    fn branches(&mut self, queries: &[Query], block: &mut Block<'_>) -> Checked<()> {
        block.close();
        // The branches see no range variable of the rows before, nor does what follows.
        drop(self.hide());
        queries.iter().try_for_each(|query| self.query(query).map(drop))
    }

    fn aggregate(&mut self, expressions: &[ExprWithAliasAndOrderBy]) -> Checked<()> {
        for ExprWithAliasAndOrderBy { expr, order_by } in expressions {
            let OrderByOptions { asc: _, nulls_first: _ } = order_by;
            let ExprWithAlias { expr, alias } = expr;
            alias.as_ref().map_or(Ok(()), |alias| name(alias).map(drop))?;
            self.expr(expr)?;
        }
        Ok(())
    }

    fn assignments(&mut self, assignments: &[Assignment]) -> Checked<()> {
        for Assignment { target, value } in assignments {
            let AssignmentTarget::ColumnName(column) = target else {
                return Err(Blocked::new("shape.pipe", "SET takes one column at a time."));
            };
            need(object_parts(column)?.len() == 1, "shape.pipe", "SET takes a column's name.")?;
            self.expr(value)?;
        }
        Ok(())
    }
}
