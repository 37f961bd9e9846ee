//! The simulator's own command: replays recordings of the real service.
//!
//! `autopilot-sandbox replay FILE.jsonl` prints each mismatch and ends with one line of figures; it
//! succeeds only if everything claimed matches and enough is claimed.

use std::path::Path;
use std::process::ExitCode;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints its findings")]
fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (["replay", file] | ["replay", "--refused", file]) =
        args.iter().map(String::as_str).collect::<Vec<_>>()[..]
    else {
        eprintln!("usage: autopilot-sandbox replay [--refused] FILE.jsonl");
        return ExitCode::from(2);
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {}", error.kind());
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(autopilot_sandbox::replay::file(Path::new(file))) {
        Ok(report) => {
            for mismatch in &report.mismatches {
                println!("{mismatch}");
            }
            if args.iter().any(|arg| arg == "--refused") {
                for refused in &report.refused {
                    println!("not claimed: {refused}");
                }
            }
            println!("claimed {} of {} plain SELECTs", report.plain_claimed, report.plain);
            println!("{}", report.line());
            if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
