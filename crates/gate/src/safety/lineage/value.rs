//! What is known about a value and about the columns of a relation while a query is followed.
//!
//! Sets of columns are shared, never copied per row of a star. Nothing here decides; a value only
//! says where it comes from.

use std::collections::BTreeSet;
use std::rc::Rc;

use autopilot_domain::catalog::ColumnType;
use sqlparser::ast::Ident;

/// Base columns, by their number in the tracer.
pub(super) type Ids = Rc<BTreeSet<u32>>;

/// The type of a column as the catalog tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) column_type: ColumnType,
    pub(super) repeated: bool,
}

/// Where a value comes from.
#[derive(Debug, Clone, Default)]
pub(super) struct Value {
    /// Columns whose values it can show.
    pub(super) direct: Ids,
    /// Columns that reach it only through a count.
    pub(super) counted: Ids,
    /// Whether it is one column, or a field of one, unchanged.
    pub(super) exact: bool,
    /// Its type, if it is a column; unknown for everything computed and for fields.
    pub(super) kind: Option<Kind>,
}

impl Value {
    /// Whether it may have fields.
    pub(super) fn is_open(&self) -> bool {
        let Some(Kind { column_type, repeated }) = self.kind else {
            return true;
        };
        let nested = match column_type {
            ColumnType::Record | ColumnType::Other | ColumnType::Json => true,
            ColumnType::Int64
            | ColumnType::Float64
            | ColumnType::Numeric
            | ColumnType::Bignumeric
            | ColumnType::String
            | ColumnType::Bytes
            | ColumnType::Bool
            | ColumnType::Date
            | ColumnType::Time
            | ColumnType::Datetime
            | ColumnType::Timestamp
            | ColumnType::Geography
            | ColumnType::Interval => false,
        };
        nested && !repeated
    }

    /// The value behind a path of field names; none if it has no fields.
    pub(super) fn field(&self, path: &[&Ident]) -> Option<Self> {
        if path.is_empty() {
            return Some(self.clone());
        }
        self.is_open().then(|| Self { kind: None, ..self.clone() })
    }

    /// An element, if this is an array.
    pub(super) fn element(&self) -> Self {
        let kind = self.kind.filter(|kind| kind.repeated);
        let kind = kind.map(|kind| Kind { repeated: false, ..kind });
        Self { kind, ..self.clone() }
    }

    /// The same sources, but of a computed value.
    pub(super) fn computed(self) -> Self {
        Self { exact: false, kind: None, ..self }
    }
}

/// How a column of a relation can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// By this name.
    Given(String),
    /// By this name, if the warehouse derives one from a path in parentheses.
    Perhaps(String),
    /// Not at all.
    Anonymous,
    /// By any name: it stands for fields that are not known.
    Open,
}

impl Name {
    /// Whether it surely has this name.
    pub(super) fn is(&self, wanted: &str) -> bool {
        match self {
            Self::Given(name) => name.eq_ignore_ascii_case(wanted),
            Self::Perhaps(_) | Self::Anonymous | Self::Open => false,
        }
    }

    /// Whether it may have this name without being known to.
    pub(super) fn may_be(&self, wanted: &str) -> bool {
        match self {
            Self::Perhaps(name) => name.eq_ignore_ascii_case(wanted),
            Self::Open => true,
            Self::Given(_) | Self::Anonymous => false,
        }
    }

    /// The name, if there is one.
    pub(super) fn given(&self) -> Option<&str> {
        match self {
            Self::Given(name) => Some(name),
            Self::Perhaps(_) | Self::Anonymous | Self::Open => None,
        }
    }
}

/// Where a column of a relation can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// By its name and in a star.
    Always,
    /// By its name only, as the warehouse's own columns are.
    Named,
    /// Only with the relation's name in front, after USING.
    Qualified,
}

/// A column of a relation.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: Name,
    pub(super) value: Value,
    pub(super) seen: Seen,
}

impl Column {
    pub(super) const fn new(name: Name, value: Value) -> Self {
        Self { name, value, seen: Seen::Always }
    }
}

/// The result of a query.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) columns: Vec<Column>,
    /// The row itself, of `SELECT AS VALUE`.
    pub(super) element: Option<Value>,
    /// The name of the relation, while pipe operators leave its columns what they are.
    pub(super) title: Option<String>,
}

impl Rows {
    /// Rows of these columns.
    pub(super) const fn of(columns: Vec<Column>) -> Self {
        Self { columns, element: None, title: None }
    }
}

/// An entry of a FROM clause.
#[derive(Debug, Clone, Default)]
pub(super) struct Bound {
    /// The name its columns can be qualified with.
    pub(super) name: Option<String>,
    pub(super) columns: Vec<Column>,
    /// What the name alone stands for, if not for the row of all columns.
    pub(super) element: Option<Value>,
}

impl Bound {
    pub(super) fn is(&self, wanted: &str) -> bool {
        self.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(wanted))
    }
}

/// The names an expression can use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'s> {
    pub(super) bounds: &'s [Bound],
    /// Columns of the SELECT list, where they can be named.
    pub(super) aliases: &'s [Column],
    /// Named windows and what their keys derive from.
    pub(super) windows: &'s [(String, Value)],
    pub(super) parent: Option<&'s Scope<'s>>,
}

impl<'s> Scope<'s> {
    /// The names of a FROM clause.
    pub(super) const fn of(bounds: &'s [Bound], parent: Option<&'s Scope<'s>>) -> Self {
        Self { bounds, aliases: &[], windows: &[], parent }
    }
}
