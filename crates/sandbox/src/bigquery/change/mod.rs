//! Statements that change the warehouse, executed as BigQuery would.
//!
//! Decides what each changes. A statement that is not claimed is refused by name and changes nothing;
//! one that fails half way has changed nothing either.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

mod define;
mod modify;

use std::sync::Arc;

use sqlparser::ast::{ObjectName, ObjectType, Statement};

use super::bind;
use super::fault::{Fault, Kind};
use super::session::{Bytes, Facts, Outcome, Request, TableName, Warehouse};
use super::store::{Content, Dataset, Table};
use super::syntax::Parsed;

impl Warehouse {
    /// What is known about a changing statement before it runs.
    pub(super) fn change_facts(&self, parsed: &Parsed, request: &Request) -> Result<Facts, Fault> {
        let statement_type = type_of(&parsed.statement)?;
        let mut facts = Facts {
            statement_type,
            columns: Vec::new(),
            bytes: Bytes::default(),
            referenced: Vec::new(),
            undeclared: Vec::new(),
        };
        if let Some(query) = query_of(&parsed.statement) {
            let (_, read) = self.plan(query, &parsed.source, request)?;
            facts.bytes = read.bytes;
            facts.referenced = read.referenced;
        }
        if let Some(read) = self.modify_facts(parsed, request)? {
            facts.bytes = read.bytes;
            facts.referenced = read.referenced;
        }
        Ok(facts)
    }

    /// Runs a changing statement.
    pub(super) async fn change(
        self: &Arc<Self>,
        parsed: &Parsed,
        request: &Request,
    ) -> Result<Outcome, Fault> {
        type_of(&parsed.statement)?;
        match &parsed.statement {
            Statement::CreateTable(create) => self.create_table(create, parsed, request).await,
            Statement::CreateView(create) => self.create_view(create, parsed, request),
            Statement::AlterTable(alter) => self.alter_table(alter, request),
            Statement::CreateSchema { schema_name, if_not_exists, .. } => {
                self.create_schema(&schema_name.to_string().replace('`', ""), *if_not_exists)
            }
            Statement::Drop { object_type, if_exists, names, cascade, .. } => {
                self.drop_objects(*object_type, names, *if_exists, *cascade, request)
            }
            Statement::Insert(insert) => self.insert(insert, parsed, request).await,
            Statement::Update(update) => self.update(update, parsed, request).await,
            Statement::Delete(delete) => self.delete(delete, parsed, request).await,
            Statement::Truncate(truncate) => match truncate.table_names.as_slice() {
                [only] => self.truncate(&only.name, request),
                _ => Err(Fault::unsupported("TRUNCATE of several tables")),
            },
            _ => Err(Fault::unsupported("This statement")),
        }
    }

    /// A table's full name, which the caller may write.
    pub(super) fn target(&self, name: &ObjectName, request: &Request) -> Result<TableName, Fault> {
        let parts = bind::parts(name);
        let name = bind::full_name(&self.world(request), &parts)?;
        let granted =
            request.granted.as_ref().is_none_or(|granted| granted.contains(&name.dataset));
        if name.project != self.project || !granted {
            return Err(Fault::new(
                Kind::AccessDenied,
                format!(
                    "Access Denied: Table {name}: User does not have permission to access table {name}, or perhaps it does not exist."
                ),
            ));
        }
        if self.store.dataset(&name.dataset).is_none() {
            let message = format!(
                "Not found: Dataset {}:{} was not found in location US",
                name.project, name.dataset
            );
            return Err(Fault::new(Kind::NotFound, message));
        }
        Ok(name)
    }

    /// An existing table with rows.
    pub(super) fn existing(&self, name: &TableName) -> Result<Arc<Table>, Fault> {
        match self.store.table(&name.dataset, &name.table) {
            Some(table) if matches!(table.content, Content::Rows(_)) => Ok(table),
            Some(_) => Err(Fault::query(format!(
                "{name} is not allowed for this operation because it is currently a VIEW."
            ))),
            None => Err(missing(name)),
        }
    }

    fn create_schema(&self, name: &str, if_not_exists: bool) -> Result<Outcome, Fault> {
        let name = name.rsplit('.').next().unwrap_or_default();
        let dataset = Dataset::at(super::session::now() / 1000);
        match self.store.create_dataset(name, dataset) {
            Err(fault) if !(if_not_exists && fault.kind == Kind::Duplicate) => Err(fault),
            _ => Ok(Outcome::default()),
        }
    }

    fn drop_objects(
        &self,
        of: ObjectType,
        names: &[ObjectName],
        if_exists: bool,
        cascade: bool,
        request: &Request,
    ) -> Result<Outcome, Fault> {
        for name in names {
            let dropped = match of {
                ObjectType::Schema => {
                    let parts = bind::parts(name);
                    let dataset = parts.last().map(String::as_str).unwrap_or_default();
                    self.store.drop_dataset(dataset, cascade).map_err(|fault| Fault {
                        message: fault
                            .message
                            .replace("Dataset ", &format!("Dataset {}:", self.project)),
                        ..fault
                    })
                }
                ObjectType::Table | ObjectType::View => {
                    let name = self.target(name, request)?;
                    let view = self
                        .store
                        .table(&name.dataset, &name.table)
                        .map(|table| matches!(table.content, Content::View(_)));
                    match view {
                        Some(view) if view != (of == ObjectType::View) => {
                            Err(Fault::query(format!("{name} is not of the type that is dropped")))
                        }
                        _ => self
                            .store
                            .drop_table(&name.dataset, &name.table)
                            .map_err(|_| missing(&name)),
                    }
                }
                other => return Err(Fault::unsupported(format!("DROP {other}"))),
            };
            match dropped {
                Err(fault) if !(if_exists && fault.kind == Kind::NotFound) => return Err(fault),
                _ => {}
            }
        }
        Ok(Outcome::default())
    }
}

fn missing(name: &TableName) -> Fault {
    Fault::new(Kind::NotFound, format!("Not found: Table {name} was not found in location US"))
}

fn query_of(statement: &Statement) -> Option<&sqlparser::ast::Query> {
    match statement {
        Statement::CreateTable(create) => create.query.as_deref(),
        Statement::CreateView(create) => Some(&create.query),
        _ => None,
    }
}

/// The statement type that a job shows.
fn type_of(statement: &Statement) -> Result<&'static str, Fault> {
    Ok(match statement {
        Statement::CreateTable(create) if create.query.is_some() => "CREATE_TABLE_AS_SELECT",
        Statement::CreateTable(_) => "CREATE_TABLE",
        Statement::CreateView(_) => "CREATE_VIEW",
        Statement::AlterTable(_) => "ALTER_TABLE",
        Statement::CreateSchema { .. } => "CREATE_SCHEMA",
        Statement::Drop { object_type: ObjectType::Schema, .. } => "DROP_SCHEMA",
        Statement::Drop { object_type: ObjectType::View, .. } => "DROP_VIEW",
        Statement::Drop { object_type: ObjectType::Table, .. } => "DROP_TABLE",
        Statement::Insert(_) => "INSERT",
        Statement::Update(_) => "UPDATE",
        Statement::Delete(_) => "DELETE",
        Statement::Truncate(_) => "TRUNCATE_TABLE",
        other => {
            let words: Vec<String> =
                other.to_string().split_whitespace().take(2).map(str::to_uppercase).collect();
            return Err(Fault::unsupported(format!("The statement {}", words.join(" "))));
        }
    })
}
