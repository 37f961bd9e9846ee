//! Statements on connections and on the records of the hard gate.
//! None of them reads or writes a credential.

/// Connections, newest first.
pub const CONNECTIONS: &str = "SELECT connection_id, name, project, dataset, location, account, fingerprint, state, version, \
    created_at, tested_at, test_code FROM connection ORDER BY created_at DESC, connection_id LIMIT 200";
/// One that can be used.
pub const CONNECTION_LIVE: &str = "SELECT connection_id, version, project, dataset, location, secret_id FROM connection \
    WHERE connection_id = $1 AND state <> 'disconnected'";
/// The active one.
pub const CONNECTION_ACTIVE: &str = "SELECT connection_id, version, project, dataset, location, secret_id FROM connection WHERE state = 'active'";
/// Makes one.
pub const CONNECTION_INSERT: &str = "INSERT INTO connection (connection_id, name, project, dataset, location, account, \
    fingerprint, secret_id, state, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'created', $9)";
/// Notes a test that failed.
pub const CONNECTION_FAILED: &str = "UPDATE connection SET tested_at = clock_timestamp(), test_code = $2 \
    WHERE connection_id = $1 AND state <> 'disconnected'";
/// Notes a test that passed, and makes the connection the active one unless another is.
pub const CONNECTION_PASSED: &str = "UPDATE connection SET tested_at = clock_timestamp(), test_code = NULL, state = 'active' \
    WHERE connection_id = $1 AND state <> 'disconnected' AND NOT EXISTS \
    (SELECT 1 FROM connection o WHERE o.state = 'active' AND o.connection_id <> $1)";
/// The credential of a version, held until the end of the transaction.
pub const CONNECTION_LOCK: &str = "SELECT secret_id FROM connection \
    WHERE connection_id = $1 AND version = $2 AND state <> 'disconnected' FOR UPDATE";
/// Puts another credential in.
pub const CONNECTION_SWAP: &str = "UPDATE connection SET secret_id = $2, account = $3, fingerprint = $4, \
    version = version + 1, tested_at = clock_timestamp(), test_code = NULL WHERE connection_id = $1";
/// Disconnects.
pub const CONNECTION_END: &str = "UPDATE connection c SET state = 'disconnected', secret_id = NULL \
    FROM (SELECT connection_id, secret_id FROM connection WHERE connection_id = $1 FOR UPDATE) b \
    WHERE c.connection_id = b.connection_id AND c.state <> 'disconnected' RETURNING b.secret_id";
/// What is on record for real queries of an organisation.
pub const REAL_CONDITIONS: &str =
    "SELECT approval, smoke, non_production FROM public.real_conditions($1, $2, $3)";
/// Records a smoke.
pub const SMOKE_RECORD: &str = "SELECT public.record_smoke($1, $2, $3, $4) AS answer";
