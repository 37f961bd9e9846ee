//! `autopilot contracts`: writes the JSON Schemas of the event contract into a folder.
//!
//! They come from the types alone. A test compares the folder with them, so a change of the types is
//! seen as a change of the published contract.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use autopilot_domain::event::schema;
use clap::Args;

use super::CliError;

/// What the command takes.
#[derive(Debug, Args)]
pub(super) struct ContractsArgs {
    /// The folder to write to.
    #[arg(long, value_name = "DIR", default_value = "docs/contracts")]
    out: PathBuf,
}

/// Writes every schema and names its file.
pub(super) fn run(args: &ContractsArgs) -> Result<ExitCode, CliError> {
    for named in schema::all() {
        let path = args.out.join(&named.file);
        write(&path, &named.schema)
            .map_err(|error| CliError(format!("{}: {}", path.display(), error.kind())))?;
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, schema: &serde_json::Value) -> std::io::Result<()> {
    let text = serde_json::to_string_pretty(schema)?;
    std::fs::write(path, text + "\n")
}
