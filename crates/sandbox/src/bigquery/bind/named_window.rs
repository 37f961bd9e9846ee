//! The WINDOW clause, written out into the calls that name its windows.
//!
//! Decides what a named window lends to one that builds on it: partition and order, never a frame. A
//! query inside that has a WINDOW clause of its own is refused by name.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, FunctionArguments, Ident, NamedWindowDefinition, NamedWindowExpr, OrderByExpr, Select,
    WindowSpec, WindowType, visit_expressions_mut,
};

use crate::bigquery::fault::Fault;

/// How many windows may build on one another.
const DEEPEST: usize = 20;

/// The query and its ORDER BY keys without named windows.
pub(super) fn written_out(
    select: &Select,
    keys: &[OrderByExpr],
) -> Result<(Select, Vec<OrderByExpr>), Fault> {
    if select.to_string().matches(" WINDOW ").count() > 1 {
        return Err(Fault::unsupported("A WINDOW clause inside another"));
    }
    let mut select = select.clone();
    let windows = std::mem::take(&mut select.named_window);
    let mut keys = keys.to_vec();
    let mut fault = None;
    let mut replace = |expr: &mut Expr| -> ControlFlow<()> {
        match resolve(expr, &windows) {
            Ok(()) => ControlFlow::Continue(()),
            Err(found) => {
                fault = Some(found);
                ControlFlow::Break(())
            }
        }
    };
    let _ = visit_expressions_mut(&mut select, &mut replace);
    let _ = visit_expressions_mut(&mut keys, &mut replace);
    fault.map_or(Ok((select, keys)), Err)
}

fn resolve(expr: &mut Expr, windows: &[NamedWindowDefinition]) -> Result<(), Fault> {
    let Expr::Function(function) = expr else { return Ok(()) };
    if matches!(function.args, FunctionArguments::Subquery(_)) {
        return Ok(());
    }
    let spec = match &function.over {
        Some(WindowType::NamedWindow(name)) => named(name, windows, 0)?,
        Some(WindowType::WindowSpec(spec)) if spec.window_name.is_some() => {
            built(spec, windows, 0)?
        }
        Some(WindowType::WindowSpec(_)) | None => return Ok(()),
    };
    function.over = Some(WindowType::WindowSpec(spec));
    Ok(())
}

fn named(
    name: &Ident,
    windows: &[NamedWindowDefinition],
    depth: usize,
) -> Result<WindowSpec, Fault> {
    let found = windows.iter().find(|window| window.0.value.eq_ignore_ascii_case(&name.value));
    let Some(NamedWindowDefinition(_, written)) = found else {
        return Err(Fault::query(format!("Unrecognized window alias {}", name.value)));
    };
    if depth > DEEPEST {
        return Err(Fault::unsupported("Windows that build on one another so deeply"));
    }
    match written {
        NamedWindowExpr::NamedWindow(other) => named(other, windows, depth.saturating_add(1)),
        NamedWindowExpr::WindowSpec(spec) => built(spec, windows, depth.saturating_add(1)),
    }
}

/// A window with what its base lends.
fn built(
    spec: &WindowSpec,
    windows: &[NamedWindowDefinition],
    depth: usize,
) -> Result<WindowSpec, Fault> {
    let mut spec = spec.clone();
    let Some(base) = spec.window_name.take() else { return Ok(spec) };
    let base = named(&base, windows, depth)?;
    let clash = !spec.partition_by.is_empty()
        || base.window_frame.is_some()
        || (!spec.order_by.is_empty() && !base.order_by.is_empty());
    if clash {
        return Err(Fault::unsupported("A window that changes the one it builds on"));
    }
    spec.partition_by = base.partition_by;
    if spec.order_by.is_empty() {
        spec.order_by = base.order_by;
    }
    Ok(spec)
}
