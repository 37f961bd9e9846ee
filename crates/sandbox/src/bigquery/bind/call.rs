//! Function calls.
//!
//! Decides which calls are special forms, aggregates, windows or library functions. A name that is
//! none of them is BigQuery's own "Function not found".

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use sqlparser::ast::{
    DateTimeField, DuplicateTreatment, Expr as Ast, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArguments, NullTreatment, ObjectNamePart,
};

use super::scope::Scopes;
use super::typed::Typed;
use super::{Binder, ops};
use crate::bigquery::engine::scalar::{Imp, Scalar};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::{self};
use crate::bigquery::syntax::{PLAIN, SAFE, TYPED_ARRAY, TYPED_RANGE};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// A call in plain terms.
pub(super) struct Call<'a> {
    /// Upper case, without marks of our own.
    pub(super) name: String,
    pub(super) safe: bool,
    pub(super) args: Vec<&'a Ast>,
    /// `name => value`, in the order they are written.
    pub(super) named: Vec<(String, &'a Ast)>,
    /// `COUNT(*)`.
    pub(super) star: bool,
    pub(super) distinct: bool,
    pub(super) nulls: Option<NullTreatment>,
    pub(super) clauses: &'a [FunctionArgumentClause],
    pub(super) function: &'a Function,
}

impl Binder<'_> {
    pub(super) fn call(&self, function: &Function, scopes: &Scopes<'_>) -> Result<Typed, Fault> {
        if let FunctionArguments::Subquery(query) = &function.args {
            let name = function.name.to_string();
            if name.eq_ignore_ascii_case("ARRAY") {
                return self.array_subquery(query, scopes);
            }
            return Err(Fault::unsupported(format!("{name} of a subquery")));
        }
        let call = read(function)?;
        self.dispatch(&call, scopes)
    }

    fn dispatch(&self, call: &Call<'_>, scopes: &Scopes<'_>) -> Result<Typed, Fault> {
        if !call.named.is_empty() && !super::named::takes_names(&call.name) {
            return Err(Fault::unsupported(format!("A named argument of {}", call.name)));
        }
        if call.function.over.is_some() {
            return self.window(call, scopes);
        }
        if super::aggregate::is_aggregate(&call.name) {
            return self.aggregate(call, scopes);
        }
        if !call.clauses.is_empty() || call.distinct || call.nulls.is_some() || call.star {
            let message = format!("Clauses inside {}", call.name);
            return Err(Fault::unsupported(message));
        }
        if call.name == "ROUND" && call.args.len() == 3 {
            return Err(Fault::unsupported("ROUND with a rounding mode"));
        }
        if let Some(special) = self.special(call, scopes)? {
            return Ok(special);
        }
        let mut args = self.arguments(call, scopes)?;
        self.add_named(call, &mut args, scopes)?;
        let place = self.place(&Ast::Function(call.function.clone()));
        if let Some(any) = functions::any_named(&call.name)
            && functions::named(&call.name)
                .next()
                .is_none_or(|_| ops::choose(functions::named(&call.name), &args).is_none())
        {
            return any_call(any, args, call.safe).map_err(|fault| fault.at(place));
        }
        if functions::named(&call.name).next().is_none() {
            let written = call.function.name.to_string();
            let written = written.trim_start_matches(PLAIN);
            if functions::known::is_known(&call.name) {
                return Err(Fault::unsupported(format!("The function {}", call.name)));
            }
            return Err(Fault::query(format!("Function not found: {written}")).at(place));
        }
        self.library(&call.name, args, call.safe, place)
    }

    /// Arguments by position; date parts as text, `INTERVAL n DAY` as two.
    pub(super) fn arguments(
        &self,
        call: &Call<'_>,
        scopes: &Scopes<'_>,
    ) -> Result<Vec<Typed>, Fault> {
        let takes = |at: usize| {
            functions::named(&call.name).any(|sig| sig.params.get(at) == Some(&functions::P::Part))
        };
        let mut args = Vec::new();
        for ast in &call.args {
            match ast {
                Ast::Interval(interval) if takes(args.len().saturating_add(1)) => {
                    let (count, part) = self.interval_parts(interval, scopes)?;
                    args.push(count);
                    args.push(part);
                }
                _ if takes(args.len()) && bare(ast).is_some() => {
                    let part = bare(ast).unwrap_or_default();
                    args.push(Typed::literal(&Value::Str(part), Type::String));
                }
                _ => args.push(self.expr(ast, scopes)?),
            }
        }
        Ok(args)
    }
}

