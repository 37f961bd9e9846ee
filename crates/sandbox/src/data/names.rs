//! Names of tables and columns, from file names and header rows.
//!
//! Decides how a written name becomes one that SQL can use. Two written names must never become the
//! same; that is refused and not mended with numbers.

/// BigQuery keeps column names that begin so for itself.
const RESERVED: [&str; 6] =
    ["_table_", "_file_", "_partition", "_row_timestamp", "__root__", "_colidentifier"];
/// BigQuery's limit for a column's name.
const LONGEST: usize = 300;

/// Letters, digits and underscores in lower case; a digit in front gets an underscore before it.
pub(super) fn plain(name: &str) -> String {
    let one = |c: char| if c.is_alphanumeric() { c } else { '_' };
    let plain: String = name.trim().chars().map(one).flat_map(char::to_lowercase).collect();
    if plain.starts_with(|c: char| c.is_numeric()) { format!("_{plain}") } else { plain }
}

/// The plain names of a table's columns.
///
/// # Errors
/// No column, a column without a name, a reserved or overlong one, or two with the same.
pub(super) fn columns<'a>(written: impl Iterator<Item = &'a str>) -> Result<Vec<String>, String> {
    let mut seen: Vec<(String, &str)> = Vec::new();
    for (at, name) in written.enumerate() {
        let place = at.saturating_add(1);
        let made = plain(name);
        if made.is_empty() {
            return Err(format!("column {place} has no name; every column needs one"));
        }
        if made.chars().count() > LONGEST {
            return Err(format!("the name of column {place} is longer than {LONGEST} characters"));
        }
        if RESERVED.iter().any(|prefix| made.starts_with(prefix)) {
            return Err(format!("column {place}: names like {name:?} are reserved by BigQuery"));
        }
        if let Some((_, first)) = seen.iter().find(|(other, _)| *other == made) {
            let both = format!("columns {first:?} and {name:?} are both named {made}");
            return Err(format!("{both}; rename one"));
        }
        seen.push((made, name));
    }
    if seen.is_empty() {
        return Err("the table has no columns".to_owned());
    }
    Ok(seen.into_iter().map(|(made, _)| made).collect())
}
