//! The engine: from a text to a verdict, on a thread whose stack can hold the tree.
//!
//! Block rules come first and cannot be overridden, then what is required, then the caps. The text
//! that may be sent is the canonical one, or it with what a rule added behind it; a changed text
//! passes everything again.

use autopilot_domain::canonical;
use autopilot_domain::catalog::Catalog;
use sqlparser::ast::{Expr, LimitClause, PipeOperator, Query, SetExpr, Statement, Value};
use sqlparser::tokenizer::Span;

use super::facts::SafetyCatalog;
use super::filters::Missing;
use super::guess;
use super::lexer::{self, Lexed};
use super::lineage::{self, Lineage};
use super::parse::{self, MAX_TEXT};
use super::policy::Policy;
use super::verdict::{Blocked, Outcome, RuleHit, Verdict};
use super::walk::{self, Found, Shape};

/// Longest text, in bytes, that is read on a guess.
const LONGEST_GUESS: usize = 16 * 1024;

/// A text that was read and admitted; the tree lives and dies on this thread.
struct Admitted {
    lexed: Lexed,
    statement: Statement,
    found: Found,
}

/// Decides about a text on the calling thread, whose stack must be large: 64 MiB hold every tree.
/// For benchmarks and for threads made for it; anything else calls [`super::analyze`].
#[must_use]
pub fn analyze_on_this_thread(text: &str, policy: &Policy, catalog: &SafetyCatalog) -> Verdict {
    match judge(text, policy, catalog, LONGEST_GUESS) {
        Ok(verdict) => verdict,
        Err(blocked) => Verdict::blocked(vec![blocked.into()]),
    }
}

/// Follows the columns of a canonical text through a catalog that holds all its tables, and asks for
/// the filters that the catalog makes necessary.
pub(super) fn follow(text: &str, catalog: &Catalog) -> Result<Lineage, Blocked> {
    let policy = Policy::default();
    let facts = SafetyCatalog::from_catalog(catalog, policy.large_rows);
    let admitted = admit(text, &policy, &facts)?;
    if let Some(missing) = admitted.found.missing.first() {
        return Err(missing_filter(missing));
    }
    lineage::trace(&admitted.statement, catalog)
}

/// The answer when a text cannot be read at all.
pub(super) fn unreadable() -> Blocked {
    Blocked::new("parse.failed", "The query could not be read.")
}

/// Block, then require, then enforce. Only texts up to the given length are read on a guess.
fn judge(
    text: &str,
    policy: &Policy,
    catalog: &SafetyCatalog,
    longest_guess: usize,
) -> Result<Verdict, Blocked> {
    let tail = format!("LIMIT {}", policy.default_limit);
    let guess =
        |canonical: &str| canonical.len() <= longest_guess && guess::looks_unlimited(canonical);
    let mut lexed = lex(text, &tail, guess)?;
    if let Some(own) = lexed.own {
        if let Some(found) = guessed(&lexed, policy, catalog) {
            let hits = vec![added_limit(policy.default_limit)];
            return Ok(verdict(Outcome::Rewrite, hits, lexed.canonical, found));
        }
        lexed.canonical.truncate(own);
    }
    let mut admitted = read(lexed, policy, catalog)?;
    let mut hits: Vec<RuleHit> = Vec::new();
    hits.extend(admitted.found.missing.iter().map(|missing| missing_filter(missing).into()));
    hits.extend(over_caps(&admitted.found, policy).into_iter().map(RuleHit::from));
    if !hits.is_empty() {
        let tables = admitted.found.tables.into_iter().collect();
        return Ok(Verdict { tables, ..Verdict::blocked(hits) });
    }
    let mut outcome = Outcome::Allow;
    let Shape { aggregated, limited, .. } = admitted.found.shape;
    if !aggregated && !limited {
        admitted = with_limit(admitted, policy, catalog)?;
        outcome = Outcome::Rewrite;
        hits.push(added_limit(policy.default_limit));
    }
    Ok(verdict(outcome, hits, admitted.lexed.canonical, admitted.found))
}

