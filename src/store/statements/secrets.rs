//! Statements on sealed secrets. None of them reads or writes a clear value.
//! Rows are changed only while they are what the writer read.

/// Stores a secret.
pub const SECRET_INSERT: &str = "INSERT INTO secret (secret_id, purpose, format, key_id, wrapped_key, sealed) \
    VALUES ($1, $2, $3, $4, $5, $6)";
/// One secret.
pub const SECRET_GET: &str = "SELECT secret_id, purpose, format, key_id, wrapped_key, sealed FROM secret WHERE secret_id = $1";
/// Takes a secret away.
pub const SECRET_REMOVE: &str = "DELETE FROM secret WHERE secret_id = $1 RETURNING key_id";
/// How many secrets are under each master key.
pub const SECRET_KEYS: &str = "SELECT key_id, count(*) FROM secret GROUP BY key_id ORDER BY key_id";
/// Secrets under other master keys, by id, behind one.
pub const SECRETS_UNDER_OTHERS: &str = "SELECT secret_id, purpose, format, key_id, wrapped_key, sealed FROM secret \
    WHERE key_id <> $1 AND ($2::uuid IS NULL OR secret_id > $2) ORDER BY secret_id LIMIT $3";
/// Replaces a wrapped key, if it is still the one that was read.
pub const SECRET_REWRAP: &str = "UPDATE secret SET key_id = $3, wrapped_key = $4, rewrapped_at = clock_timestamp() \
    WHERE secret_id = $1 AND wrapped_key = $2";
