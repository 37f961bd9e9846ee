//! CREATE TABLE, CREATE VIEW and ALTER TABLE.
//!
//! Decides a table's columns, partitions, clustering and options from the statement.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use sqlparser::ast::{
    AlterTable, AlterTableOperation, ColumnOption, CreateTable, CreateTableOptions, CreateView,
    DataType, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, ObjectNamePart,
    RenameTableNameKind, SqlOption, WrappedCollection,
};

use crate::bigquery::bind::{range_of, type_of};
use crate::bigquery::fault::{Fault, Kind};
use crate::bigquery::session::{Outcome, Request, TableName, Warehouse, now};
use crate::bigquery::store::{ColumnDef, Content, Granularity, Partitioning, Table, TableDef};
use crate::bigquery::syntax::{Literal, Parsed, Source};
use crate::bigquery::types::Type;

impl Warehouse {
    pub(super) async fn create_table(
        self: &Arc<Self>,
        create: &CreateTable,
        parsed: &Parsed,
        request: &Request,
    ) -> Result<Outcome, Fault> {
        let foreign = create.temporary
            || create.external
            || create.snapshot
            || create.like.is_some()
            || create.clone.is_some()
            || !create.constraints.is_empty();
        if foreign {
            return Err(Fault::unsupported("This form of CREATE TABLE"));
        }
        let name = self.target(&create.name, request)?;
        if !self.may_create(&name, create.or_replace, create.if_not_exists)? {
            return Ok(Outcome::default());
        }
        let mut def = TableDef {
            name: name.table.clone(),
            created: now() / 1000,
            modified: now() / 1000,
            ..TableDef::default()
        };
        for column in &create.columns {
            def.columns.push(column_def(column, &parsed.source)?);
        }
        let mut rows = Vec::new();
        if let Some(query) = &create.query {
            let (plan, facts) = self.plan(query, &parsed.source, request)?;
            if def.columns.is_empty() {
                def.columns = facts.columns.clone();
            }
            let batches = self.batches(plan).await?;
            rows = super::modify::conform(&batches, &facts.columns, &def)?;
        }
        def.partitioning =
            create.partition_by.as_deref().map(|by| partitioning(by, &def)).transpose()?;
        def.clustering = clustering(create)?;
        for column in &def.clustering {
            if def.position(column).is_none() {
                return Err(Fault::new(
                    Kind::Invalid,
                    "The field specified for clustering cannot be found in the schema.",
                ));
            }
        }
        options(&create.table_options, &parsed.source, &mut def)?;
        let table = Table::empty(def).with_rows(&rows, now())?;
        self.store.put(&name.dataset, table)?;
        Ok(Outcome::default())
    }

    fn may_create(
        &self,
        name: &TableName,
        replace: bool,
        if_not_exists: bool,
    ) -> Result<bool, Fault> {
        if self.store.table(&name.dataset, &name.table).is_none() || replace {
            return Ok(true);
        }
        if if_not_exists {
            return Ok(false);
        }
        Err(Fault::new(Kind::Duplicate, format!("Already Exists: Table {name}")))
    }

    pub(super) fn create_view(
        &self,
        create: &CreateView,
        parsed: &Parsed,
        request: &Request,
    ) -> Result<Outcome, Fault> {
        if create.materialized || !create.columns.is_empty() {
            return Err(Fault::unsupported("This form of CREATE VIEW"));
        }
        let name = self.target(&create.name, request)?;
        if !self.may_create(&name, create.or_replace, false)? {
            return Ok(Outcome::default());
        }
        let (_, facts) = self.plan(&create.query, &parsed.source, request)?;
        let mut def = TableDef {
            name: name.table,
            columns: facts.columns,
            created: now() / 1000,
            modified: now() / 1000,
            ..TableDef::default()
        };
        options(&create.options, &parsed.source, &mut def)?;
        let content = Content::View(parsed.source.body().to_owned());
        self.store.put(&name.dataset, Table { def, content })?;
        Ok(Outcome::default())
    }

