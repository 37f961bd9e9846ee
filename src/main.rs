//! The command line: hands over to the library and decides nothing else.
//! What the commands are stands in `cli.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    autopilot::cli::main()
}
