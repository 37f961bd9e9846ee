//! The demo's state folder: what must be known again after a restart.
//!
//! One small file, readable by its owner only, because it holds the demo's API key.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::DemoError;

/// What is kept between starts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The demo's organisation.
    pub(super) org_id: String,
    /// Its admin's API key.
    pub(super) api_key: String,
    /// The organisation's zone, fixed when it was created.
    pub(super) zone: String,
    /// Password of the service's login role.
    pub(super) app_password: String,
}

fn file(state: &Path) -> PathBuf {
    state.join("demo.json")
}

/// Makes the folder, and gives its absolute path.
pub(super) fn open(state: &Path) -> Result<PathBuf, DemoError> {
    let trouble = |error: std::io::Error| DemoError::State(error.kind().to_string());
    std::fs::create_dir_all(state).map_err(trouble)?;
    state.canonicalize().map_err(trouble)
}

/// What an earlier start left, if there was one.
pub(super) fn load(state: &Path) -> Result<Option<Kept>, DemoError> {
    match std::fs::read(file(state)) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| DemoError::State("demo.json is damaged".to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DemoError::State(error.kind().to_string())),
    }
}

/// Keeps it; written beside and renamed, so that a crash leaves the old or the new file.
pub(super) fn save(state: &Path, kept: &Kept) -> Result<(), DemoError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let trouble = |error: std::io::Error| DemoError::State(error.kind().to_string());
    let text =
        serde_json::to_vec_pretty(kept).map_err(|_| DemoError::State("unwritable".to_owned()))?;
    let beside = state.join("demo.json.new");
    let mut options = std::fs::OpenOptions::new();
    let mut target = options
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)
        .map_err(trouble)?;
    target.write_all(&text).and_then(|()| target.sync_all()).map_err(trouble)?;
    std::fs::rename(beside, file(state)).map_err(trouble)
}