/// The answer about a text that may be sent.
fn verdict(outcome: Outcome, rules: Vec<RuleHit>, sql: String, found: Found) -> Verdict {
    let hash = Some(canonical::sha256(&[sql.as_bytes()]));
    Verdict { outcome, rules, sql: Some(sql), hash, tables: found.tables.into_iter().collect() }
}

/// Caps, characters, lexer, parser, allow-list.
fn admit(text: &str, policy: &Policy, catalog: &SafetyCatalog) -> Result<Admitted, Blocked> {
    read(lex(text, "", |_| false)?, policy, catalog)
}

/// Caps, characters, lexer; with the tail behind the text if the guess asks for it.
fn lex<'a>(
    text: &'a str,
    tail: &'a str,
    guess: impl FnOnce(&str) -> bool,
) -> Result<Lexed, Blocked> {
    if text.len() > MAX_TEXT {
        let reason = format!("The query is longer than {} KiB.", MAX_TEXT / 1024);
        return Err(Blocked::new("text.too_long", reason).next("Send a shorter query."));
    }
    lexer::check_characters(text)?;
    let lexed = lexer::lex_with(text, tail, guess)?;
    head(&lexed.first_word)?;
    Ok(lexed)
}

/// Parser and allow-list.
fn read(lexed: Lexed, policy: &Policy, catalog: &SafetyCatalog) -> Result<Admitted, Blocked> {
    let statement = parse::parse(&lexed.canonical)?;
    let found = walk::walk(&statement, policy, catalog)?;
    Ok(Admitted { lexed, statement, found })
}

/// What is found in a text that was read with a LIMIT behind it, once instead of twice: only if it is
/// beyond reproach and nothing but that LIMIT bounds its rows. The whole of it, LIMIT included, has
/// passed the lexer, the parser and the allow-list. A wrong guess costs time and decides nothing.
fn guessed(lexed: &Lexed, policy: &Policy, catalog: &SafetyCatalog) -> Option<Found> {
    let statement = parse::parse(&lexed.canonical).ok()?;
    if !only_limit(&statement, policy.default_limit) {
        return None;
    }
    let found = walk::walk(&statement, policy, catalog).ok()?;
    let Shape { aggregated, limited, piped, .. } = found.shape;
    let plain = limited && !aggregated && !piped;
    let clean = found.missing.is_empty() && over_caps(&found, policy).is_empty();
    (plain && clean).then_some(found)
}

/// Whether the query's LIMIT is this number and nothing else, and its body can have none of its own:
/// a query in parentheses could.
fn only_limit(statement: &Statement, rows: u64) -> bool {
    let Statement::Query(query) = statement else { return false };
    let Some(LimitClause::LimitOffset { limit: Some(limit), offset: None, limit_by }) =
        &query.limit_clause
    else {
        return false;
    };
    let Expr::Value(value) = limit else { return false };
    let body = matches!(&*query.body, SetExpr::Select(_) | SetExpr::SetOperation { .. });
    let ours = value.value == Value::Number(rows.to_string(), false);
    body && ours && limit_by.is_empty() && query.pipe_operators.is_empty()
}

/// Names the kind of a statement that is no query, by its first word.
fn head(first: &str) -> Result<(), Blocked> {
    let (rule, reason) = match first {
        "SELECT" | "WITH" | "FROM" | "" => return Ok(()),
        "CREATE" | "ALTER" | "DROP" | "TRUNCATE" | "UNDROP" | "RENAME" => {
            ("block.ddl", "The statement would define, change or drop an object.")
        }
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "REPLACE" | "UPSERT" => {
            ("block.dml", "The statement would change data.")
        }
        "GRANT" | "REVOKE" => ("block.access", "The statement would change who may read."),
        "EXPORT" | "LOAD" | "COPY" | "CLONE" | "IMPORT" => {
            ("block.transfer", "The statement would move data in or out.")
        }
        "DECLARE" | "SET" | "BEGIN" | "COMMIT" | "ROLLBACK" | "CALL" | "EXECUTE" | "IF"
        | "LOOP" | "WHILE" | "REPEAT" | "FOR" | "CASE" | "RETURN" | "LEAVE" | "BREAK"
        | "CONTINUE" | "ITERATE" | "RAISE" | "ASSERT" | "START" | "END" | "PREPARE" => {
            ("block.scripting", "Scripts, sessions and procedures are not run.")
        }
        _ => ("block.statement", "Only a SELECT may run."),
    };
    Err(Blocked::new(rule, reason))
}

