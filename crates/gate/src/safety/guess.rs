//! A quick look at a canonical text: will it need a LIMIT? Saves reading most texts twice.
//!
//! Decides nothing: whatever is guessed, the text that is sent has passed the whole engine. It must
//! only be right often, and never slow.

/// Words that, outside of brackets and quotes, speak against adding a LIMIT.
const AGAINST: [&str; 12] = [
    "LIMIT",
    "GROUP",
    "COUNT",
    "COUNTIF",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "APPROX_COUNT_DISTINCT",
    "ARRAY_AGG",
    "STRING_AGG",
    "ANY_VALUE",
];

/// Whether the text looks like a query without LIMIT and without aggregation.
pub(super) fn looks_unlimited(canonical: &str) -> bool {
    let bytes = canonical.as_bytes();
    let mut depth = 0_usize;
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        match first {
            b'(' | b'[' => depth = depth.saturating_add(1),
            b')' | b']' => depth = depth.saturating_sub(1),
            b'|' if after.first() == Some(&b'>') => return false,
            quote @ (b'\'' | b'"' | b'`') => {
                let Some(end) = after.iter().position(|byte| byte == quote) else { return false };
                rest = after.get(end.saturating_add(1)..).unwrap_or_default();
                continue;
            }
            byte if is_word(*byte) => {
                let length = rest.iter().take_while(|byte| is_word(**byte)).count();
                let (word, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                if depth == 0 && AGAINST.iter().any(|one| one.as_bytes().eq_ignore_ascii_case(word))
                {
                    return false;
                }
                rest = behind;
                continue;
            }
            _ => {}
        }
        rest = after;
    }
    true
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_outside_of_brackets_and_quotes_counts() {
        for (text, unlimited) in [
            ("SELECT a FROM t", true),
            ("SELECT a FROM t LIMIT 5", false),
            ("SELECT a FROM (SELECT a FROM t LIMIT 5)", true),
            ("SELECT 'LIMIT', `group` FROM t", true),
            ("SELECT count(*) FROM t", false),
            ("SELECT a FROM t GROUP BY a", false),
            ("SELECT counts, a_limit FROM t", true),
            ("FROM t |> WHERE a = 1", false),
            ("SELECT 'x", false),
        ] {
            assert_eq!(looks_unlimited(text), unlimited, "{text}");
        }
    }
}
