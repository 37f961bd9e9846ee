//! Running the simulator alone: says what it is and where, writes what a client needs, and waits.
//! It decides nothing about queries; the parent process decides how long it lives.

use std::io::Write as _;
use std::path::Path;

use serde_json::json;

use crate::options::{SandboxOptions, StartError};
use crate::running::{RunningSandbox, start};

/// Runs until SIGTERM, Ctrl-C or, if so asked, the end of standard input.
///
/// # Errors
/// When it cannot start, or the info file cannot be written.
pub async fn serve(
    options: SandboxOptions,
    info_file: Option<&Path>,
    die_with_stdin: bool,
) -> Result<(), StartError> {
    let running = start(options, |file| eprintln!("loading {file}"))?;
    println!("warehouse simulator (not BigQuery) at {}", running.base_url());
    println!("project {}  data set {}", running.project(), running.dataset());
    if let Some(path) = info_file {
        write_info(&running, path)?;
        println!("settings for a client: {}", path.display());
    }
    wait(die_with_stdin).await;
    Ok(())
}

/// Address and key beside it; the info file appears whole or not at all.
fn write_info(running: &RunningSandbox, path: &Path) -> Result<(), StartError> {
    let trouble = |error: std::io::Error| StartError::Folder {
        folder: path.display().to_string(),
        reason: error.kind().to_string(),
    };
    let key_path = path.with_extension("key.json");
    write(&key_path, &running.service_account_key()).map_err(trouble)?;
    let info = json!({
        "base_url": running.base_url(), "project": running.project(), "dataset": running.dataset(),
        "key_path": key_path, "admin_secret": running.admin_secret(), "simulator": true,
    });
    let beside = path.with_extension("new");
    write(&beside, &info).and_then(|()| std::fs::rename(&beside, path)).map_err(trouble)
}

fn write(path: &Path, value: &serde_json::Value) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create(true).write(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(value.to_string().as_bytes())
}

async fn wait(die_with_stdin: bool) {
    use tokio::io::AsyncReadExt as _;
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            terminate.recv().await;
        }
    };
    let parent_gone = async {
        if die_with_stdin {
            let mut rest = Vec::new();
            let _end = tokio::io::stdin().read_to_end(&mut rest).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _interrupted = tokio::signal::ctrl_c() => {}
        () = terminated => {}
        () = parent_gone => {}
    }
}
