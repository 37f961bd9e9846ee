//! FROM: which tables are read, how many joins there are, and which names are no tables.
//!
//! A name is a CTE, a field of an item further left, or a table; only tables are asked of the policy,
//! and in doubt a name is a table. Functions in FROM are refused unless the policy lists them.

use sqlparser::ast::{
    Expr, ExprWithAlias, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart,
    PivotValueSource, TableAlias, TableFactor, TableSample, TableSampleKind, TableSampleModifier,
    TableSampleQuantity, TableWithJoins,
};

use super::super::filters::{Block, Item};
use super::super::verdict::TableName;
use super::{Blocked, Checked, Walker, name, need};

/// Fewest characters before a wildcard; one letter would stand for most of a data set.
const LEAST_PREFIX: usize = 3;

/// The parts of a name, quoted ones with dots cut at the dots.
pub(super) fn object_parts(of: &ObjectName) -> Checked<Vec<&str>> {
    let mut parts = Vec::with_capacity(of.0.len());
    for part in &of.0 {
        match part {
            ObjectNamePart::Identifier(ident) => parts.extend(name(ident)?.split('.')),
            ObjectNamePart::Function(_) => {
                return Err(Blocked::new("shape.name", "A name may not hold a call."));
            }
        }
    }
    let whole = parts.iter().all(|part| !part.is_empty());
    need(whole, "shape.name", "A name has an empty part.")?;
    Ok(parts)
}

/// Whether the name begins in backticks. Such a name may have been one with dots, which the parser has
/// cut and which is never an array, so all of them are tables.
fn is_quoted(of: &ObjectName) -> bool {
    of.0.first().is_none_or(|part| match part {
        ObjectNamePart::Identifier(ident) => ident.quote_style.is_some(),
        ObjectNamePart::Function(_) => true,
    })
}

