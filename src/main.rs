//! The command line: hands over to the library and decides nothing else.
//! What the commands are stands in `cli.rs`.

use std::process::ExitCode;

/// Reading a query makes and drops thousands of small values, which this does twice as fast as the
/// system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    autopilot::cli::main()
}
