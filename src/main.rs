//! The command line. Parses arguments and hands over; decides nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    autopilot::cli::main()
}