impl Walker<'_> {
    /// Walks all items of a FROM.
    pub(super) fn from<'q>(
        &mut self,
        items: &'q [TableWithJoins],
        block: &mut Block<'q>,
    ) -> Checked<()> {
        for item in items {
            self.table_with_joins(item, block)?;
        }
        Ok(())
    }

    fn table_with_joins<'q>(
        &mut self,
        item: &'q TableWithJoins,
        block: &mut Block<'q>,
    ) -> Checked<()> {
        let TableWithJoins { relation, joins } = item;
        let start = block.items.len();
        self.factor(relation, block)?;
        for join in joins {
            self.join(join, block, start)?;
        }
        Ok(())
    }

    /// One join; `left` is where the items on its left begin.
    pub(super) fn join<'q>(
        &mut self,
        join: &'q Join,
        block: &mut Block<'q>,
        left: usize,
    ) -> Checked<()> {
        let Join { relation, global, join_operator } = join;
        need(!global, "shape.join", "GLOBAL is not allowed.")?;
        let right = block.items.len();
        self.factor(relation, block)?;
        let end = block.items.len();
        let (constraint, reach) = match join_operator {
            JoinOperator::Join(on) | JoinOperator::Inner(on) | JoinOperator::CrossJoin(on) => {
                (on, left..end)
            }
            JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => (on, right..end),
            JoinOperator::Right(on) | JoinOperator::RightOuter(on) => (on, left..right),
            JoinOperator::FullOuter(on) => (on, end..end),
            JoinOperator::Semi(_)
            | JoinOperator::LeftSemi(_)
            | JoinOperator::RightSemi(_)
            | JoinOperator::Anti(_)
            | JoinOperator::LeftAnti(_)
            | JoinOperator::RightAnti(_)
            | JoinOperator::CrossApply
            | JoinOperator::OuterApply
            | JoinOperator::AsOf { .. }
            | JoinOperator::StraightJoin(_)
            | JoinOperator::ArrayJoin
            | JoinOperator::LeftArrayJoin
            | JoinOperator::InnerArrayJoin => {
                return Err(Blocked::new("shape.join", "This kind of join is not GoogleSQL."));
            }
        };
        match constraint {
            JoinConstraint::On(on) => {
                self.expr(on)?;
                block.add_condition(on, reach);
                Ok(())
            }
            JoinConstraint::Using(columns) => {
                block.links.using(right);
                columns.iter().try_for_each(|column| object_parts(column).map(drop))
            }
            JoinConstraint::None => Ok(()),
            JoinConstraint::Natural => Err(Blocked::new("shape.join", "Name the join's columns.")),
        }
    }

    /// Adds an item to the block and its range variable to the scope.
    pub(super) fn add<'q>(&mut self, alias: Option<String>, item: Item<'q>, block: &mut Block<'q>) {
        if let (Some(alias), Some(scope)) = (alias, self.scopes.last_mut()) {
            scope.push(alias);
        }
        block.items.push(item);
    }

    fn factor<'q>(&mut self, factor: &'q TableFactor, block: &mut Block<'q>) -> Checked<()> {
        match factor {
            TableFactor::Table { .. } => self.table(factor, block),
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                need(!lateral, "shape.lateral", "LATERAL is not allowed.")?;
                self.sample(sample.as_ref())?;
                let alias = self.optional_alias(alias.as_ref())?;
                let scope = self.scopes.pop();
                let rows = self.subquery(subquery)?.rows;
                self.scopes.extend(scope);
                self.add(alias.clone(), Item::other(alias, rows), block);
                Ok(())
            }
            TableFactor::UNNEST { .. } => self.unnest(factor, block),
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let none = alias.is_none();
                need(none, "shape.join", "A join in parentheses takes no alias.")?;
                self.nested(table_with_joins, block)
            }
            TableFactor::Pivot { .. } | TableFactor::Unpivot { .. } => self.pivot(factor, block),
            TableFactor::TableFunction { .. }
            | TableFactor::Function { .. }
            | TableFactor::JsonTable { .. }
            | TableFactor::OpenJsonTable { .. }
            | TableFactor::MatchRecognize { .. }
            | TableFactor::XmlTable { .. }
            | TableFactor::SemanticView { .. } => {
                Err(Blocked::new("table.function", "Functions in FROM are not allowed."))
            }
        }
    }

    /// A join in parentheses: comma-joined once with what stands before it, by its own join. It sees
    /// none of the names to its left.
    fn nested<'q>(&mut self, inner: &'q TableWithJoins, block: &mut Block<'q>) -> Checked<()> {
        let TableWithJoins { relation, joins } = inner;
        let mut left = self.hide();
        let start = block.items.len();
        self.factor(relation, block)?;
        joins.iter().try_for_each(|join| self.join(join, block, start))?;
        if let Some(scope) = self.scopes.last_mut() {
            left.append(scope);
            *scope = left;
        }
        Ok(())
    }

    pub(super) fn optional_alias(&mut self, alias: Option<&TableAlias>) -> Checked<Option<String>> {
        alias.map(|alias| self.alias(alias)).transpose()
    }

    fn table<'q>(&mut self, factor: &'q TableFactor, block: &mut Block<'q>) -> Checked<()> {
        let TableFactor::Table {
            name: of,
            alias,
            args,
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_hints,
        } = factor
        else {
            return Err(Blocked::new("shape.from", "A table is expected."));
        };
        let time_travel = "FOR SYSTEM_TIME reads rows that may have been deleted since.";
        need(version.is_none(), "table.time_travel", time_travel)?;
        let plain = with_hints.is_empty() && !with_ordinality && partitions.is_empty();
        let plain = plain && json_path.is_none() && index_hints.is_empty();
        need(plain, "shape.from", "A table takes an alias and nothing else.")?;
        self.sample(sample.as_ref())?;
        let alias = self.optional_alias(alias.as_ref())?;
        let parts = object_parts(of)?;
        if let Some(args) = args {
            need(args.settings.is_none(), "shape.settings", "Settings are not allowed.")?;
            self.table_function(&parts, &args.args)?;
            self.add(alias.clone(), Item::other(alias, None), block);
            return Ok(());
        }
        let last = parts.last().map(|part| part.to_ascii_lowercase());
        let alias = alias.or(last);
        if parts.len() > 1 && !is_quoted(of) && self.is_range_variable(&parts) {
            self.add(alias.clone(), Item::correlated(alias), block);
            return Ok(());
        }
        if let [single] = parts.as_slice()
            && let Some(cte) = self.ctes.iter().rev().find(|cte| cte.is(single))
        {
            let item = Item::other(alias.clone(), cte.rows).of(cte.name.clone());
            self.add(alias, item, block);
            return Ok(());
        }
        let table = self.readable(&parts)?;
        self.found.tables.insert(table);
        self.add(alias.clone(), Item::table(alias, parts), block);
        Ok(())
    }

    /// Whether the first part names an item of this or an enclosing FROM: then it is an array.
    pub(super) fn is_range_variable(&self, parts: &[&str]) -> bool {
        let Some(first) = parts.first() else { return false };
        self.scopes.iter().flatten().any(|known| known.eq_ignore_ascii_case(first))
    }

    /// Asks the policy about a table.
    fn readable(&self, parts: &[&str]) -> Checked<TableName> {
        for part in parts {
            let system = part.starts_with("__") && part.ends_with("__");
            if system || part.eq_ignore_ascii_case("INFORMATION_SCHEMA") {
                let reason = "Views of metadata tell about other tables, users and queries.";
                return Err(Blocked::new("table.metadata", reason)
                    .next("Read the catalog through the product instead."));
            }
            let session = part.eq_ignore_ascii_case("_SESSION") || part.starts_with("region-");
            need(!session, "table.metadata", "Sessions and regions hold no tables to read.")?;
            let decorated = part.contains(['$', '@', ':', '[', ']', '/']);
            need(!decorated, "table.decorator", "A table name may have no decorator.")?;
        }
        let (project, dataset, table) = match parts {
            [table] => (None, None, *table),
            [dataset, table] => (None, Some(*dataset), *table),
            [project, dataset, table] => (Some(*project), Some(*dataset), *table),
            _ => return Err(Blocked::new("table.name", "Write a table as project.dataset.table.")),
        };
        let last = table.len().saturating_sub(1);
        let open = table.find('*').is_none_or(|at| at >= LEAST_PREFIX && at == last);
        let above = [project, dataset].iter().flatten().all(|part| !part.contains('*'));
        let wide = "A wildcard must follow at least three characters of a table's name.";
        need(open && above, "table.wildcard", wide)?;
        if let Some(project) = project {
            let reason = "The table belongs to a project that is not allowed.";
            need(self.policy.allows_project(project), "table.project", reason)?;
        }
        let allowed = match dataset {
            Some(dataset) => self.policy.allows_dataset(project, dataset),
            None => self.policy.datasets.is_none() || !self.catalog.find(parts).is_empty(),
        };
        need(allowed, "table.dataset", "The table's data set is not allowed or not named.")?;
        Ok(TableName {
            project: project.map(str::to_owned),
            dataset: dataset.map(str::to_owned),
            table: table.to_owned(),
        })
    }

    fn pivot<'q>(&mut self, factor: &'q TableFactor, block: &mut Block<'q>) -> Checked<()> {
        let (table, alias) = match factor {
            TableFactor::Pivot {
                table,
                aggregate_functions,
                value_column,
                value_source,
                default_on_null,
                alias,
            } => {
                need(default_on_null.is_none(), "shape.pivot", "PIVOT takes no default.")?;
                self.aliased(aggregate_functions)?;
                self.exprs(value_column)?;
                self.pivot_source(value_source)?;
                (table, alias)
            }
            TableFactor::Unpivot { table, value, name: of, columns, null_inclusion: _, alias } => {
                self.expr(value)?;
                name(of)?;
                self.aliased(columns)?;
                (table, alias)
            }
            TableFactor::Table { .. }
            | TableFactor::Derived { .. }
            | TableFactor::TableFunction { .. }
            | TableFactor::Function { .. }
            | TableFactor::UNNEST { .. }
            | TableFactor::JsonTable { .. }
            | TableFactor::OpenJsonTable { .. }
            | TableFactor::NestedJoin { .. }
            | TableFactor::MatchRecognize { .. }
            | TableFactor::XmlTable { .. }
            | TableFactor::SemanticView { .. } => {
                return Err(Blocked::new("shape.pivot", "PIVOT or UNPIVOT is expected."));
            }
        };
        // The input's own name is out of sight behind the operator.
        let known = self.scopes.last().map_or(0, Vec::len);
        self.factor(table, block)?;
        if let Some(scope) = self.scopes.last_mut() {
            scope.truncate(known);
        }
        if let Some(alias) = self.optional_alias(alias.as_ref())? {
            self.show(&alias);
        }
        Ok(())
    }

    pub(super) fn pivot_source(&mut self, source: &PivotValueSource) -> Checked<()> {
        match source {
            PivotValueSource::List(values) => self.aliased(values),
            PivotValueSource::Any(order) => self.order_exprs(order),
            PivotValueSource::Subquery(query) => self.subquery(query).map(drop),
        }
    }

    pub(super) fn aliased(&mut self, expressions: &[ExprWithAlias]) -> Checked<()> {
        for ExprWithAlias { expr, alias } in expressions {
            if let Some(alias) = alias {
                name(alias)?;
            }
            let aggregates = self.aggregates;
            self.expr(expr)?;
            self.aggregates = aggregates;
        }
        Ok(())
    }

    fn sample(&mut self, sample: Option<&TableSampleKind>) -> Checked<()> {
        match sample {
            None => Ok(()),
            Some(
                TableSampleKind::BeforeTableAlias(sample)
                | TableSampleKind::AfterTableAlias(sample),
            ) => self.table_sample(sample),
        }
    }

    pub(super) fn table_sample(&mut self, sample: &TableSample) -> Checked<()> {
        let TableSample { modifier, name: _, quantity, seed, bucket, offset } = sample;
        let plain = *modifier == TableSampleModifier::TableSample && bucket.is_none();
        let plain = plain && seed.is_none() && offset.is_none();
        need(plain, "shape.sample", "Write TABLESAMPLE SYSTEM (n PERCENT).")?;
        if let Some(TableSampleQuantity { parenthesized: _, value, unit: _ }) = quantity {
            self.expr(value)?;
        }
        Ok(())
    }

    pub(super) fn exprs(&mut self, expressions: &[Expr]) -> Checked<()> {
        expressions.iter().try_for_each(|expr| self.expr(expr))
    }
}
