//! Reads a text, and decides whether it is one of the few forms that may run at all.
//!
//! One call, [`analyze`], returns everything later stages need; no parser type leaves it. Two
//! readings must agree: our own lexer first admits only text that every lexer cuts into the same
//! tokens, then the parser's tree is matched against an allow-list. Deep trees abort a small stack
//! when they are dropped, so parsing happens on a thread with a large one, and never elsewhere.

mod lexer;
mod reading;
mod shape;
#[cfg(test)]
mod tests;

use autopilot_domain::canonical;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::Digest;
use sqlparser::dialect::BigQueryDialect;
use sqlparser::parser::{Parser, ParserOptions};
use tokio::sync::{Semaphore, oneshot};

pub(crate) use reading::Reading;

/// Longest text, in bytes.
const MAX_TEXT: usize = 64 * 1024;
/// Most nested constructs the parser follows.
const RECURSION_LIMIT: usize = 50;
/// Stack of a parse thread, in bytes; only touched pages are ever resident.
const PARSE_STACK: usize = 64 << 20;
/// Parse threads at the same time, in the whole process.
static PARSE_PLACES: Semaphore = Semaphore::const_new(4);

/// Why a text may not run: a rule's id and a plain sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blocked {
    pub(crate) rule: &'static str,
    pub(crate) reason: String,
}

impl Blocked {
    pub(crate) fn new(rule: &'static str, reason: impl Into<String>) -> Self {
        Self { rule, reason: reason.into() }
    }
}

impl From<Blocked> for Failure {
    fn from(blocked: Blocked) -> Self {
        let sentence = format!("{} (rule {})", blocked.reason, blocked.rule);
        Self::with(FailureClass::ValidationFailed, ErrorCode::SqlBlocked, sentence)
    }
}

/// What a text that may run says.
#[derive(Debug)]
pub(crate) struct Analysis {
    /// The text as it is sent: blanks collapsed, nothing else changed.
    pub(crate) canonical: String,
    /// SHA-256 of `canonical`.
    pub(crate) hash: Digest,
    /// Tables and columns it uses.
    pub(crate) reading: Reading,
}

/// Reads a text on a thread of its own.
///
/// # Errors
/// `SQL_BLOCKED` with the rule when the text may not run; `OVERLOADED` when no thread could start.
pub(crate) async fn analyze(text: String) -> Result<Analysis, Failure> {
    let overloaded = || Failure::of(FailureClass::TransientError, ErrorCode::Overloaded);
    let _place = PARSE_PLACES.acquire().await.map_err(|_| overloaded())?;
    let (answer, answered) = oneshot::channel();
    std::thread::Builder::new()
        .name("sql-parse".to_owned())
        .stack_size(PARSE_STACK)
        .spawn(move || {
            // The asker may have gone away; then nobody wants the answer.
            drop(answer.send(read(&text)));
        })
        .map_err(|_| overloaded())?;
    let unreadable = || Blocked::new("parse.failed", "The query could not be read.");
    Ok(answered.await.map_err(|_| unreadable())??)
}

/// Lexes, parses and matches; the tree lives and dies in here.
fn read(text: &str) -> Result<Analysis, Blocked> {
    if text.len() > MAX_TEXT {
        return Err(Blocked::new("text.too_long", "The query is longer than 64 KiB."));
    }
    let lexed = lexer::lex(text)?;
    let options = ParserOptions::new().with_unescape(false);
    let statements = Parser::new(&BigQueryDialect {})
        .with_recursion_limit(RECURSION_LIMIT)
        .with_options(options)
        .try_with_sql(&lexed.canonical)
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|_| Blocked::new("parse.syntax", "The query is not valid SQL."))?;
    let [statement] = statements.as_slice() else {
        return Err(Blocked::new("shape.one_statement", "Exactly one SELECT is expected."));
    };
    let reading = shape::read_statement(statement, &lexed.dotted)?;
    let hash = canonical::sha256(&[lexed.canonical.as_bytes()]);
    Ok(Analysis { canonical: lexed.canonical, hash, reading })
}
