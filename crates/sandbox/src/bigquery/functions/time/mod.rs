//! Functions on dates, times, timestamps, intervals and ranges.
//!
//! Decides nothing itself: each file below holds one group. All arithmetic is on integers; the only
//! outside knowledge is the bundled zone database, and no function reads a clock.

pub(crate) mod arrays;
pub(crate) mod build;
pub(crate) mod calendar;
pub(crate) mod difference;
pub(crate) mod extract;
mod fields;
pub(crate) mod format;
pub(crate) mod interval;
pub(crate) mod interval_text;
pub(crate) mod literal;
pub(crate) mod parse;
pub(crate) mod part;
pub(crate) mod range;
pub(crate) mod shift;
pub(crate) mod truncate;
pub(crate) mod write;
pub(crate) mod zone;

#[cfg(test)]
mod tests;

use super::{AnySig, Sig};

/// Every overload of this folder.
pub(crate) static GROUPS: &[&[Sig]] = &[
    build::SIGS,
    build::UNIX,
    shift::SIGS,
    difference::SIGS,
    truncate::SIGS,
    extract::SIGS,
    interval::SIGS,
    format::SIGS,
    parse::SIGS,
    arrays::SIGS,
];

/// Functions of any type; the functions on ranges are called by name.
pub(crate) static ANY: &[&[AnySig]] = &[];

pub(crate) use interval::{interval_add, interval_sub};
pub(crate) use interval_text::parse_interval;
pub(crate) use literal::{parse_date, parse_datetime, parse_time, parse_timestamp};
pub(crate) use range::{parse_range, range_body};
