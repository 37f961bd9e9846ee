//! INSERT, UPDATE, DELETE and TRUNCATE.
//!
//! Decides the rows a table holds afterwards. Every statement reads a snapshot, computes all new rows
//! and puts the new table in place at once.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use sqlparser::ast::{
    Assignment, AssignmentTarget, Delete, Expr, FromTable, Insert, ObjectName, Query, SetExpr,
    Statement, TableFactor, TableObject, Update,
};

use crate::bigquery::bind::type_literal_rows;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::casts;
use crate::bigquery::session::{Facts, Outcome, Request, Warehouse, now};
use crate::bigquery::store::{ColumnDef, Table, TableDef};
use crate::bigquery::syntax::{self, Parsed};
use crate::bigquery::types::Type;
use crate::bigquery::value::{Value, column, read};

impl Warehouse {
    /// Bytes and tables of a modifying statement.
    pub(super) fn modify_facts(
        &self,
        parsed: &Parsed,
        request: &Request,
    ) -> Result<Option<Facts>, Fault> {
        let (name, query) = match &parsed.statement {
            Statement::Insert(insert) => {
                let TableObject::TableName(name) = &insert.table else { return Ok(None) };
                self.existing(&self.target(name, request)?)?;
                return match insert.source.as_deref() {
                    Some(query) if !matches!(query.body.as_ref(), SetExpr::Values(_)) => {
                        self.plan(query, &parsed.source, request).map(|(_, facts)| Some(facts))
                    }
                    _ => Ok(None),
                };
            }
            Statement::Update(update) => {
                (table_of(&update.table.relation)?, self.rewritten(update)?)
            }
            Statement::Delete(delete) => (delete_target(delete)?, kept(delete)?),
            _ => return Ok(None),
        };
        self.existing(&self.target(name, request)?)?;
        self.plan(&query, &parsed.source, request).map(|(_, facts)| Some(facts))
    }

    pub(super) async fn insert(
        self: &Arc<Self>,
        insert: &Insert,
        parsed: &Parsed,
        request: &Request,
    ) -> Result<Outcome, Fault> {
        let TableObject::TableName(name) = &insert.table else {
            return Err(Fault::unsupported("This INSERT"));
        };
        let target = self.target(name, request)?;
        let table = self.existing(&target)?;
        let mut places = Vec::new();
        for name in &insert.columns {
            let name = name.to_string().replace('`', "");
            let at = table.def.position(&name);
            places.push(at.ok_or_else(|| {
                Fault::query(format!("Column {name} is not present in table {target}"))
            })?);
        }
        if places.is_empty() {
            places = (0..table.def.columns.len()).collect();
        }
        let chosen: Vec<ColumnDef> =
            places.iter().filter_map(|at| table.def.columns.get(*at).cloned()).collect();
        let Some(query) = insert.source.as_deref() else {
            return Err(Fault::unsupported("This INSERT"));
        };
        let batches = match query.body.as_ref() {
            SetExpr::Values(values) => {
                let plan =
                    type_literal_rows(&self.world(request), &parsed.source, values, &chosen)?;
                self.batches(self.optimized(&plan)?).await?
            }
            _ => {
                let (plan, facts) = self.plan(query, &parsed.source, request)?;
                let read = self.batches(plan).await?;
                let partial = TableDef { columns: chosen, ..TableDef::default() };
                conform(&read, &facts.columns, &partial)?
            }
        };
        let widened = batches
            .iter()
            .map(|batch| widen(batch, &places, &table.def))
            .collect::<Result<Vec<_>, _>>()?;
        let inserted: usize = widened.iter().map(RecordBatch::num_rows).sum();
        self.store.put(&target.dataset, touched(table.with_rows(&widened, now())?))?;
        Ok(Outcome { affected: u64::try_from(inserted).ok(), ..Outcome::default() })
    }

    pub(super) async fn update(
        self: &Arc<Self>,
        update: &Update,
        parsed: &Parsed,
        request: &Request,
    ) -> Result<Outcome, Fault> {
        let target = self.target(table_of(&update.table.relation)?, request)?;
        let table = self.existing(&target)?;
        let query = self.rewritten(update)?;
        let (plan, facts) = self.plan(&query, &parsed.source, request)?;
        let rows = conform(&self.batches(plan).await?, &facts.columns, &table.def)?;
        let matching = count_of(&query_where(
            table_of(&update.table.relation)?,
            update.selection.as_ref(),
            update,
        )?);
        let (plan, facts) = self.plan(&matching, &parsed.source, request)?;
        let affected = self.collect(plan, facts.columns).await?;
        let affected = affected.rows.first().and_then(|row| row.first()).cloned();
        self.replace(&target.dataset, &table, &rows)?;
        let affected =
            if let Some(Value::Int(n)) = affected { u64::try_from(n).ok() } else { None };
        Ok(Outcome { affected, ..Outcome::default() })
    }

    pub(super) async fn delete(
        self: &Arc<Self>,
        delete: &Delete,
        parsed: &Parsed,
        request: &Request,
    ) -> Result<Outcome, Fault> {
        let target = self.target(delete_target(delete)?, request)?;
        let table = self.existing(&target)?;
        let (plan, facts) = self.plan(&kept(delete)?, &parsed.source, request)?;
        let rows = conform(&self.batches(plan).await?, &facts.columns, &table.def)?;
        let left: usize = rows.iter().map(RecordBatch::num_rows).sum();
        self.replace(&target.dataset, &table, &rows)?;
        let affected = table.rows().saturating_sub(left as u64);
        Ok(Outcome { affected: Some(affected), ..Outcome::default() })
    }