    pub(super) fn alter_table(
        &self,
        alter: &AlterTable,
        request: &Request,
    ) -> Result<Outcome, Fault> {
        let name = self.target(&alter.name, request)?;
        let mut table = Table::clone(&*self.existing(&name)?);
        let mut renamed = None;
        for operation in &alter.operations {
            match operation {
                AlterTableOperation::DropColumn { column_names, if_exists, .. } => {
                    for column in column_names {
                        table = drop_column(&table, &column.value, *if_exists)?;
                    }
                }
                AlterTableOperation::RenameTable { table_name } => {
                    let (RenameTableNameKind::To(to) | RenameTableNameKind::As(to)) = table_name;
                    renamed = Some(crate::bigquery::bind::parts(to).pop().unwrap_or_default());
                }
                AlterTableOperation::AddColumn { if_not_exists, column_def: column, .. } => {
                    let column = column_def(column, &Source::default())?;
                    if table.def.position(&column.name).is_none() {
                        table = add_column(&table, column)?;
                    } else if !if_not_exists {
                        return Err(Fault::query(format!(
                            "Column already exists: {}",
                            column.name
                        )));
                    }
                }
                _ => return Err(Fault::unsupported("This ALTER TABLE")),
            }
        }
        table.def.modified = now() / 1000;
        if let Some(to) = renamed {
            table.def.name = to;
            self.store.drop_table(&name.dataset, &name.table)?;
        }
        self.store.put(&name.dataset, table)?;
        Ok(Outcome::default())
    }
}

fn rebuilt(
    def: TableDef,
    table: &Table,
    change: impl Fn(&RecordBatch) -> Result<RecordBatch, Fault>,
) -> Result<Table, Fault> {
    let chunks = table.chunks().iter().map(|chunk| {
        let batches = chunk.batches.iter().map(&change).collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(crate::bigquery::store::Chunk::of(chunk.key, batches, &def.columns)))
    });
    let chunks = chunks.collect::<Result<Vec<_>, Fault>>()?;
    Ok(Table { def, content: Content::Rows(chunks) })
}

fn drop_column(table: &Table, name: &str, if_exists: bool) -> Result<Table, Fault> {
    let Some(at) = table.def.position(name) else {
        if if_exists {
            return Ok(table.clone());
        }
        return Err(Fault::query(format!("Column not found: {name}")));
    };
    let mut def = table.def.clone();
    def.columns.remove(at);
    let keep: Vec<usize> = (0..table.def.columns.len()).filter(|place| *place != at).collect();
    rebuilt(def, table, |batch| batch.project(&keep).map_err(|_| Fault::unsupported("This column")))
}

fn add_column(table: &Table, column: ColumnDef) -> Result<Table, Fault> {
    let mut def = table.def.clone();
    let of = column.of.arrow();
    def.columns.push(column);
    let schema = def.schema();
    rebuilt(def, table, |batch| {
        let empty = datafusion::arrow::array::new_null_array(&of, batch.num_rows());
        crate::bigquery::engine::scan::with_column(batch, &schema, vec![empty])
            .map_err(|_| Fault::unsupported("This column"))
    })
}

fn column_def(column: &sqlparser::ast::ColumnDef, source: &Source) -> Result<ColumnDef, Fault> {
    let of = match &column.data_type {
        DataType::Custom(name, arguments) if is_range(name) => {
            range_of(&format!("RANGE<{}>", arguments.join(",")))?
        }
        other => type_of(other)?,
    };
    let mut def = ColumnDef::new(column.name.value.clone(), of);
    for option in &column.options {
        match &option.option {
            ColumnOption::NotNull => def.required = true,
            ColumnOption::Null => {}
            ColumnOption::Options(options) => {
                for option in options {
                    if let SqlOption::KeyValue { key, value } = option
                        && key.value.eq_ignore_ascii_case("description")
                    {
                        def.description = text(value, source);
                    }
                }
            }
            other => return Err(Fault::unsupported(format!("The column option {other}"))),
        }
    }
    Ok(def)
}

fn is_range(name: &ObjectName) -> bool {
    matches!(name.0.as_slice(), [ObjectNamePart::Identifier(name)] if name.value.eq_ignore_ascii_case("RANGE"))
}

fn text(value: &Expr, source: &Source) -> Option<String> {
    let Expr::Value(value) = value else { return None };
    let sqlparser::ast::Value::SingleQuotedString(number) = &value.value else { return None };
    match source.literal(number)? {
        Literal::Text(text) => Some(text.clone()),
        Literal::Bytes(_) => None,
    }
}

fn clustering(create: &CreateTable) -> Result<Vec<String>, Fault> {
    let exprs = match &create.cluster_by {
        None => return Ok(Vec::new()),
        Some(WrappedCollection::NoWrapping(exprs) | WrappedCollection::Parentheses(exprs)) => exprs,
    };
    let name = |expr: &Expr| match expr {
        Expr::Identifier(name) => Ok(name.value.clone()),
        _ => Err(Fault::query("CLUSTER BY expects column names")),
    };
    exprs.iter().map(name).collect()
}

