//! The engine: from a text to a verdict, on a thread whose stack can hold the tree.
//!
//! Block rules come first and cannot be overridden, then what is required, then the caps. The text
//! that may be sent is the canonical one, or it with what a rule added behind it; a changed text
//! passes everything again.

use autopilot_domain::canonical;
use autopilot_domain::catalog::Catalog;
use sqlparser::ast::{Expr, LimitClause, PipeOperator, Query, Statement, Value};
use sqlparser::tokenizer::Span;

use super::facts::SafetyCatalog;
use super::filters::Missing;
use super::lexer::{self, Lexed};
use super::lineage::{self, Lineage};
use super::parse::{self, MAX_TEXT};
use super::policy::Policy;
use super::verdict::{Blocked, Outcome, RuleHit, Verdict};
use super::walk::{self, Found, Shape};

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
    match judge(text, policy, catalog) {
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

/// Block, then require, then enforce.
fn judge(text: &str, policy: &Policy, catalog: &SafetyCatalog) -> Result<Verdict, Blocked> {
    let mut admitted = admit(text, policy, catalog)?;
    let tables = admitted.found.tables.iter().cloned().collect();
    let mut hits: Vec<RuleHit> = Vec::new();
    hits.extend(admitted.found.missing.iter().map(|missing| missing_filter(missing).into()));
    hits.extend(over_caps(&admitted.found, policy).into_iter().map(RuleHit::from));
    if !hits.is_empty() {
        return Ok(Verdict { tables, ..Verdict::blocked(hits) });
    }
    let mut outcome = Outcome::Allow;
    let Shape { aggregated, limited, piped: _ } = admitted.found.shape;
    if !aggregated && !limited {
        admitted = with_limit(admitted, policy, catalog)?;
        outcome = Outcome::Rewrite;
        hits.push(added_limit(policy.default_limit));
    }
    let sql = admitted.lexed.canonical;
    let hash = Some(canonical::sha256(&[sql.as_bytes()]));
    Ok(Verdict { outcome, rules: hits, sql: Some(sql), hash, tables })
}

/// Caps, characters, lexer, parser, allow-list.
fn admit(text: &str, policy: &Policy, catalog: &SafetyCatalog) -> Result<Admitted, Blocked> {
    if text.len() > MAX_TEXT {
        let reason = format!("The query is longer than {} KiB.", MAX_TEXT / 1024);
        return Err(Blocked::new("text.too_long", reason).next("Send a shorter query."));
    }
    lexer::check_characters(text)?;
    let lexed = lexer::lex(text)?;
    head(&lexed.first_word)?;
    let statement = parse::parse(&lexed.canonical)?;
    let found = walk::walk(&statement, policy, catalog)?;
    Ok(Admitted { lexed, statement, found })
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
