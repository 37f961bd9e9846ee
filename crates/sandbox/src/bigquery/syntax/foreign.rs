//! Constructs of BigQuery that the parser may not know.
//!
//! Decides whether a text the parser refused is ours to refuse by name: the parser's own sentence is not
//! BigQuery's then. It must never turn a text that was read into a refusal.

use super::lexer::{Lexed, Token};

/// Two words in a row that only such a construct has.
const PAIRS: &[(&str, &str)] = &[
    ("WITH", "("),
    ("WITH", "GROUP"),
    ("WITH", "DIFFERENTIAL_PRIVACY"),
    ("BY", "NAME"),
    ("LIKE", "SOME"),
    ("LIKE", "ALL"),
    ("LIKE", "ANY"),
    ("CORRESPONDING", "BY"),
    ("FOR", "SYSTEM_TIME"),
    ("FOR", "SYSTEM"),
    ("AS", "OF"),
    ("TABLE", "FUNCTION"),
    ("AGGREGATE", "FUNCTION"),
    ("HAVING", "MAX"),
    ("HAVING", "MIN"),
    ("@", "{"),
    ("(", "TABLE"),
    (",", "TABLE"),
    ("(", "MODEL"),
    ("INNER", "UNION"),
    ("FULL", "UNION"),
    ("LEFT", "UNION"),
    ("UNPIVOT", "("),
    ("UNPIVOT", "INCLUDE"),
    ("UNPIVOT", "EXCLUDE"),
    ("NEW", "("),
    ("RANGE", "<"),
];
/// Statements of which the parser knows some forms or none.
const STATEMENTS: &[&str] = &[
    "CREATE", "ALTER", "DROP", "MERGE", "TRUNCATE", "GRANT", "REVOKE", "CALL", "BEGIN", "DECLARE",
    "SET", "EXPORT", "LOAD", "ASSERT", "EXECUTE", "IF", "LOOP", "WHILE", "FOR", "REPEAT", "CASE",
    "COMMIT", "ROLLBACK", "RETURN", "RAISE", "UNDROP", "FROM", "END",
];
/// Words that only such a construct has.
const WORDS: &[&str] = &[
    "|>",
    "MATCH_RECOGNIZE",
    "GRAPH_TABLE",
    "GRAPH",
    "DESCRIPTOR",
    "TABLESAMPLE",
    "COLLATE",
    "WITHIN",
    "QUALIFY",
    "WINDOW",
    "UNNEST",
];

/// A construct of BigQuery that the parser may not know: its refusal is not BigQuery's then.
pub(super) fn foreign(tokens: &[Lexed]) -> Option<String> {
    if let Some(Token::Word(first)) = tokens.first().map(|first| &first.token)
        && STATEMENTS.iter().any(|known| first.eq_ignore_ascii_case(known))
    {
        return Some(format!("This form of {}", first.to_ascii_uppercase()));
    }
    let words: Vec<String> = tokens
        .iter()
        .map(|lexed| match &lexed.token {
            Token::Word(word) | Token::Mark(word) => word.to_ascii_uppercase(),
            Token::Quoted(_) | Token::Number(_) | Token::Literal(_) => String::new(),
        })
        .collect();
    let single = words.iter().find(|word| WORDS.contains(&word.as_str()));
    let mut pairs = words.iter().zip(words.iter().skip(1));
    let pair = pairs.find(|(a, b)| PAIRS.contains(&(a.as_str(), b.as_str())));
    let found = single.cloned().or_else(|| pair.map(|(a, b)| format!("{a} {b}")))?;
    Some(format!("This use of {found}"))
}
