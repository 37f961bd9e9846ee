//! Calls: counts that show nothing, aggregates, windows, and everything else.
//!
//! Whether a function may be called at all is decided elsewhere; here its result derives from every
//! argument and every clause. The few counts that are excused are listed in the module's head.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArgumentList, FunctionArguments, HavingBound, Ident, WindowFrame, WindowFrameBound,
    WindowSpec, WindowType,
};

use super::Clause;
use super::expr::bad_argument;
use super::names::name;
use super::projection::{idents, path_of};
use super::select::named_window;
use super::tracer::{Checked, Tracer, need, refused};
use super::value::{Ids, Scope, Value};

/// Aggregates; a use as their argument is noted as such.
const AGGREGATES: [&str; 29] = [
    "ANY_VALUE",
    "APPROX_COUNT_DISTINCT",
    "APPROX_QUANTILES",
    "APPROX_TOP_COUNT",
    "APPROX_TOP_SUM",
    "ARRAY_AGG",
    "ARRAY_CONCAT_AGG",
    "AVG",
    "BIT_AND",
    "BIT_OR",
    "BIT_XOR",
    "CORR",
    "COUNT",
    "COUNTIF",
    "COVAR_POP",
    "COVAR_SAMP",
    "GROUPING",
    "LOGICAL_AND",
    "LOGICAL_OR",
    "MAX",
    "MAX_BY",
    "MIN",
    "MIN_BY",
    "STDDEV",
    "STDDEV_POP",
    "STDDEV_SAMP",
    "STRING_AGG",
    "SUM",
    "VARIANCE",
];

/// Functions that take the name of a part of a date, and in which place.
const PARTS_AT: [(&str, usize); 12] = [
    ("DATE_TRUNC", 1),
    ("DATETIME_TRUNC", 1),
    ("TIMESTAMP_TRUNC", 1),
    ("TIME_TRUNC", 1),
    ("LAST_DAY", 1),
    ("DATE_DIFF", 2),
    ("DATETIME_DIFF", 2),
    ("TIMESTAMP_DIFF", 2),
    ("TIME_DIFF", 2),
    ("GENERATE_TIMESTAMP_ARRAY", 3),
    ("NORMALIZE", 1),
    ("NORMALIZE_AND_CASEFOLD", 1),
];

/// Words that stand for a part of a date or a form of Unicode.
const PARTS: [&str; 20] = [
    "MICROSECOND",
    "MILLISECOND",
    "SECOND",
    "MINUTE",
    "HOUR",
    "DAY",
    "DAYOFWEEK",
    "DAYOFYEAR",
    "WEEK",
    "ISOWEEK",
    "MONTH",
    "QUARTER",
    "YEAR",
    "ISOYEAR",
    "DATE",
    "TIME",
    "NFC",
    "NFKC",
    "NFD",
    "NFKD",
];

/// Functions that need no parentheses.
const CLOCKS: [&str; 4] = ["CURRENT_DATE", "CURRENT_DATETIME", "CURRENT_TIME", "CURRENT_TIMESTAMP"];

/// Words that stand for the first day of a week.
const DAYS: [&str; 7] =
    ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

