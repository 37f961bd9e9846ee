//! Calls with rules of their own: conditionals, extremes, intervals, typed constructors.
//!
//! Decides their types; what the library table can say is said there.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use datafusion::logical_expr::{Case, Expr};
use sqlparser::ast::{DateTimeField, Expr as Ast, Interval as Written};

use super::call::{Call, TYPED_ARRAY_UPPER, TYPED_RANGE_UPPER, part_name};
use super::scope::Scopes;
use super::typed::{Typed, Weight};
use super::{Binder, ops, type_of};
use crate::bigquery::engine::scalar::{Imp, Scalar};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::time;
use crate::bigquery::syntax::{self};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

impl Binder<'_> {
    pub(super) fn special(
        &self,
        call: &Call<'_>,
        scopes: &Scopes<'_>,
    ) -> Result<Option<Typed>, Fault> {
        let all = |binder: &Self| -> Result<Vec<Typed>, Fault> {
            call.args.iter().map(|ast| binder.expr(ast, scopes)).collect()
        };
        Ok(Some(match (call.name.as_str(), call.args.as_slice()) {
            ("IF", [condition, then, otherwise]) => {
                let condition = self.expr(condition, scopes)?;
                let condition = self.boolean(condition, "IF")?;
                let branches = vec![self.expr(then, scopes)?, self.expr(otherwise, scopes)?];
                choose_by(condition, branches, "function IF")?
            }
            ("IFNULL", [_, _]) | ("COALESCE", [_, ..]) => coalesce(all(self)?, &call.name)?,
            ("NULLIF", [_, _]) => self.null_if(all(self)?)?,
            ("GREATEST" | "LEAST", [_, ..]) => self.extreme(&call.name, all(self)?)?,
            ("ERROR", [message]) => error(self.expr(message, scopes)?)?,
            ("CURRENT_DATE" | "CURRENT_TIMESTAMP" | "CURRENT_DATETIME" | "CURRENT_TIME", _) => {
                self.current(&call.name, &all(self)?)?
            }
            ("GENERATE_UUID" | "RAND" | "SESSION_USER", _) => {
                return Err(Fault::unsupported(format!("The function {}", call.name)));
            }
            ("CONCAT", [_, ..]) => self.concatenate(all(self)?, None)?,
            ("STRUCT", _) => super::path::make_struct(
                all(self)?.into_iter().map(|typed| (String::new(), typed)).collect(),
            ),
            (TYPED_ARRAY_UPPER, [of, array]) => self.typed_array(of, array, scopes)?,
            (TYPED_RANGE_UPPER, [of, text]) => self.typed_range(of, text)?,
            ("RANGE", [_, _])
            | ("RANGE_START" | "RANGE_END", [_])
            | ("RANGE_CONTAINS" | "RANGE_OVERLAPS" | "RANGE_INTERSECT", [_, _]) => {
                self.range_call(&call.name, all(self)?, call.safe)?
            }
            ("EXTRACT", _) => return Err(Fault::unsupported("This form of EXTRACT")),
            _ => return self.array_call(call, scopes),
        }))
    }

    /// `||` and CONCAT.
    pub(super) fn concatenate(
        &self,
        args: Vec<Typed>,
        place: Option<crate::bigquery::fault::Place>,
    ) -> Result<Typed, Fault> {
        if args.iter().any(|arg| matches!(arg.of, Type::Array(_))) {
            return super::arrays::concat(args);
        }
        self.library("CONCAT", self.texts(args)?, false, place)
    }

    /// Beside a STRING or alone, values of other types are written as text; BYTES never are.
    fn texts(&self, args: Vec<Typed>) -> Result<Vec<Typed>, Fault> {
        let mixed = args.iter().any(|arg| !arg.is_null() && arg.of != Type::Bytes);
        if !mixed || args.iter().any(|arg| arg.of == Type::Bytes) {
            return Ok(args);
        }
        let text = |arg: Typed| {
            let written = arg.of.is_number()
                || matches!(
                    arg.of,
                    Type::Bool
                        | Type::Date
                        | Type::Time
                        | Type::Datetime
                        | Type::Timestamp
                        | Type::Interval
                );
            if arg.is_null() || !written { Ok(arg) } else { self.cast(arg, Type::String, false) }
        };
        args.into_iter().map(text).collect()
    }

    fn null_if(&self, args: Vec<Typed>) -> Result<Typed, Fault> {
        let (exprs, of) = ops::unify(args, "function NULLIF")?;
        let mut exprs = exprs.into_iter().map(|expr| Typed::new(expr, of.clone()));
        let (Some(a), Some(b)) = (exprs.next(), exprs.next()) else {
            return Err(Fault::query("No matching signature for function NULLIF"));
        };
        let equal = self.compare(a.clone(), datafusion::logical_expr::Operator::Eq, b, None)?;
        choose_by(equal.expr, vec![Typed::null(), a], "function NULLIF")
    }

    fn extreme(&self, name: &str, args: Vec<Typed>) -> Result<Typed, Fault> {
        let count = args.len();
        let (exprs, of) = ops::unify(args, &format!("function {name}"))?;
        if !of.is_orderable() || matches!(of, Type::Interval | Type::Range(_)) {
            return Err(Fault::unsupported(format!("{name} of {of}")));
        }
        let greatest = name == "GREATEST";
        let pick = move |args: &[Value]| {
            let nan = args.iter().find(|arg| matches!(arg, Value::Float(x) if x.is_nan()));
            let compare = crate::bigquery::engine::collect::compare;
            let best = if greatest {
                args.iter().max_by(|a, b| compare(a, b))
            } else {
                args.iter().min_by(|a, b| compare(a, b))
            };
            Ok(nan.or(best).cloned().unwrap_or(Value::Null))
        };
        let scalar = Scalar {
            name: name.to_owned(),
            args: vec![of.clone(); count],
            result: of.clone(),
            strict: true,
            safe: false,
            imp: Imp::Closure(std::sync::Arc::new(pick)),
        };
        Ok(Typed::new(scalar.call(exprs), of))
    }

    /// CURRENT_DATE and its kin: the start of the statement.
    fn current(&self, name: &str, zone: &[Typed]) -> Result<Typed, Fault> {
        let mut args = vec![Typed::new(
            Typed::literal(&Value::Timestamp(self.world.now), Type::Timestamp).expr,
            Type::Timestamp,
        )];
        args.extend(zone.iter().cloned());
        match name {
            "CURRENT_TIMESTAMP" if zone.is_empty() => Ok(args.remove(0)),
            "CURRENT_DATE" => self.library("DATE", args, false, None),
            "CURRENT_DATETIME" => self.library("DATETIME", args, false, None),
            "CURRENT_TIME" => self.library("TIME", args, false, None),
            _ => Err(Fault::query(format!("No matching signature for function {name}"))),
        }
    }

    pub(super) fn extract(
        &self,
        field: &DateTimeField,
        from: &Ast,
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let part = part_name(field);
        let (value, zone) = match from {
            Ast::AtTimeZone { timestamp, time_zone } => {
                (self.expr(timestamp, scopes)?, Some(self.expr(time_zone, scopes)?))
            }
            _ => (self.expr(from, scopes)?, None),
        };
        let mut args = vec![value];
        args.extend(zone);
        match part.as_str() {
            "DATE" | "TIME" | "DATETIME" => {
                self.library(&format!("EXTRACT_{part}"), args, false, None)
            }
            _ => {
                args.insert(0, Typed::literal(&Value::Str(part), Type::String));
                self.library("EXTRACT", args, false, None)
            }
        }
    }

    /// `INTERVAL n PART` as a count and a part.
    pub(super) fn interval_parts(
        &self,
        written: &Written,
        scopes: &Scopes<'_>,
    ) -> Result<(Typed, Typed), Fault> {
        let (Some(part), None) = (&written.leading_field, &written.last_field) else {
            return Err(Fault::unsupported("An interval of several parts here"));
        };
        let count = self.expr(&written.value, scopes)?;
        Ok((count, Typed::literal(&Value::Str(part_name(part)), Type::String)))
    }

    /// An interval value.
    pub(super) fn interval(&self, written: &Written, scopes: &Scopes<'_>) -> Result<Typed, Fault> {
        let Some(from) = written.leading_field.as_ref().map(part_name) else {
            return Err(Fault::unsupported("An INTERVAL without a part"));
        };
        let to = written.last_field.as_ref().map(part_name);
        let text = match self.expr(&written.value, scopes)?.value() {
            Some(Value::Str(text)) if to.is_some() => text,
            Some(Value::Int(count)) if to.is_none() => count.to_string(),
            _ => return Err(Fault::unsupported("An INTERVAL that is not a literal")),
        };
        let interval = time::parse_interval(&text, &from, to.as_deref())?;
        Ok(Typed::new(
            Typed::literal(&Value::Interval(interval), Type::Interval).expr,
            Type::Interval,
        ))
    }

    fn typed_range(&self, of: &Ast, text: &Ast) -> Result<Typed, Fault> {
        let (Some(of), Some(text)) = (self.text(of), self.text(text)) else {
            return Err(Fault::unsupported("This RANGE"));
        };
        let of = super::types::range_of(&of)?;
        let value = crate::bigquery::functions::casts::cast(&Value::Str(text), &Type::String, &of)?;
        Ok(Typed::new(Typed::literal(&value, of.clone()).expr, of))
    }

    fn typed_array(&self, of: &Ast, array: &Ast, scopes: &Scopes<'_>) -> Result<Typed, Fault> {
        let Some(of) = self.text(of) else { return Err(Fault::unsupported("This ARRAY")) };
        let of = type_of(&syntax::parse_type(&of)?)?;
        let typed = self.expr(array, scopes)?;
        match (&typed.of, &of) {
            _ if typed.weight == Weight::Nothing => Ok(Typed::new(typed.to(&of)?, of)),
            (from, to) if from == to => Ok(typed),
            _ => self.cast(typed, of, false),
        }
    }

    /// A function over ranges, whose bodies take any range type.
    fn range_call(&self, name: &str, args: Vec<Typed>, safe: bool) -> Result<Typed, Fault> {
        let (args, result) = super::arrays::range_types(name, args)?;
        let body = time::range_body(name)
            .ok_or_else(|| Fault::unsupported(format!("The function {name}")))?;
        let scalar = Scalar {
            name: name.to_owned(),
            args: args.iter().map(|arg| arg.of.clone()).collect(),
            result: result.clone(),
            strict: name != "RANGE",
            safe,
            imp: Imp::Row(body),
        };
        Ok(Typed::new(scalar.call(args.into_iter().map(|arg| arg.expr).collect()), result))
    }
}

