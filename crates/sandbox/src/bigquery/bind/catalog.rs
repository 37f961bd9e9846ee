//! Tables by name: rows, views, wildcard tables and metadata views.
//!
//! Decides what a name in FROM refers to and whether the caller may see it. A data set that was not
//! granted answers exactly like one of another project.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::sync::Arc;

use datafusion::arrow::array::StringArray;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::ScalarValue;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use sqlparser::ast::{
    Expr as Ast, ObjectName, TableSampleKind, TableSampleMethod, TableSampleUnit,
};

use super::pieces::{piece, sampled};
use super::typed::column;
use super::{Binder, Bound, Col, Notes, plan_fault};
use crate::bigquery::engine::scan::{Piece, Scan, with_column};
use crate::bigquery::fault::{Fault, Kind};
use crate::bigquery::metadata;
use crate::bigquery::session::TableName;
use crate::bigquery::store::{Content, Partitioning, Table};
use crate::bigquery::syntax;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// Most views inside views.
const MAX_VIEWS: usize = 16;
/// Rows of a sampled block.
pub(super) const BLOCK: usize = 8192;

impl Binder<'_> {
    /// The share of `TABLESAMPLE SYSTEM (n PERCENT)`.
    pub(super) fn sample(&self, sample: Option<&TableSampleKind>) -> Result<Option<f64>, Fault> {
        let Some(sample) = sample else { return Ok(None) };
        let (TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample)) =
            sample;
        let system = sample.name == Some(TableSampleMethod::System);
        let unit = sample.quantity.as_ref().and_then(|quantity| quantity.unit.as_ref());
        let plain = sample.seed.is_none() && sample.bucket.is_none() && sample.offset.is_none();
        if !(system && plain && unit == Some(&TableSampleUnit::Percent)) {
            return Err(Fault::unsupported("TABLESAMPLE other than SYSTEM (n PERCENT)"));
        }
        let percent = sample.quantity.as_ref().and_then(|quantity| match &quantity.value {
            Ast::Value(value) => value.value.to_string().parse::<f64>().ok(),
            _ => None,
        });
        match percent {
            Some(percent) if (0.0..=100.0).contains(&percent) => Ok(Some(percent)),
            _ => Err(Fault::query("TABLESAMPLE SYSTEM expects a PERCENT between 0 and 100")),
        }
    }

    /// A table, view, CTE or metadata view; only a table has blocks that can be sampled.
    pub(super) fn table(&self, name: &ObjectName, sample: Option<f64>) -> Result<Bound, Fault> {
        let parts = parts(name);
        if sample.is_some() && !self.has_blocks(&parts) {
            return Err(Fault::unsupported("TABLESAMPLE of what is not one table"));
        }
        if let [only] = parts.as_slice() {
            let ctes = self.ctes.borrow();
            let found = ctes.iter().rev().find(|(cte, _)| cte.eq_ignore_ascii_case(only));
            if let Some((_, bound)) = found {
                let bound = super::from::shared(bound);
                drop(ctes);
                return self.fresh(bound);
            }
        }
        if let Some(at) =
            parts.iter().position(|part| part.eq_ignore_ascii_case("INFORMATION_SCHEMA"))
        {
            return self.information_schema(&parts, at);
        }
        let name = self.full_name(&parts)?;
        self.check_granted(&name)?;
        if name.table.ends_with('*') {
            return self.wildcard(&name);
        }
        let Some(table) = self.world.store.table(&name.dataset, &name.table) else {
            return Err(self.missing(&name));
        };
        self.notes.borrow_mut().referenced.insert(name.clone());
        match &table.content {
            Content::View(text) => self.view(text),
            Content::Rows(_) => self.rows(&name, &table, sample),
        }
    }

    /// Whether the path names one stored table, or nothing at all: that is said elsewhere.
    fn has_blocks(&self, parts: &[String]) -> bool {
        let metadata = parts.iter().any(|part| part.eq_ignore_ascii_case("INFORMATION_SCHEMA"));
        let cte = |only: &String| {
            self.ctes.borrow().iter().any(|(cte, _)| cte.eq_ignore_ascii_case(only))
        };
        if metadata || matches!(parts, [only] if cte(only)) {
            return false;
        }
        let Ok(name) = self.full_name(parts) else { return true };
        let view = self
            .world
            .store
            .table(&name.dataset, &name.table)
            .is_some_and(|table| matches!(table.content, Content::View(_)));
        !view && !name.table.ends_with('*')
    }

    /// The full name of a path; unqualified ones belong to the default data set.
    pub(crate) fn full_name(&self, parts: &[String]) -> Result<TableName, Fault> {
        let own = |dataset: &str, table: &str| TableName {
            project: self.world.project.to_owned(),
            dataset: dataset.to_owned(),
            table: table.to_owned(),
        };
        let name = match parts {
            [table] => match self.world.default_dataset {
                Some(dataset) => own(dataset, table),
                None => {
                    return Err(Fault::query(format!(
                        "Table \"{table}\" must be qualified with a dataset (e.g. dataset.table)."
                    )));
                }
            },
            [dataset, table] => own(dataset, table),
            [project, dataset, table] => {
                TableName { project: project.clone(), ..own(dataset, table) }
            }
            _ => return Err(Fault::query(format!("Invalid table name: {}", parts.join(".")))),
        };
        let fine = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        if !name.dataset.chars().all(fine) || name.dataset.is_empty() {
            return Err(Fault::new(
                Kind::Invalid,
                format!(
                    "Invalid dataset ID \"{}\". Dataset IDs must be alphanumeric (plus underscores and dashes) and must be at most 1024 characters long.",
                    name.dataset
                ),
            ));
        }
        Ok(name)
    }

    fn check_granted(&self, name: &TableName) -> Result<(), Fault> {
        let foreign = name.project != self.world.project;
        let granted = self.world.granted.is_none_or(|granted| granted.contains(&name.dataset));
        if foreign || !granted {
            return Err(Fault::new(
                Kind::AccessDenied,
                format!(
                    "Access Denied: Table {name}: User does not have permission to query table {name}, or perhaps it does not exist."
                ),
            ));
        }
        Ok(())
    }

    fn missing(&self, name: &TableName) -> Fault {
        let message = match self.world.store.dataset(&name.dataset) {
            Some(_) => format!("Not found: Table {name} was not found in location US"),
            None => format!(
                "Not found: Dataset {}:{} was not found in location US",
                name.project, name.dataset
            ),
        };
        Fault::new(Kind::NotFound, message)
    }

    /// A relation with names of its own, so that it can stand in a query twice.
    fn fresh(&self, bound: Bound) -> Result<Bound, Fault> {
        let columns: Vec<Col> =
            bound.columns.iter().map(|col| Col { id: self.id(), ..col.clone() }).collect();
        let exprs =
            bound.columns.iter().zip(&columns).map(|(old, new)| column(&old.id).alias(&new.id));
        let plan = LogicalPlanBuilder::new(bound.plan)
            .project(exprs)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        Ok(Bound { plan, columns })
    }

    fn view(&self, text: &str) -> Result<Bound, Fault> {
        if self.depth >= MAX_VIEWS {
            return Err(Fault::query("The view is nested too deeply or names itself"));
        }
        let parsed = syntax::parse(text)?;
        let [parsed] = parsed.as_slice() else {
            return Err(Fault::query("A view must be one query"));
        };
        let sqlparser::ast::Statement::Query(query) = &parsed.statement else {
            return Err(Fault::query("A view must be one query"));
        };
        // A view is read with its owner's rights and without the caller's CTEs and parameters.
        let world = super::World { parameters: &[], granted: None, ..*self.world };
        let notes: &std::cell::RefCell<Notes> = self.notes;
        let inner = Binder {
            world: &world,
            source: &parsed.source,
            ctes: std::cell::RefCell::default(),
            ids: self.ids,
            notes,
            depth: self.depth.saturating_add(1),
        };
        let bound = inner.query(query, None)?;
        Ok(bound)
    }

    fn rows(&self, name: &TableName, table: &Table, sample: Option<f64>) -> Result<Bound, Fault> {
        let def = &table.def;
        let ingested = match &def.partitioning {
            Some(Partitioning::Ingestion { .. }) => true,
            Some(Partitioning::Time { .. } | Partitioning::Range { .. }) | None => false,
        };
        let mut fields: Vec<Field> =
            def.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        let mut columns: Vec<(String, Type, bool)> = def
            .columns
            .iter()
            .map(|column| (column.name.clone(), column.of.clone(), false))
            .collect();
        if ingested {
            for (name, of) in [("_PARTITIONTIME", Type::Timestamp), ("_PARTITIONDATE", Type::Date)]
            {
                fields.push(Field::new(name, of.arrow(), true));
                columns.push((name.to_owned(), of, true));
            }
        }
        let schema = Arc::new(Schema::new(fields));
        let owner: Arc<str> = Arc::from(name.to_string());
        let mut pieces = Vec::new();
        for chunk in table.chunks() {
            let read = piece(table, chunk, &schema, ingested, &owner).map_err(plan_fault)?;
            pieces.push(match sample {
                Some(percent) => sampled(read, percent),
                None => read,
            });
        }
        let partitioned = match &def.partitioning {
            Some(partitioning) => match partitioning.column() {
                Some(column) => def.position(column).into_iter().collect(),
                None => vec![def.columns.len(), def.columns.len().saturating_add(1)],
            },
            None => Vec::new(),
        };
        let demanded = def.require_partition_filter.then(|| {
            let named = def.partitioning.as_ref().and_then(Partitioning::column);
            let named = named.unwrap_or("_PARTITION_LOAD_TIME', '_PARTITIONDATE', '_PARTITIONTIME");
            let sentence = format!(
                "Cannot query over table '{}.{}.{}' without a filter over column(s) '{named}' that can be used for partition elimination",
                name.project, name.dataset, name.table
            );
            (partitioned, sentence)
        });
        let clustered = def.clustering.iter().filter_map(|column| def.position(column)).collect();
        self.scan(
            Scan { schema, pieces, demanded, clustered, owner: Some(owner), flat: None },
            columns,
        )
    }

    /// A scan as a relation.
    fn scan(&self, scan: Scan, columns: Vec<(String, Type, bool)>) -> Result<Bound, Fault> {
        let table = self.id();
        let names: Vec<String> =
            scan.schema.fields().iter().map(|field| field.name().clone()).collect();
        let source = provider_as_source(Arc::new(scan));
        let columns: Vec<Col> = columns
            .into_iter()
            .map(|(name, of, hidden)| Col { name, id: self.id(), of, hidden })
            .collect();
        let exprs = names.iter().zip(&columns).map(|(name, col)| {
            Expr::Column(datafusion::common::Column::new(Some(table.clone()), name)).alias(&col.id)
        });
        let plan = LogicalPlanBuilder::scan(table.clone(), source, None)
            .and_then(|builder| builder.project(exprs))
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        Ok(Bound { plan, columns })
    }

    /// `events_*`: every table with the prefix, and `_TABLE_SUFFIX`.
    #[expect(
        clippy::too_many_lines,
        reason = "one match over every form; cutting it would hide a form"
    )]
    fn wildcard(&self, name: &TableName) -> Result<Bound, Fault> {
        let prefix = name.table.trim_end_matches('*');
        let lost = || {
            Fault::new(
                Kind::NotFound,
                format!(
                    "{}.{}.{} does not match any table.",
                    name.project, name.dataset, name.table
                ),
            )
        };
        let dataset = self.world.store.dataset(&name.dataset).ok_or_else(|| self.missing(name))?;
        let tables: Vec<&Arc<Table>> = dataset
            .tables()
            .filter(|table| {
                table.def.name.starts_with(prefix) && matches!(table.content, Content::Rows(_))
            })
            .collect();
        let newest = tables.iter().max_by_key(|table| (table.def.created, table.def.name.clone()));
        let def = &newest.ok_or_else(lost)?.def;
        let mut fields: Vec<Field> =
            def.schema().fields().iter().map(|f| f.as_ref().clone()).collect();
        fields.push(Field::new("_TABLE_SUFFIX", DataType::Utf8, true));
        let schema = Arc::new(Schema::new(fields));
        let suffix_at = def.columns.len();
        let mut pieces = Vec::new();
        let owner: Arc<str> = Arc::from(name.to_string());
        for table in &tables {
            let suffix = table.def.name.trim_start_matches(prefix).to_owned();
            let places: Option<Vec<usize>> = def
                .columns
                .iter()
                .map(|column| {
                    let at = table.def.position(&column.name)?;
                    (table.def.columns.get(at)?.of == column.of).then_some(at)
                })
                .collect();
            let places = places
                .ok_or_else(|| Fault::unsupported("A wildcard over tables of different schemas"))?;
            for chunk in table.chunks() {
                let batches = chunk.batches.iter().map(|batch| {
                    let extra =
                        Arc::new(StringArray::from(vec![suffix.as_str(); batch.num_rows()]));
                    with_column(&batch.project(&places)?, &schema, vec![extra])
                });
                let mut sizes: Vec<u64> =
                    places.iter().map(|at| chunk.sizes.get(*at).copied().unwrap_or(0)).collect();
                sizes.push(0);
                let end = ScalarValue::Utf8(Some(suffix.clone()));
                pieces.push(Piece {
                    batches: batches
                        .collect::<datafusion::common::Result<_>>()
                        .map_err(plan_fault)?,
                    sizes,
                    spans: vec![(suffix_at, end.clone(), end)],
                    table: Arc::clone(&owner),
                });
            }
            self.notes
                .borrow_mut()
                .referenced
                .insert(TableName { table: table.def.name.clone(), ..name.clone() });
        }
        let mut columns: Vec<(String, Type, bool)> = def
            .columns
            .iter()
            .map(|column| (column.name.clone(), column.of.clone(), false))
            .collect();
        columns.push(("_TABLE_SUFFIX".to_owned(), Type::String, true));
        self.scan(
            Scan {
                schema,
                pieces,
                demanded: None,
                clustered: Vec::new(),
                owner: Some(owner),
                flat: None,
            },
            columns,
        )
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one match over every form; cutting it would hide a form"
    )]
    fn information_schema(&self, parts: &[String], at: usize) -> Result<Bound, Fault> {
        let view = parts
            .get(at.saturating_add(1))
            .map(|view| view.to_ascii_uppercase())
            .unwrap_or_default();
        let scope: Vec<&String> = parts.iter().take(at).collect();
        let dataset = match scope.as_slice() {
            [] => None,
            [one] if one.to_ascii_lowercase().starts_with("region-") => None,
            [one] if self.world.store.dataset(one).is_none() && **one == self.world.project => None,
            [project, one] if one.to_ascii_lowercase().starts_with("region-") => {
                if **project != self.world.project {
                    return Err(Fault::new(
                        Kind::AccessDenied,
                        format!(
                            "Access Denied: Project {project}: User does not have permission to query metadata"
                        ),
                    ));
                }
                None
            }
            [one] => Some((*one).clone()),
            [project, one] if **project == self.world.project => Some((*one).clone()),
            _ => {
                return Err(Fault::new(
                    Kind::AccessDenied,
                    format!(
                        "Access Denied: Table {}: User does not have permission to query table",
                        parts.join(".")
                    ),
                ));
            }
        };
        let granted =
            |dataset: &String| self.world.granted.is_none_or(|granted| granted.contains(dataset));
        if let Some(dataset) = &dataset
            && (self.world.store.dataset(dataset).is_none() || !granted(dataset))
        {
            let name = TableName {
                project: self.world.project.to_owned(),
                dataset: dataset.clone(),
                table: format!("INFORMATION_SCHEMA.{view}"),
            };
            return Err(if granted(dataset) {
                self.missing(&name)
            } else {
                Fault::new(
                    Kind::AccessDenied,
                    format!(
                        "Access Denied: Dataset {}:{dataset}: User does not have permission",
                        self.world.project
                    ),
                )
            });
        }
        let all = match dataset {
            Some(dataset) => vec![dataset],
            None => self.world.store.datasets().into_iter().filter(granted).collect(),
        };
        let found = metadata::view(&view, self.world.project, self.world.store, &all)?;
        let columns: Vec<(String, Type, bool)> = found
            .columns
            .iter()
            .map(|(name, of)| ((*name).to_owned(), of.clone(), false))
            .collect();
        let fields: Vec<Field> =
            found.columns.iter().map(|(name, of)| Field::new(*name, of.arrow(), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let arrays = found.columns.iter().enumerate().map(|(at, (_, of))| {
            let values: Vec<Value> =
                found.rows.iter().map(|row| row.get(at).cloned().unwrap_or(Value::Null)).collect();
            crate::bigquery::value::column(&values, of)
        });
        let batch =
            datafusion::arrow::array::RecordBatch::try_new(Arc::clone(&schema), arrays.collect())
                .map_err(|error| plan_fault(error.into()))?;
        let piece = Piece {
            batches: vec![batch],
            sizes: vec![0; columns.len()],
            spans: Vec::new(),
            table: Arc::from("INFORMATION_SCHEMA"),
        };
        // The recorded figure: every metadata view counts 10 MiB.
        self.scan(
            Scan {
                schema,
                pieces: vec![piece],
                demanded: None,
                clustered: Vec::new(),
                owner: None,
                flat: Some(10 << 20),
            },
            columns,
        )
    }
}

/// The parts of a name; a quoted name may hold several.
pub(crate) fn parts(name: &ObjectName) -> Vec<String> {
    let idents = name.0.iter().filter_map(|part| part.as_ident());
    idents.flat_map(|ident| ident.value.split('.').map(str::to_owned).collect::<Vec<_>>()).collect()
}
