//! The state of one walk: base columns by number, uses, tables, and the work that is left.
//!
//! Work and depth are bounded, so that no text can keep a thread busy or exhaust its stack; a walk
//! that meets a bound is refused, never cut short.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use autopilot_domain::catalog::{Catalog, ColumnType, TableFacts, TableRef};

use super::value::{Column, Ids, Kind, Name, Rows, Seen, Value};
use super::{BaseColumn, Blocked, Clause, ColumnUse, Lineage, OutputColumn, TableUse};

pub(super) type Checked<T> = Result<T, Blocked>;

/// Steps a walk may take; a text of 64 KiB over ordinary tables takes some ten thousand.
const WORK: usize = 3_000_000;
/// Most columns of one relation, as in BigQuery.
const MAX_COLUMNS: usize = 10_000;
/// Most constructs inside each other.
const MAX_DEPTH: usize = 300;
/// The columns BigQuery adds to a table that is partitioned by time of arrival.
const ARRIVAL: [(&str, ColumnType); 2] =
    [("_PARTITIONTIME", ColumnType::Timestamp), ("_PARTITIONDATE", ColumnType::Date)];

/// One walk over one statement.
#[derive(Debug)]
pub(super) struct Tracer<'a> {
    pub(super) catalog: &'a Catalog,
    /// WITH queries in sight, innermost last.
    pub(super) with: Vec<(String, Rc<Rows>)>,
    base: Vec<BaseColumn>,
    tables: Vec<TableUse>,
    columns: BTreeMap<TableRef, Vec<Column>>,
    uses: BTreeSet<(u32, Clause)>,
    work: usize,
    depth: usize,
}

impl<'a> Tracer<'a> {
    pub(super) const fn new(catalog: &'a Catalog) -> Self {
        Self {
            catalog,
            with: Vec::new(),
            base: Vec::new(),
            tables: Vec::new(),
            columns: BTreeMap::new(),
            uses: BTreeSet::new(),
            work: WORK,
            depth: 0,
        }
    }

    /// Takes steps from the work that is left.
    pub(super) fn spend(&mut self, steps: usize) -> Checked<()> {
        self.work = self.work.checked_sub(steps.saturating_add(1)).ok_or_else(|| {
            Blocked::new("lineage.too_large", "The query has too many columns to follow.")
        })?;
        Ok(())
    }

    /// Refuses a relation with more columns than the warehouse allows, and pays for its columns.
    pub(super) fn width(&mut self, columns: usize) -> Checked<()> {
        not_too_wide(columns)?;
        self.spend(columns)
    }

    /// Runs one step deeper.
    pub(super) fn deeper<T>(&mut self, step: impl FnOnce(&mut Self) -> Checked<T>) -> Checked<T> {
        if self.depth >= MAX_DEPTH {
            let reason = "The query is nested too deeply to follow its columns.";
            return Err(Blocked::new("lineage.too_deep", reason));
        }
        self.depth += 1;
        let result = step(self);
        self.depth -= 1;
        result
    }

    /// Notes a use of everything a value derives from. Where the work does not suffice nothing is
    /// left of it, so that the walk cannot end well.
    pub(super) fn record(&mut self, clause: Clause, value: &Value) {
        let steps = value.direct.len().saturating_add(value.counted.len());
        let Some(left) = self.work.checked_sub(steps) else {
            self.work = 0;
            return;
        };
        self.work = left;
        self.uses.extend(value.direct.iter().map(|id| (*id, clause)));
        self.uses.extend(value.counted.iter().map(|id| (*id, Clause::Counted)));
    }

    /// Whether a value can show a protected column.
    pub(super) fn is_protected(&self, ids: &Ids) -> bool {
        ids.iter().filter_map(|id| self.base_of(*id)).any(|column| column.protected)
    }

    fn base_of(&self, id: u32) -> Option<&BaseColumn> {
        usize::try_from(id).ok().and_then(|index| self.base.get(index))
    }

    /// Both sets as one; shares where one side is empty or both are the same.
    fn join_ids(&mut self, left: &Ids, right: &Ids) -> Checked<Ids> {
        if right.is_empty() || Rc::ptr_eq(left, right) {
            return Ok(Rc::clone(left));
        }
        if left.is_empty() {
            return Ok(Rc::clone(right));
        }
        self.spend(left.len() + right.len())?;
        Ok(Rc::new(left.union(right).copied().collect()))
    }

    /// A computed value of two others.
    pub(super) fn join(&mut self, left: &Value, right: &Value) -> Checked<Value> {
        Ok(Value {
            direct: self.join_ids(&left.direct, &right.direct)?,
            counted: self.join_ids(&left.counted, &right.counted)?,
            exact: false,
            kind: None,
        })
    }