pub(super) const TYPED_ARRAY_UPPER: &str = "TYPED__ARRAY";
pub(super) const TYPED_RANGE_UPPER: &str = "TYPED__RANGE";
const _: (&str, &str) = (TYPED_ARRAY, TYPED_RANGE);

/// A call in plain terms.
fn read(function: &Function) -> Result<Call<'_>, Fault> {
    let parts: Vec<String> = function
        .name
        .0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(name) => name.value.clone(),
            ObjectNamePart::Function(function) => function.name.value.clone(),
        })
        .collect();
    let name = parts.join(".");
    let lower = name.to_ascii_lowercase();
    let safe = lower.starts_with(SAFE);
    let name = if safe { name.get(SAFE.len()..).unwrap_or_default() } else { &name };
    let name =
        if lower.starts_with(PLAIN) { name.get(PLAIN.len()..).unwrap_or_default() } else { name };
    let mut call = Call {
        name: name.to_ascii_uppercase(),
        safe,
        args: Vec::new(),
        named: Vec::new(),
        star: false,
        distinct: false,
        nulls: function.null_treatment,
        clauses: &[],
        function,
    };
    if function.filter.is_some() || !function.within_group.is_empty() {
        return Err(Fault::unsupported("FILTER and WITHIN GROUP"));
    }
    if !matches!(function.parameters, FunctionArguments::None) {
        return Err(Fault::unsupported("Parameters of a function"));
    }
    if let FunctionArguments::List(list) = &function.args {
        call.distinct = matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct));
        call.clauses = &list.clauses;
        for arg in &list.args {
            match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => call.args.push(expr),
                FunctionArg::Named { name, arg: FunctionArgExpr::Expr(expr), .. } => {
                    call.named.push((name.value.clone(), expr));
                }
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => call.star = true,
                _ => return Err(Fault::unsupported("Named arguments")),
            }
        }
    }
    Ok(call)
}

/// A bare word or `WEEK(MONDAY)`, in upper case.
fn bare(ast: &Ast) -> Option<String> {
    match ast {
        Ast::Identifier(name) if name.quote_style.is_none() => {
            Some(name.value.to_ascii_uppercase())
        }
        Ast::Function(function) => {
            let FunctionArguments::List(list) = &function.args else { return None };
            let [FunctionArg::Unnamed(FunctionArgExpr::Expr(Ast::Identifier(day)))] =
                list.args.as_slice()
            else {
                return None;
            };
            let name = function.name.to_string().to_ascii_uppercase();
            (name == "WEEK").then(|| format!("WEEK({})", day.value.to_ascii_uppercase()))
        }
        _ => None,
    }
}

/// A date part's name.
pub(super) fn part_name(field: &DateTimeField) -> String {
    field.to_string().to_ascii_uppercase()
}

/// A call of a function of any type.
pub(super) fn any_call(
    any: &functions::AnySig,
    args: Vec<Typed>,
    safe: bool,
) -> Result<Typed, Fault> {
    let least = any.params.len().saturating_sub(any.optional);
    if args.len() < least || (args.len() > any.params.len() && !any.variadic) {
        return Err(ops::no_signature("function", any.name, &args));
    }
    let pattern = args.first().filter(|_| !safe).and_then(Typed::value);
    let mut exprs = Vec::new();
    let mut types = Vec::new();
    for (at, arg) in args.into_iter().enumerate() {
        let wanted = any.params.get(at).copied().flatten().and_then(functions::P::to_type);
        let wanted = wanted.unwrap_or_else(|| arg.of.clone());
        if !arg.fits(&wanted) {
            return Err(ops::no_signature("function", any.name, &[arg]));
        }
        exprs.push(arg.to(&wanted)?);
        types.push(wanted);
    }
    if let ("FORMAT", Some(Value::Str(pattern))) = (any.name, pattern) {
        functions::format::check(&pattern, types.get(1..).unwrap_or_default())?;
    }
    let result = any.result.to_type().unwrap_or(Type::String);
    let scalar = Scalar {
        name: any.name.to_owned(),
        args: types,
        result: result.clone(),
        strict: any.strict,
        safe,
        imp: Imp::Typed(any.body),
    };
    Ok(Typed::new(scalar.call(exprs), result))
}