    pub(super) fn truncate(&self, name: &ObjectName, request: &Request) -> Result<Outcome, Fault> {
        let target = self.target(name, request)?;
        let table = self.existing(&target)?;
        self.store.put(&target.dataset, touched(Table::empty(table.def.clone())))?;
        Ok(Outcome { affected: Some(table.rows()), ..Outcome::default() })
    }

    fn replace(&self, dataset: &str, table: &Table, rows: &[RecordBatch]) -> Result<(), Fault> {
        self.store.put(dataset, touched(Table::empty(table.def.clone()).with_rows(rows, now())?))
    }

    /// An UPDATE as the query of all rows afterwards.
    fn rewritten(&self, update: &Update) -> Result<Query, Fault> {
        if update.from.is_some() || !update.table.joins.is_empty() {
            return Err(Fault::unsupported("UPDATE with FROM"));
        }
        let Some(condition) = &update.selection else {
            return Err(Fault::query("UPDATE must have a WHERE clause"));
        };
        let mut items = Vec::new();
        for Assignment { target, value } in &update.assignments {
            let AssignmentTarget::ColumnName(column) = target else {
                return Err(Fault::unsupported("This assignment"));
            };
            let column = column.to_string();
            items.push((column, value.clone()));
        }
        let replaced: Vec<String> = items
            .iter()
            .map(|(column, value)| {
                format!("IF(({condition}) IS TRUE, {value}, {column}) AS {column}")
            })
            .collect();
        let text =
            format!("SELECT * REPLACE ({}) FROM {}", replaced.join(", "), update.table.relation);
        reparse(&text)
    }
}

/// A query made of pieces that were parsed before; their literals keep their numbers.
fn reparse(text: &str) -> Result<Query, Fault> {
    match syntax::reparse(text)? {
        Statement::Query(query) => Ok(*query),
        _ => Err(Fault::unsupported("This statement")),
    }
}

fn query_where(
    table: &ObjectName,
    condition: Option<&Expr>,
    update: &Update,
) -> Result<Query, Fault> {
    let _ = table;
    let condition = condition.map_or("TRUE".to_owned(), ToString::to_string);
    reparse(&format!("SELECT 1 AS one FROM {} WHERE {condition}", update.table.relation))
}

fn count_of(query: &Query) -> Query {
    reparse(&format!("SELECT COUNT(*) AS n FROM ({query})")).unwrap_or_else(|_| query.clone())
}

fn kept(delete: &Delete) -> Result<Query, Fault> {
    let Some(condition) = &delete.selection else {
        return Err(Fault::query("DELETE must have a WHERE clause"));
    };
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    let [from] = from.as_slice() else { return Err(Fault::unsupported("This DELETE")) };
    reparse(&format!("SELECT * FROM {from} WHERE ({condition}) IS NOT TRUE"))
}

fn delete_target(delete: &Delete) -> Result<&ObjectName, Fault> {
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    match from.as_slice() {
        [only] => table_of(&only.relation),
        _ => Err(Fault::unsupported("This DELETE")),
    }
}

fn table_of(factor: &TableFactor) -> Result<&ObjectName, Fault> {
    match factor {
        TableFactor::Table { name, .. } => Ok(name),
        _ => Err(Fault::unsupported("This target")),
    }
}

fn touched(mut table: Table) -> Table {
    table.def.modified = now() / 1000;
    table
}

/// Rows of a query as rows of a table, by position.
pub(super) fn conform(
    batches: &[RecordBatch],
    have: &[ColumnDef],
    def: &TableDef,
) -> Result<Vec<RecordBatch>, Fault> {
    if have.len() != def.columns.len() {
        return Err(Fault::query(format!(
            "Inserted row has wrong column count; Has {}, expected {}",
            have.len(),
            def.columns.len()
        )));
    }
    let schema = def.schema();
    batches
        .iter()
        .map(|batch| {
            let mut columns = Vec::new();
            for ((array, from), to) in batch.columns().iter().zip(have).zip(&def.columns) {
                columns.push(converted(array, &from.of, to)?);
            }
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)
                .map_err(|_| Fault::unsupported("These rows"))
        })
        .collect()
}

fn converted(array: &ArrayRef, from: &Type, to: &ColumnDef) -> Result<ArrayRef, Fault> {
    if from.arrow() == to.of.arrow() {
        return Ok(Arc::clone(array));
    }
    if !from.coerces_to(&to.of) && array.null_count() < array.len() {
        return Err(Fault::query(format!(
            "Query column has type {from} which cannot be inserted into column {}, which has type {}",
            to.name, to.of
        )));
    }
    let values = (0..array.len())
        .map(|row| casts::cast(&read(array, row, from), from, &to.of))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(column(&values, &to.of))
}

/// A batch of some columns as one of all, the others NULL.
fn widen(batch: &RecordBatch, places: &[usize], def: &TableDef) -> Result<RecordBatch, Fault> {
    let columns = def.columns.iter().enumerate().map(|(at, column)| {
        let from = places.iter().position(|place| *place == at);
        from.map_or_else(
            || new_null_array(&column.of.arrow(), batch.num_rows()),
            |from| Arc::clone(batch.column(from)),
        )
    });
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(def.schema(), columns.collect(), &options)
        .map_err(|_| Fault::unsupported("These rows"))
}
