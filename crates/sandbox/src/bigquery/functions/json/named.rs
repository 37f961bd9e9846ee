//! Arguments that BigQuery takes by name, and where the tables expect them.
//!
//! Decides the place of a named argument and what stands in for those left out before it. It never
//! says whether a call may leave out the name.

/// What an argument is when a call leaves it out and gives a later one by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Text(&'static str),
    Flag(bool),
    Null,
}

/// Where an argument given by name stands among the arguments of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// From 0; `before` fills the places that the call left out, counted from place 1.
    At { place: usize, before: &'static [Missing] },
    /// After all others.
    Last,
}

/// The arguments that are given by name: the function, the name and the place.
static NAMED: &[(&str, &str, Place)] = &[
    ("PARSE_JSON", "wide_number_mode", Place::At { place: 1, before: &[] }),
    ("FLOAT64", "wide_number_mode", Place::At { place: 1, before: &[] }),
    ("FLOAT64_ARRAY", "wide_number_mode", Place::At { place: 1, before: &[] }),
    ("TO_JSON", "stringify_wide_numbers", Place::At { place: 1, before: &[] }),
    ("JSON_KEYS", "mode", Place::At { place: 2, before: &[Missing::Null] }),
    ("JSON_STRIP_NULLS", "include_arrays", Place::At { place: 2, before: &[Missing::Text("$")] }),
    (
        "JSON_STRIP_NULLS",
        "remove_empty",
        Place::At { place: 3, before: &[Missing::Text("$"), Missing::Flag(true)] },
    ),
    ("JSON_SET", "create_if_missing", Place::Last),
    ("JSON_ARRAY_APPEND", "append_each_element", Place::Last),
    ("JSON_ARRAY_INSERT", "insert_each_element", Place::Last),
];

/// Whether a function has arguments that are given by name.
pub(crate) fn takes(function: &str) -> bool {
    NAMED.iter().any(|(known, _, _)| known.eq_ignore_ascii_case(function))
}

/// Tells the order in which a function's named arguments are to be added; `None` when the function
/// has no argument of this name. Both names are compared without case.
pub(crate) fn rank(function: &str, name: &str) -> Option<usize> {
    let same = |(known, argument, _): &(&str, &str, Place)| {
        known.eq_ignore_ascii_case(function) && argument.eq_ignore_ascii_case(name)
    };
    NAMED.iter().position(same)
}

/// What to add before a named argument when `given` arguments stand already, so that it comes to
/// its place; `None` when that place is taken or the function has no argument of this name.
pub(crate) fn before(function: &str, name: &str, given: usize) -> Option<&'static [Missing]> {
    let (_, _, place) = NAMED.get(rank(function, name)?)?;
    match place {
        Place::Last => Some(&[]),
        Place::At { place, .. } if given > *place => None,
        Place::At { before, .. } => before.get(given.saturating_sub(1)..),
    }
}

#[cfg(test)]
mod tests {
    use super::{Missing, NAMED, before, rank};
    use crate::bigquery::functions::{any_named, named};

    #[test]
    fn every_named_argument_belongs_to_a_function() {
        for (function, name, _) in NAMED {
            let known = named(function).next().is_some() || any_named(function).is_some();
            assert!(known, "{function} {name}");
        }
    }

    #[test]
    fn a_named_argument_comes_to_its_place() {
        let rows: [(&str, &str, usize, Option<&[Missing]>); 8] = [
            ("PARSE_JSON", "wide_number_mode", 1, Some(&[])),
            ("PARSE_JSON", "wide_number_mode", 2, None),
            ("PARSE_JSON", "mode", 1, None),
            ("JSON_KEYS", "MODE", 1, Some(&[Missing::Null])),
            ("JSON_KEYS", "mode", 2, Some(&[])),
            (
                "JSON_STRIP_NULLS",
                "remove_empty",
                1,
                Some(&[Missing::Text("$"), Missing::Flag(true)]),
            ),
            ("JSON_STRIP_NULLS", "remove_empty", 2, Some(&[Missing::Flag(true)])),
            ("JSON_SET", "create_if_missing", 5, Some(&[])),
        ];
        for (function, name, given, expected) in rows {
            assert_eq!(before(function, name, given), expected, "{function} {name} {given}");
        }
        let strip = |name| rank("JSON_STRIP_NULLS", name);
        assert!(strip("include_arrays") < strip("remove_empty"));
    }
}
