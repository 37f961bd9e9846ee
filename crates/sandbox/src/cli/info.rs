//! What a client needs, as files: the settings and, beside them, the published key.
//! Both are readable by their owner only; the settings appear whole or not at all.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::options::StartError;
use crate::running::RunningSandbox;

/// Writes both; answers where the key is.
pub(super) fn write(running: &RunningSandbox, path: &Path) -> Result<PathBuf, StartError> {
    let trouble = |error: std::io::Error| StartError::Folder {
        folder: path.display().to_string(),
        reason: error.kind().to_string(),
    };
    let key_path = path.with_extension("key.json");
    owned(&key_path, &running.service_account_key()).map_err(trouble)?;
    let info = json!({
        "base_url": running.base_url(), "project": running.project(), "dataset": running.dataset(),
        "key_path": key_path, "admin_secret": running.admin_secret(), "simulator": true,
    });
    let beside = path.with_extension("new");
    owned(&beside, &info).and_then(|()| std::fs::rename(&beside, path)).map_err(trouble)?;
    Ok(key_path)
}

fn owned(path: &Path, value: &serde_json::Value) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create(true).write(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(value.to_string().as_bytes())
}