/// One of two branches; only the chosen one is computed.
#[expect(clippy::needless_pass_by_value, reason = "it is used up here")]
fn choose_by(condition: Expr, branches: Vec<Typed>, what: &str) -> Result<Typed, Fault> {
    let (mut exprs, of) = ops::unify(branches, what)?;
    let otherwise = exprs.pop().map(Box::new);
    let pairs = exprs.into_iter().map(|then| (Box::new(condition.clone()), Box::new(then)));
    let case = Case::new(None, pairs.collect(), otherwise);
    Ok(Typed::new(Expr::Case(case), of))
}

fn coalesce(args: Vec<Typed>, name: &str) -> Result<Typed, Fault> {
    let (mut exprs, of) = ops::unify(args, &format!("function {name}"))?;
    let last = exprs.pop().map(Box::new);
    if exprs.is_empty() {
        return Ok(Typed::new(last.map_or_else(|| Typed::null().expr, |last| *last), of));
    }
    let pairs = exprs
        .into_iter()
        .map(|expr| (Box::new(Expr::IsNotNull(Box::new(expr.clone()))), Box::new(expr)))
        .collect();
    Ok(Typed::new(Expr::Case(Case::new(None, pairs, last)), of))
}

/// ERROR(message): fails when it is computed.
fn error(message: Typed) -> Result<Typed, Fault> {
    let scalar = Scalar {
        name: "ERROR".to_owned(),
        args: vec![Type::String],
        result: Type::Int64,
        strict: false,
        safe: false,
        imp: Imp::Row(|args| match args {
            [Value::Str(message)] => Err(Fault::query(message.clone())),
            _ => Err(Fault::query("ERROR")),
        }),
    };
    let mut typed = Typed::new(scalar.call(vec![message.to(&Type::String)?]), Type::Int64);
    typed.weight = Weight::Plain;
    Ok(typed)
}
