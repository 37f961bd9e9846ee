//! `autopilot check`: the pure judges as filters over JSON Lines, for anybody's pipeline.
//!
//! Reads standard input and writes one line for each line, in order. Needs no configuration, no
//! database and no network. It decides nothing itself: a line that cannot be judged gets a line that
//! says so, and never stops the ones behind it.

mod lines;
mod tally;

use std::io::{self, BufReader, BufWriter, IsTerminal as _, Read, Write};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use autopilot_domain::pii::Detector;
use autopilot_domain::prompt::{self, Mark};
use autopilot_gate::check::{TenantCatalog, call_line, sql_line_on_this_thread};
use autopilot_gate::sql::Worker;
use clap::{Args, Subcommand};

use lines::{Line, Lines};
use tally::{Tally, say};

/// Read from standard input at once.
const CHUNK: usize = 64 * 1024;
/// Exit code when the check could not begin or its input could not be read.
const UNCHECKED: u8 = 2;

/// What to check.
#[derive(Debug, Subcommand)]
pub(crate) enum CheckCommand {
    /// SQL texts: {id, sql, catalog?, policy?} gives {id, verdict, rules, reasons, next, sql}.
    Sql(Common),
    /// Columns: {id, table, column, type, values} gives {id, label, tier, confidence, reason}.
    Pii(Common),
    /// A planner's calls: {id, prompt, call} gives {id, outcome, blocked_by, reason}.
    Call {
        /// The tenant's catalog as JSON; docs/checks.md shows the format.
        #[arg(long, value_name = "FILE")]
        catalog: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Prompt context: {id, carrier, value, table, column} gives {id, prompt, identifiers}.
    Context(Common),
}

/// What all checks take.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Common {
    /// Exit with 1 if a line was blocked, found personal or not readable, and name each on standard
    /// error.
    #[arg(long)]
    fail: bool,
}

/// Why nothing was checked, or not all of it.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error("the catalog {} cannot be read: {reason}", file.display())]
    Catalog { file: PathBuf, reason: String },
    #[error("no thread could be started: {0}")]
    Thread(io::Error),
    #[error("standard input cannot be read: {0}")]
    Input(io::Error),
    #[error("standard output cannot be written: {0}")]
    Output(io::Error),
    #[error("the check has failed; please report it")]
    Died,
    /// Whoever read the answers has gone away, which is their right.
    #[error("")]
    Unread,
}

/// The judge of one command, as a function of a line.
type Judge = Box<dyn Fn(&str) -> String + Send>;

/// Checks standard input until it ends.
#[must_use]
pub(crate) fn run(command: &CheckCommand) -> ExitCode {
    let (common, judge) = match command {
        CheckCommand::Sql(common) => (*common, Ok(Box::new(sql_line_on_this_thread) as Judge)),
        CheckCommand::Pii(common) => (*common, Ok(pii())),
        CheckCommand::Call { catalog, common } => (*common, call(catalog)),
        CheckCommand::Context(common) => (*common, Ok(Box::new(context) as Judge)),
    };
    if io::stdin().is_terminal() {
        say("autopilot: reading JSON Lines from the terminal; end with Ctrl-D");
    }
    match judge.and_then(|judge| all(judge, common.fail)) {
        Ok(tally) => tally.conclude(),
        // What was not read to the end has not passed.
        Err(Stopped::Unread) if common.fail => ExitCode::FAILURE,
        Err(Stopped::Unread) => ExitCode::SUCCESS,
        Err(stopped) => {
            say(&format!("autopilot: {stopped}"));
            ExitCode::from(UNCHECKED)
        }
    }
}

/// Reads, judges and writes on one thread, whose stack is large enough for the judges.
fn all(judge: Judge, count: bool) -> Result<Tally, Stopped> {
    let work = move || {
        let mut tally = Tally::new(count);
        let output = BufWriter::with_capacity(CHUNK, io::stdout().lock());
        answer_all(io::stdin().lock(), output, &judge, &mut tally)?;
        Ok(tally)
    };
    let worker = Worker::start().map_err(Stopped::Thread)?;
    worker.run(work).unwrap_or(Err(Stopped::Died))
}

/// The judge's answer; one that dies over a line says so and stays for the next.
fn answer(judge: &Judge, line: &str) -> String {
    std::panic::catch_unwind(AssertUnwindSafe(|| judge(line)))
        .unwrap_or_else(|_| lines::error("the line could not be judged"))
}

fn pii() -> Judge {
    let detector = Detector::new();
    Box::new(move |line| detector.check_line(line))
}

/// The context of a line between marks that are drawn anew for it.
fn context(line: &str) -> String {
    let mark = Mark::new(&format!("{:032x}", rand::random::<u128>()));
    mark.map_or_else(
        |refusal| lines::error(&refusal.to_string()),
        |mark| prompt::check_line_with(line, &mark),
    )
}

fn call(file: &Path) -> Result<Judge, Stopped> {
    let unread = |reason: String| Stopped::Catalog { file: file.to_owned(), reason };
    let text = std::fs::read_to_string(file).map_err(|error| unread(error.to_string()))?;
    let tenant = TenantCatalog::parse(&text).map_err(|refusal| unread(refusal.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(Stopped::Thread)?;
    Ok(Box::new(move |line| runtime.block_on(call_line(line, &tenant))))
}

/// Answers line by line. Answers are held back only while the next line is already here.
fn answer_all(
    input: impl Read,
    mut output: impl Write,
    judge: &Judge,
    tally: &mut Tally,
) -> Result<(), Stopped> {
    let mut lines = Lines::new(BufReader::with_capacity(CHUNK, input));
    while let Some(line) = lines.next().map_err(Stopped::Input)? {
        let answered = match line {
            Line::Text(text) => answer(judge, text),
            Line::Unreadable(reason) => lines::error(reason),
        };
        tally.count(&answered);
        let written = output.write_all(answered.as_bytes()).and_then(|()| output.write_all(b"\n"));
        written.map_err(unwritten)?;
        if !lines.has_next() {
            output.flush().map_err(unwritten)?;
        }
    }
    output.flush().map_err(unwritten)
}

fn unwritten(error: io::Error) -> Stopped {
    if error.kind() == io::ErrorKind::BrokenPipe { Stopped::Unread } else { Stopped::Output(error) }
}
