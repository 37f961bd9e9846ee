//! The configuration as people read it: the output of `autopilot config` and the table of the docs.
//!
//! A secret shows only that it is set. The table of the docs is generated from the declared settings,
//! so that a test can hold the page against the code.

use super::Effective;
use super::layers::Origin;
use super::settings::{ALL, Meta, Place};

/// What stands in place of a secret.
pub const MASK: &str = "********";

/// One line per setting: variable, effective value, where it comes from.
#[must_use]
pub fn effective(settings: &[Effective]) -> String {
    let width = ALL.iter().map(|meta| meta.variable.len()).max().unwrap_or(0);
    let line = |Effective { meta, value, origin }: &Effective| {
        let value = value.as_deref().unwrap_or("(not set)");
        format!("{:width$} = {value}  [{}]\n", meta.variable, short(*origin))
    };
    settings.iter().map(line).collect()
}

const fn short(origin: Option<Origin>) -> &'static str {
    match origin {
        None => "-",
        Some(Origin::Default) => "default",
        Some(Origin::File) => "file",
        Some(Origin::Environment) => "environment",
    }
}

/// The table of docs/runtime-flags.md.
#[must_use]
pub fn markdown() -> String {
    let head =
        "| Variable | Key in the file | Default | Takes | Meaning |\n|---|---|---|---|---|\n";
    ALL.iter().fold(head.to_owned(), |table, meta| table + &row(meta) + "\n")
}

fn row(meta: &Meta) -> String {
    let key = match meta.place {
        Place::Anywhere => format!("`{}`", meta.key()),
        Place::Environment => "environment only".to_owned(),
        Place::Secret => "environment only, secret".to_owned(),
    };
    let default = meta.default.map_or_else(|| "none".to_owned(), |value| format!("`{value}`"));
    let Meta { variable, accepts, meaning, .. } = meta;
    format!("| `{variable}` | {key} | {default} | {accepts} | {meaning} |")
}
