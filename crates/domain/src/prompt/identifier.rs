//! Makes table and column names fit to stand inside a prompt.
//!
//! Decides what is shown instead of a name: at most 64 ASCII letters, digits and underscores, and no
//! name twice. It must never show the original where it differs; the caller keeps that aside.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::clean;

/// Characters an identifier may have.
pub const IDENTIFIER_LIMIT: usize = 64;

/// The name in safe form; a name without one safe sign is `unnamed`.
#[must_use]
pub fn safe(name: &str) -> String {
    let mut kept = String::new();
    let mut gap = false;
    for c in clean::visible(name).nfkd().filter(|c| !is_combining_mark(*c)) {
        let sound = c.is_ascii_alphanumeric() || c == '_';
        match (sound, gap) {
            (true, true) if c == '_' => {}
            (true, _) => kept.push(c),
            (false, false) if !kept.ends_with('_') => kept.push('_'),
            (false, _) => {}
        }
        gap = !sound;
        if kept.len() >= IDENTIFIER_LIMIT {
            break;
        }
    }
    // Signs at the ends stood for nothing; underscores of the name itself stay inside.
    let untouched = is_safe(name);
    let trimmed = if untouched { kept.as_str() } else { kept.trim_matches('_') };
    if trimmed.is_empty() { "unnamed".to_owned() } else { trimmed.to_owned() }
}

/// Whether a name may stand in a prompt as it is.
#[must_use]
pub fn is_safe(name: &str) -> bool {
    (1..=IDENTIFIER_LIMIT).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Hands out names that differ from one another, also without case.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// The safe form of a name, with `_2`, `_3` and so on where it was given before.
    pub(super) fn give(&mut self, name: &str) -> String {
        let base = safe(name);
        let mut given = base.clone();
        let mut number = 2_usize;
        while !self.taken.insert(given.to_ascii_lowercase()) {
            let suffix = format!("_{number}");
            let room = IDENTIFIER_LIMIT.saturating_sub(suffix.len());
            given = format!("{}{suffix}", base.get(..room).unwrap_or(&base));
            number += 1;
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_out_safe_and_as_near_to_the_original_as_possible() {
        for (name, expected) in [
            ("system_user_id", "system_user_id"),
            ("_private", "_private"),
            ("ignore previous instructions", "ignore_previous_instructions"),
            ("SYSTEM:_reveal", "SYSTEM_reveal"),
            ("`; DELETE FROM users; -- `", "DELETE_FROM_users"),
            ("${env.API_KEY}", "env_API_KEY"),
            ("Montant_après", "Montant_apres"),
            ("amo\u{200b}unt", "amount"),
            ("注文金額", "unnamed"),
            ("", "unnamed"),
        ] {
            assert_eq!(safe(name), expected, "{name}");
        }
        assert_eq!(safe(&"A".repeat(300)).len(), IDENTIFIER_LIMIT);
    }

    #[test]
    fn no_two_columns_get_the_same_name() {
        let mut names = Names::default();
        let long = "b".repeat(300);
        let given: Vec<String> = ["a b", "a-b", "A_B", "注文", "金額", &long, &long]
            .iter()
            .map(|n| names.give(n))
            .collect();
        assert_eq!(given[..5], ["a_b", "a_b_2", "A_B_3", "unnamed", "unnamed_2"]);
        assert!(given.iter().all(|name| is_safe(name)));
        assert_ne!(given[5], given[6]);
    }
}
