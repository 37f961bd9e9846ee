//! Arguments given by name, like `max_distance => 2`.
//!
//! Decides their places among the others; which functions have them is the library's to say. A name
//! that a function does not have is BigQuery's own error.

use super::Binder;
use super::call::Call;
use super::scope::Scopes;
use super::typed::Typed;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::json::named::{Missing, before, rank, takes};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// A function outside the JSON family with one last argument that may be given by name.
const LAST: (&str, &str) = ("EDIT_DISTANCE", "max_distance");

/// Whether a function has arguments that may be given by name.
pub(super) fn takes_names(function: &str) -> bool {
    function == LAST.0 || takes(function)
}

impl Binder<'_> {
    /// Adds the arguments given by name behind those given by place.
    pub(super) fn add_named(
        &self,
        call: &Call<'_>,
        args: &mut Vec<Typed>,
        scopes: &Scopes<'_>,
    ) -> Result<(), Fault> {
        let mut named = Vec::new();
        for (name, ast) in &call.named {
            let is_last = call.name == LAST.0 && name.eq_ignore_ascii_case(LAST.1);
            let rank = if is_last { Some(0) } else { rank(&call.name, name) };
            let Some(rank) = rank else { return Err(no_such(call, name)) };
            if named.iter().any(|(known, _, _)| *known == rank) {
                return Err(Fault::query(format!(
                    "Duplicate named argument {name} found in call to function {}",
                    call.name
                )));
            }
            named.push((rank, name, *ast));
        }
        named.sort_by_key(|(rank, _, _)| *rank);
        for (_, name, ast) in named {
            if call.name != LAST.0 {
                let missing = before(&call.name, name, args.len());
                let missing = missing.ok_or_else(|| no_such(call, name))?;
                args.extend(missing.iter().map(stand_in));
            } else if args.len() != 2 {
                return Err(no_such(call, name));
            }
            args.push(self.expr(ast, scopes)?);
        }
        Ok(())
    }
}

fn no_such(call: &Call<'_>, name: &str) -> Fault {
    Fault::query(format!("Named argument {name} not found in signature for function {}", call.name))
}

/// What stands for an argument that the call leaves out.
fn stand_in(missing: &Missing) -> Typed {
    match missing {
        Missing::Text(text) => Typed::literal(&Value::Str((*text).to_owned()), Type::String),
        Missing::Flag(flag) => Typed::literal(&Value::Bool(*flag), Type::Bool),
        Missing::Null => Typed::null(),
    }
}
