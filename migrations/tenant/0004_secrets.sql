-- Secrets, sealed. Nothing here opens without a master key, which no database holds.
CREATE TABLE secret (
    secret_id    uuid PRIMARY KEY,
    purpose      text NOT NULL CHECK (purpose IN ('warehouse_key', 'metabase_key', 'model_key')),
    format       smallint NOT NULL CHECK (format >= 1),
    key_id       text NOT NULL CHECK (length(key_id) BETWEEN 1 AND 512),
    wrapped_key  bytea NOT NULL,
    sealed       bytea NOT NULL,
    stored_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    rewrapped_at timestamptz
);
CREATE INDEX secret_key ON secret (key_id);