impl Tracer<'_> {
    /// The value of a call.
    pub(super) fn function(&mut self, call: &Function, scope: &Scope<'_>) -> Checked<Value> {
        let path = idents(&call.name)?;
        let called = path.iter().map(|part| part.value.to_ascii_uppercase()).collect::<Vec<_>>();
        let called = called.join(".");
        match &call.args {
            FunctionArguments::None => return self.bare(&path, &called, scope),
            FunctionArguments::List(list) if call.over.is_none() => {
                plain(call)?;
                if let Some(counted) = self.count(&called, list, scope)? {
                    return Ok(counted);
                }
            }
            FunctionArguments::Subquery(_) | FunctionArguments::List(_) => {}
        }
        self.call(call, &called, scope)
    }

    /// A call behind a dot: a routine of that last name, or a call chained to a value. Its name says
    /// nothing about what it is.
    pub(super) fn dotted_call(&mut self, call: &Function, scope: &Scope<'_>) -> Checked<Value> {
        self.call(call, "", scope)
    }

    /// The value of a call that derives from everything in it.
    fn call(&mut self, call: &Function, called: &str, scope: &Scope<'_>) -> Checked<Value> {
        plain(call)?;
        let value = match &call.args {
            FunctionArguments::None => Value::default(),
            FunctionArguments::Subquery(query) => self.scalar(query, scope)?,
            FunctionArguments::List(list) => self.arguments(called, list, scope)?,
        };
        if AGGREGATES.contains(&called) {
            self.record(Clause::Aggregate, &value);
        }
        let window = match &call.over {
            Some(WindowType::WindowSpec(window)) => self.window(window, scope)?,
            Some(WindowType::NamedWindow(title)) => named_window(name(title)?, scope)?,
            None => Value::default(),
        };
        self.join(&value, &window).map(Value::computed)
    }

    /// A word without parentheses that the parser takes for a call: a column, where there is one.
    fn bare(&mut self, path: &[&Ident], called: &str, scope: &Scope<'_>) -> Checked<Value> {
        match self.resolve(path, scope) {
            Err(_) if CLOCKS.contains(&called) => Ok(Value::default()),
            answer => answer,
        }
    }

    /// A count that shows nothing of its column; none if this call is not one.
    fn count(
        &mut self,
        called: &str,
        list: &FunctionArgumentList,
        scope: &Scope<'_>,
    ) -> Checked<Option<Value>> {
        let FunctionArgumentList { duplicate_treatment, args, clauses } = list;
        let [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] = args.as_slice() else {
            return Ok(None);
        };
        let distinct = *duplicate_treatment == Some(DuplicateTreatment::Distinct);
        let column = match called {
            "COUNT" => Some(argument),
            "APPROX_COUNT_DISTINCT" if !distinct => Some(argument),
            "COUNTIF" if !distinct => null_test(argument),
            _ => None,
        };
        let Some(path) = column.filter(|_| clauses.is_empty()).and_then(path_of) else {
            return Ok(None);
        };
        let value = self.resolve(&path, scope)?;
        if !value.exact {
            return Ok(None);
        }
        let all =
            self.join(&value, &Value { direct: value.counted.clone(), ..Value::default() })?;
        let counted = Value { direct: Ids::default(), counted: all.direct, ..Value::default() };
        self.record(Clause::Counted, &counted);
        Ok(Some(counted))
    }

    fn arguments(
        &mut self,
        called: &str,
        list: &FunctionArgumentList,
        scope: &Scope<'_>,
    ) -> Checked<Value> {
        let FunctionArgumentList { duplicate_treatment: _, args, clauses } = list;
        let mut all = Value::default();
        for (index, argument) in args.iter().enumerate() {
            if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = argument
                && is_part(called, index, expr)
            {
                continue;
            }
            let value = self.argument(called, argument, scope)?;
            all = self.join(&all, &value)?;
        }
        for clause in clauses {
            let value = self.argument_clause(clause, scope)?;
            all = self.join(&all, &value)?;
        }
        Ok(all)
    }

    fn argument(
        &mut self,
        called: &str,
        argument: &FunctionArg,
        scope: &Scope<'_>,
    ) -> Checked<Value> {
        let inner = match argument {
            FunctionArg::Unnamed(inner) => inner,
            FunctionArg::Named { name: _, arg, operator: _ } => arg,
            FunctionArg::ExprNamed { .. } => return Err(bad_argument()),
        };
        match inner {
            FunctionArgExpr::Expr(expr) => self.eval(expr, scope),
            FunctionArgExpr::Wildcard if called == "COUNT" => Ok(Value::default()),
            FunctionArgExpr::QualifiedWildcard(object) => {
                let path = idents(object)?;
                self.resolve(&path, scope).map(Value::computed)
            }
            FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_) => {
                Err(bad_argument())
            }
        }
    }

    fn argument_clause(
        &mut self,
        clause: &FunctionArgumentClause,
        scope: &Scope<'_>,
    ) -> Checked<Value> {
        match clause {
            FunctionArgumentClause::IgnoreOrRespectNulls(_)
            | FunctionArgumentClause::Separator(_) => Ok(Value::default()),
            FunctionArgumentClause::OrderBy(keys) => self.order_keys(keys, &[], scope),
            FunctionArgumentClause::Limit(expr)
            | FunctionArgumentClause::Having(HavingBound(_, expr)) => {
                let value = self.eval(expr, scope)?;
                self.record(Clause::Filter, &value);
                Ok(value)
            }
            FunctionArgumentClause::OnOverflow(_)
            | FunctionArgumentClause::JsonNullClause(_)
            | FunctionArgumentClause::JsonReturningClause(_) => {
                refused("lineage.argument", "This clause of a call")
            }
        }
    }

    /// What the rows a window sees, and their order, derive from.
    pub(super) fn window(&mut self, window: &WindowSpec, scope: &Scope<'_>) -> Checked<Value> {
        let WindowSpec { window_name, partition_by, order_by, window_frame } = window;
        let mut all = match window_name {
            Some(title) => named_window(name(title)?, scope)?,
            None => Value::default(),
        };
        let groups = self.computed(partition_by, scope)?;
        self.record(Clause::Group, &groups);
        let order = self.order_keys(order_by, &[], scope)?;
        for value in [groups, order] {
            all = self.join(&all, &value)?;
        }
        if let Some(WindowFrame { units: _, start_bound, end_bound }) = window_frame {
            for bound in std::iter::once(start_bound).chain(end_bound) {
                let value = match bound {
                    WindowFrameBound::CurrentRow => continue,
                    WindowFrameBound::Preceding(size) | WindowFrameBound::Following(size) => {
                        self.computed(size.as_deref(), scope)?
                    }
                };
                self.record(Clause::Order, &value);
                all = self.join(&all, &value)?;
            }
        }
        Ok(all)
    }
}