/// What a missing filter means, with the clause that would mend it.
fn missing_filter(missing: &Missing) -> Blocked {
    let Missing { rule, table, alias, column, column_type } = missing;
    let of = alias.as_ref().map_or_else(String::new, |alias| format!("`{alias}`."));
    let bound = match column_type.as_deref().map(str::to_ascii_uppercase).as_deref() {
        Some("DATE") => "DATE_SUB(CURRENT_DATE(), INTERVAL 30 DAY)",
        Some("TIMESTAMP") => "TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY)",
        Some("DATETIME") => "DATETIME_SUB(CURRENT_DATETIME(), INTERVAL 30 DAY)",
        _ => "'YYYY-MM-DD'",
    };
    let reason = format!("The table {table} is read without a lower bound on {column}.");
    let next = format!("Add to the WHERE of that SELECT: {of}`{column}` >= {bound}");
    Blocked::new(rule, reason).next(next)
}

fn over_caps(found: &Found, policy: &Policy) -> Vec<Blocked> {
    let mut over = Vec::new();
    if found.joins > policy.max_joins {
        let Found { joins, .. } = found;
        let reason =
            format!("One FROM has {joins} joins; at most {} are allowed.", policy.max_joins);
        over.push(
            Blocked::new("enforce.joins", reason)
                .next("Join fewer tables, or join some of them in a CTE first."),
        );
    }
    if found.nesting > policy.max_nesting {
        let Found { nesting, .. } = found;
        let reason = format!(
            "Subqueries are nested {nesting} deep; at most {} are allowed.",
            policy.max_nesting
        );
        over.push(Blocked::new("enforce.nesting", reason).next("Write the inner queries as CTEs."));
    }
    over
}

fn added_limit(rows: u64) -> RuleHit {
    RuleHit {
        id: "require.limit",
        reason: format!("The query had no LIMIT, so LIMIT {rows} was added."),
        next: "Write a LIMIT of your own to choose the number of rows.".to_owned(),
    }
}

/// The same query with a LIMIT behind it, read again from the start.
fn with_limit(
    before: Admitted,
    policy: &Policy,
    catalog: &SafetyCatalog,
) -> Result<Admitted, Blocked> {
    let rows = policy.default_limit;
    let Admitted { lexed, mut statement, found } = before;
    let clause = if found.shape.piped { "|> LIMIT" } else { "LIMIT" };
    let text = format!("{} {clause} {rows}", lexed.canonical);
    if let Statement::Query(query) = &mut statement {
        set_limit(query, found.shape.piped, rows);
    }
    let after = admit(&text, policy, catalog)?;
    let same = after.statement == statement && after.lexed.canonical == text;
    if !same || !after.found.shape.limited || after.found.tables != found.tables {
        return Err(Blocked::new("require.limit", "A LIMIT could not be added safely.")
            .next("Write a LIMIT at the end of the query."));
    }
    Ok(after)
}

fn set_limit(query: &mut Query, piped: bool, rows: u64) {
    let number = Expr::Value(Value::Number(rows.to_string(), false).with_span(Span::empty()));
    if piped {
        query.pipe_operators.push(PipeOperator::Limit { expr: number, offset: None });
        return;
    }
    match &mut query.limit_clause {
        Some(LimitClause::LimitOffset { limit, .. }) => *limit = Some(number),
        Some(LimitClause::OffsetCommaLimit { .. }) => {}
        none => {
            let limit_by = Vec::new();
            *none = Some(LimitClause::LimitOffset { limit: Some(number), offset: None, limit_by });
        }
    }
}

#[cfg(test)]
mod tests;
