//! Calls: built-ins by name, stored routines by the policy, everything else refused.
//!
//! A name that is no built-in may be a routine that runs code elsewhere, so it runs only when the
//! tenant has listed it. Built-in families with effects can not be listed.

use sqlparser::ast::{
    Function, FunctionArg, FunctionArgExpr, FunctionArgOperator, FunctionArgumentClause,
    FunctionArgumentList, FunctionArguments, HavingBound, WindowFrame, WindowFrameBound,
    WindowSpec, WindowType,
};

use super::super::cost;
use super::super::functions::{Called, look_up};
use super::from::object_parts;
use super::{Blocked, Checked, Walker, name, need};

/// A called name for a reason: cut short, and only what names are made of.
fn shown(parts: &[&str]) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    parts.join(".").chars().filter(plain).take(100).collect()
}

impl Walker<'_> {
    /// Walks a call; `before` are the parts of its name that the parser put elsewhere.
    pub(super) fn call(&mut self, function: &Function, before: &[&str]) -> Checked<()> {
        let Function {
            name: of,
            uses_odbc_syntax,
            parameters,
            args,
            filter,
            null_treatment: _,
            over,
            within_group,
        } = function;
        let plain = !uses_odbc_syntax && *parameters == FunctionArguments::None;
        let plain = plain && filter.is_none() && within_group.is_empty();
        need(plain, "shape.call", "FILTER, WITHIN GROUP and the like are not GoogleSQL.")?;
        let parts = [before, object_parts(of)?.as_slice()].concat();
        let aggregate = self.callable(&parts)?;
        if let [.., last] = parts.as_slice() {
            cost::check_call(last, args)?;
        }
        match args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(query) => {
                let array = matches!(parts.as_slice(), [of] if of.eq_ignore_ascii_case("ARRAY"));
                need(array, "shape.call", "Only ARRAY takes a query without parentheses.")?;
                self.subquery(query)?;
            }
            FunctionArguments::List(list) => self.arguments(list)?,
        }
        match over {
            Some(over) => self.over(over),
            None => {
                self.aggregates = self.aggregates.saturating_add(usize::from(aggregate));
                Ok(())
            }
        }
    }

    /// Whether the name may be called; says whether it is a built-in aggregate.
    fn callable(&self, parts: &[&str]) -> Checked<bool> {
        match look_up(parts) {
            Called::BuiltIn { aggregate } => Ok(aggregate),
            Called::Forbidden => Err(Blocked::new(
                "function.forbidden",
                "Functions of this family read keys, models or other systems.",
            )),
            Called::Routine if self.policy.allows_routine(parts) => Ok(false),
            Called::Routine if parts.len() == 1 => Err(Blocked::new(
                "function.unknown",
                format!("{} is not a known built-in function.", shown(parts)),
            )),
            Called::Routine => Err(Blocked::new(
                "function.routine",
                format!("The stored routine {} is not listed in the policy.", shown(parts)),
            )),
        }
    }

    /// A function in FROM: never a built-in, since those read what the text does not name.
    pub(super) fn table_function(&mut self, parts: &[&str], args: &[FunctionArg]) -> Checked<()> {
        let listed = look_up(parts) == Called::Routine && self.policy.allows_routine(parts);
        need(listed, "table.function", "The query reads from a function that is not listed.")?;
        args.iter().try_for_each(|arg| self.argument(arg))
    }

    pub(super) fn arguments(&mut self, list: &FunctionArgumentList) -> Checked<()> {
        let FunctionArgumentList { duplicate_treatment: _, args, clauses } = list;
        args.iter().try_for_each(|arg| self.argument(arg))?;
        for clause in clauses {
            match clause {
                FunctionArgumentClause::IgnoreOrRespectNulls(_) => {}
                FunctionArgumentClause::OrderBy(order) => self.order_exprs(order)?,
                FunctionArgumentClause::Limit(limit) => self.expr(limit)?,
                FunctionArgumentClause::Having(HavingBound(_, bound)) => self.expr(bound)?,
                FunctionArgumentClause::OnOverflow(_)
                | FunctionArgumentClause::Separator(_)
                | FunctionArgumentClause::JsonNullClause(_)
                | FunctionArgumentClause::JsonReturningClause(_) => {
                    let reason = "This clause of a call is not GoogleSQL.";
                    return Err(Blocked::new("shape.call", reason));
                }
            }
        }
        Ok(())
    }

    fn argument(&mut self, arg: &FunctionArg) -> Checked<()> {
        match arg {
            FunctionArg::Unnamed(value) => self.argument_value(value),
            FunctionArg::Named { name: of, arg, operator } => {
                name(of)?;
                let arrow = *operator == FunctionArgOperator::RightArrow;
                need(arrow, "shape.call", "Write a named argument with =>.")?;
                self.argument_value(arg)
            }
            FunctionArg::ExprNamed { .. } => {
                Err(Blocked::new("shape.call", "An argument's name is a plain word."))
            }
        }
    }

    fn argument_value(&mut self, value: &FunctionArgExpr) -> Checked<()> {
        match value {
            FunctionArgExpr::Expr(expr) => self.expr(expr),
            FunctionArgExpr::Wildcard => Ok(()),
            FunctionArgExpr::QualifiedWildcard(of) => object_parts(of).map(drop),
            FunctionArgExpr::WildcardWithOptions(options) => self.wildcard(options),
        }
    }

    fn over(&mut self, over: &WindowType) -> Checked<()> {
        match over {
            WindowType::NamedWindow(window) => name(window).map(drop),
            WindowType::WindowSpec(spec) => self.window(spec),
        }
    }

    pub(super) fn window(&mut self, spec: &WindowSpec) -> Checked<()> {
        let WindowSpec { window_name, partition_by, order_by, window_frame } = spec;
        window_name.as_ref().map_or(Ok(()), |window| name(window).map(drop))?;
        self.exprs(partition_by)?;
        self.order_exprs(order_by)?;
        let Some(WindowFrame { units: _, start_bound, end_bound }) = window_frame else {
            return Ok(());
        };
        [Some(start_bound), end_bound.as_ref()]
            .into_iter()
            .flatten()
            .try_for_each(|bound| self.frame_bound(bound))
    }

    fn frame_bound(&mut self, bound: &WindowFrameBound) -> Checked<()> {
        match bound {
            WindowFrameBound::CurrentRow
            | WindowFrameBound::Preceding(None)
            | WindowFrameBound::Following(None) => Ok(()),
            WindowFrameBound::Preceding(Some(rows)) | WindowFrameBound::Following(Some(rows)) => {
                self.expr(rows)
            }
        }
    }
}