/// Names every field of a call, so that a new one of the parser does not compile unseen.
fn plain(call: &Function) -> Checked<()> {
    let Function {
        name: _,
        uses_odbc_syntax,
        parameters,
        args: _,
        filter,
        null_treatment: _,
        over: _,
        within_group,
    } = call;
    let plain = !uses_odbc_syntax && *parameters == FunctionArguments::None;
    need(
        plain && filter.is_none() && within_group.is_empty(),
        "lineage.function",
        "This form of a call",
    )
}

/// The column a test for NULL asks about, if the expression is nothing else.
fn null_test(expr: &Expr) -> Option<&Expr> {
    let mut inner = expr;
    while let Expr::Nested(nested) = inner {
        inner = nested;
    }
    if let Expr::IsNull(column) | Expr::IsNotNull(column) = inner {
        return Some(column);
    }
    None
}

/// Whether an argument is a word for a part of a date instead of a column.
fn is_part(called: &str, index: usize, expr: &Expr) -> bool {
    let place = PARTS_AT.iter().any(|(known, place)| *known == called && *place == index);
    let is_word = |ident: &Ident| {
        ident.quote_style.is_none()
            && PARTS.iter().any(|part| part.eq_ignore_ascii_case(&ident.value))
    };
    if let Expr::Identifier(ident) = expr {
        return place && is_word(ident);
    }
    // WEEK(MONDAY)
    let Expr::Function(Function { name: of, args: FunctionArguments::List(list), .. }) = expr
    else {
        return false;
    };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(day)))] = list.args.as_slice()
    else {
        return false;
    };
    let known = DAYS.iter().any(|known| known.eq_ignore_ascii_case(&day.value));
    place && known && of.to_string().eq_ignore_ascii_case("WEEK")
}
