//! The scalar functions and operators the simulator claims, one table entry each.
//!
//! Decides, per function, which argument types it takes and what one row's answer is. The engine's SQL knows no
//! function that is not in these tables: DataFusion's own library is not registered, because its functions differ
//! from GoogleSQL's in NULLs, rounding, integer division and overflow.

mod casts;
mod dates;
mod math;
mod strings;
mod udf;

pub(crate) use udf::{scalar_udf, scalar_udfs};

use super::types::{Datum, SqlType, common_of};
use crate::wire::error::ApiError;

/// Argument types as the query gives them; `None` is an untyped NULL.
pub(crate) type Given<'a> = &'a [Option<SqlType>];
/// Argument types a function wants, and the type it returns.
pub(crate) type Resolved = Option<(Vec<SqlType>, SqlType)>;

/// A claimed scalar function.
pub(crate) struct Function {
    /// Internal name in the rewritten query; begins with `bq_` so that it can never be a user's text.
    pub(crate) name: &'static str,
    /// What GoogleSQL calls it, for messages.
    pub(crate) title: &'static str,
    /// Chooses the signature; `None` when the simulator claims none for these types.
    pub(crate) resolve: fn(Given<'_>) -> Resolved,
    /// The answer for one row whose arguments are all present (a NULL argument makes the answer NULL).
    pub(crate) eval: fn(&[Datum<'_>]) -> Result<Datum<'static>, ApiError>,
    /// An error becomes NULL (`SAFE_` functions).
    pub(crate) safe: bool,
}

/// Every claimed function.
pub(crate) fn all() -> impl Iterator<Item = &'static Function> {
    math::FUNCTIONS.iter().chain(strings::FUNCTIONS).chain(dates::FUNCTIONS).chain(casts::FUNCTIONS)
}

/// Whether a value of one type is implicitly converted to another.
fn fits(given: Option<SqlType>, wanted: SqlType) -> bool {
    given.is_none_or(|given| given.common(wanted) == Some(wanted))
}

/// A signature with fixed types.
fn fixed(given: Given<'_>, wanted: &[SqlType], returns: SqlType) -> Resolved {
    let matches = given.len() == wanted.len() && given.iter().zip(wanted).all(|(given, wanted)| fits(*given, *wanted));
    matches.then(|| (wanted.to_vec(), returns))
}

/// The common number type of the arguments, if they are `count` numbers.
fn numbers(given: Given<'_>, count: usize) -> Option<SqlType> {
    if given.len() != count {
        return None;
    }
    common_of(given).filter(|kind| kind.is_number())
}

/// A mistake inside the simulator: a function met a value its signature excludes.
fn unexpected(title: &str) -> ApiError {
    ApiError::new(
        crate::wire::error::Reason::InternalError,
        format!("The simulator failed inside {title}. Please report the query."),
    )
}