fn options(options: &CreateTableOptions, source: &Source, def: &mut TableDef) -> Result<(), Fault> {
    let list = match options {
        CreateTableOptions::None => return Ok(()),
        CreateTableOptions::Options(list) => list,
        _ => return Err(Fault::unsupported("These table options")),
    };
    for option in list {
        let SqlOption::KeyValue { key, value } = option else {
            return Err(Fault::unsupported("This table option"));
        };
        let name = key.value.to_ascii_lowercase();
        let written = text(value, source);
        match name.as_str() {
            "description" => def.description.clone_from(&written),
            "require_partition_filter" => {
                def.require_partition_filter = value.to_string().eq_ignore_ascii_case("true");
            }
            _ => {}
        }
        let sql = match written {
            Some(text) => serde_json::to_string(&text).unwrap_or_default(),
            None => value.to_string(),
        };
        def.options.push((name, sql));
    }
    Ok(())
}

#[expect(
    clippy::too_many_lines,
    reason = "one match over every form; cutting it would hide a form"
)]
fn partitioning(by: &Expr, def: &TableDef) -> Result<Partitioning, Fault> {
    let unknown = || {
        Fault::query(
            "PARTITION BY expression must be DATE(<timestamp_column>), DATE(<datetime_column>), DATETIME_TRUNC(<datetime_column>, DAY/HOUR/MONTH/YEAR), a DATE column, TIMESTAMP_TRUNC(<timestamp_column>, DAY/HOUR/MONTH/YEAR), DATE_TRUNC(<date_column>, MONTH/YEAR), or RANGE_BUCKET(<int64_column>, GENERATE_ARRAY(<int64_value>, <int64_value>[, <int64_value>]))",
        )
    };
    let of = |name: &str| {
        def.position(name).and_then(|at| def.columns.get(at)).map(|column| column.of.clone())
    };
    match by {
        Expr::Identifier(name) if name.value.eq_ignore_ascii_case("_PARTITIONDATE") => {
            Ok(Partitioning::Ingestion { by: Granularity::Day })
        }
        Expr::Identifier(name) => match of(&name.value) {
            Some(Type::Date) => {
                Ok(Partitioning::Time { column: name.value.clone(), by: Granularity::Day })
            }
            Some(_) => Err(unknown()),
            None => Err(Fault::query(format!("Unrecognized name: {}", name.value))),
        },
        Expr::Function(function) => {
            let call = function.name.to_string().to_ascii_uppercase();
            let call = call.trim_start_matches("FN__").to_owned();
            let args = arguments(&function.args);
            let Some(Expr::Identifier(column)) = args.first() else { return Err(unknown()) };
            let column = column.value.clone();
            let granularity = || match args
                .get(1)
                .map(ToString::to_string)
                .unwrap_or_default()
                .to_ascii_uppercase()
                .as_str()
            {
                "HOUR" => Ok(Granularity::Hour),
                "DAY" => Ok(Granularity::Day),
                "MONTH" => Ok(Granularity::Month),
                "YEAR" => Ok(Granularity::Year),
                _ => Err(unknown()),
            };
            if column.eq_ignore_ascii_case("_PARTITIONTIME") {
                return Ok(Partitioning::Ingestion { by: granularity()? });
            }
            match call.as_str() {
                "DATE" if args.len() == 1 => {
                    Ok(Partitioning::Time { column, by: Granularity::Day })
                }
                "DATE_TRUNC" | "TIMESTAMP_TRUNC" | "DATETIME_TRUNC" => {
                    Ok(Partitioning::Time { column, by: granularity()? })
                }
                "RANGE_BUCKET" => {
                    let Some(Expr::Function(array)) = args.get(1) else { return Err(unknown()) };
                    let numbers: Vec<i64> = arguments(&array.args)
                        .iter()
                        .filter_map(|arg| arg.to_string().parse().ok())
                        .collect();
                    let (Some(start), Some(end)) = (numbers.first(), numbers.get(1)) else {
                        return Err(unknown());
                    };
                    let step = numbers.get(2).copied().unwrap_or(1);
                    Ok(Partitioning::Range { column, start: *start, end: *end, step })
                }
                _ => Err(unknown()),
            }
        }
        _ => Err(unknown()),
    }
}

fn arguments(args: &FunctionArguments) -> Vec<&Expr> {
    let FunctionArguments::List(list) = args else { return Vec::new() };
    list.args
        .iter()
        .filter_map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .collect()
}