    /// A computed value of many others.
    pub(super) fn join_all<'v>(
        &mut self,
        values: impl IntoIterator<Item = &'v Value>,
    ) -> Checked<Value> {
        let mut direct = BTreeSet::new();
        let mut counted = BTreeSet::new();
        for value in values {
            self.spend(value.direct.len() + value.counted.len())?;
            direct.extend(value.direct.iter().copied());
            counted.extend(value.counted.iter().copied());
        }
        Ok(Value { direct: direct.into(), counted: counted.into(), exact: false, kind: None })
    }

    /// The columns of a table, read from the catalog once.
    pub(super) fn table(&mut self, facts: &TableFacts, name: &str) -> Checked<Vec<Column>> {
        self.width(facts.columns.len())?;
        if let Some(known) = self.tables.iter_mut().find(|one| one.table == facts.table) {
            if !known.names.iter().any(|other| other.eq_ignore_ascii_case(name)) {
                known.names.push(name.to_owned());
            }
        } else {
            self.tables.push(TableUse {
                table: facts.table.clone(),
                names: vec![name.to_owned()],
                partition_column: facts.partition_column.clone(),
                partition_filter_required: facts.partition_filter_required,
            });
        }
        if let Some(columns) = self.columns.get(&facts.table) {
            return Ok(columns.clone());
        }
        let columns = self.read_table(facts)?;
        self.columns.insert(facts.table.clone(), columns.clone());
        Ok(columns)
    }

    fn read_table(&mut self, facts: &TableFacts) -> Checked<Vec<Column>> {
        let mut columns = Vec::with_capacity(facts.columns.len());
        for column in &facts.columns {
            let kind = Kind { column_type: column.column_type, repeated: column.repeated };
            let protected = !column.examination.is_clear();
            columns.push(self.base_column(facts, &column.name, protected, kind)?);
        }
        let by_arrival = facts.partition_column.as_ref().is_some_and(|partition| {
            ARRIVAL.iter().any(|(name, _)| name.eq_ignore_ascii_case(partition))
        });
        if by_arrival {
            for (name, column_type) in ARRIVAL {
                let kind = Kind { column_type, repeated: false };
                let column = self.base_column(facts, name, false, kind)?;
                columns.push(Column { seen: Seen::Named, ..column });
            }
        }
        Ok(columns)
    }

    fn base_column(
        &mut self,
        facts: &TableFacts,
        name: &str,
        protected: bool,
        kind: Kind,
    ) -> Checked<Column> {
        let id = u32::try_from(self.base.len())
            .map_err(|_| Blocked::new("lineage.too_wide", "The query reads too many columns."))?;
        let table = facts.table.clone();
        self.base.push(BaseColumn { table, column: name.to_owned(), protected });
        let direct = Rc::new(BTreeSet::from([id]));
        let value = Value { direct, counted: Ids::default(), exact: true, kind: Some(kind) };
        Ok(Column::new(Name::Given(name.to_owned()), value))
    }

    /// The answer of the walk, given the rows of the whole query.
    pub(super) fn finish(mut self, rows: &Rows) -> Checked<Lineage> {
        let mut outputs = Vec::with_capacity(rows.columns.len());
        for column in &rows.columns {
            self.record(Clause::Output, &column.value);
        }
        self.spend(0)?;
        for column in rows.columns.iter().filter(|column| column.seen == Seen::Always) {
            let Value { direct, counted, .. } = &column.value;
            let sources: BTreeSet<u32> = direct.union(counted).copied().collect();
            // Sets are shared until here; each output gets its own list.
            self.spend(sources.len().saturating_mul(8))?;
            outputs.push(OutputColumn {
                name: column.name.given().map(str::to_owned),
                open: column.name == Name::Open,
                sources: sources.iter().filter_map(|id| self.base_of(*id)).cloned().collect(),
                revealing: self.is_protected(direct),
            });
        }
        let uses = self
            .uses
            .iter()
            .filter_map(|(id, clause)| {
                let column = self.base_of(*id)?.clone();
                Some(ColumnUse { column, clause: *clause })
            })
            .collect();
        Ok(Lineage { tables: self.tables, uses, outputs })
    }
}

/// Refuses more columns than a relation of the warehouse can have.
pub(super) fn not_too_wide(columns: usize) -> Checked<()> {
    if columns <= MAX_COLUMNS {
        return Ok(());
    }
    Err(Blocked::new("lineage.too_wide", "A part of the query has more than 10,000 columns."))
}

/// A construct that is not followed.
pub(super) fn refused<T>(rule: &'static str, what: &str) -> Checked<T> {
    Err(Blocked::new(rule, format!("{what} cannot be followed to its columns.")))
}

/// Refuses unless `ok`.
pub(super) fn need(ok: bool, rule: &'static str, what: &str) -> Checked<()> {
    if ok { Ok(()) } else { refused(rule, what) }
}
