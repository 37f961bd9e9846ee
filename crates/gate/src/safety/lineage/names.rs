//! Names a query gives and uses, and names close to a wrong one.
//!
//! A name that the parser and the warehouse might read differently is refused, never repaired.

use sqlparser::ast::Ident;

use super::Blocked;
use super::tracer::Checked;

/// Words that name nothing unless they are quoted.
const RESERVED: &str = "ALL AND ANY ARRAY AS ASC AT BETWEEN BY CASE CAST COLLATE CONTAINS CREATE CROSS CUBE \
    CURRENT DEFAULT DEFINE DESC DISTINCT ELSE END ENUM ESCAPE EXCEPT EXCLUDE EXISTS EXTRACT \
    FALSE FETCH FOLLOWING FOR FROM FULL GROUP GROUPING GROUPS HASH HAVING IF IGNORE IN INNER \
    INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP MERGE NATURAL NEW NO NOT \
    NULL NULLS OF ON OR ORDER OUTER OVER PARTITION PRECEDING PROTO QUALIFY RANGE RECURSIVE \
    RESPECT RIGHT ROLLUP ROWS SELECT SET SOME STRUCT TABLESAMPLE THEN TO TREAT TRUE \
    UNBOUNDED UNION UNNEST USING WHEN WHERE WINDOW WITH WITHIN";
/// Most changed characters between a wrong name and one worth proposing.
const NEAR: usize = 3;

/// A name the query gives or uses. Beyond ASCII, what counts as the same name is not certain, and a
/// dot inside quotes may or may not divide a name in two.
pub(super) fn name(ident: &Ident) -> Checked<&str> {
    if ident.value.is_ascii() && !ident.value.is_empty() && !ident.value.contains('.') {
        return Ok(&ident.value);
    }
    let reason = "Names in a query hold only plain letters, digits and underscores.";
    Err(Blocked::new("lineage.name", reason))
}

/// A name the query gives, or the first one of a path. A reserved word in such a place means that
/// the parser has read the text in another way than the warehouse will.
pub(super) fn fresh(ident: &Ident) -> Checked<&str> {
    let reserved = ident.quote_style.is_none()
        && RESERVED.split(' ').any(|word| word.eq_ignore_ascii_case(&ident.value));
    if reserved {
        let reason = format!("The word {} cannot be a name.", ident.value.to_ascii_uppercase());
        return Err(Blocked::new("lineage.name", reason));
    }
    name(ident)
}

/// A sentence that proposes up to three known names, nearest first; empty if none is near.
pub(super) fn near<'n>(wrong: &str, known: impl Iterator<Item = &'n str>) -> String {
    let wrong = wrong.to_ascii_lowercase();
    let mut ranked: Vec<(usize, &str)> = known
        .filter(|name| name.len().abs_diff(wrong.len()) <= NEAR)
        .map(|name| (strsim::levenshtein(&wrong, &name.to_ascii_lowercase()), name))
        .filter(|(distance, _)| *distance <= NEAR)
        .collect();
    ranked.sort_unstable();
    ranked.dedup();
    let names: Vec<&str> = ranked.iter().take(3).map(|(_, name)| *name).collect();
    if names.is_empty() { String::new() } else { format!(" Did you mean {}?", names.join(" or ")) }
}
