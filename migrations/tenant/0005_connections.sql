-- Connections to warehouses. The credential itself is a row of `secret`; here is only what may be shown of it.
CREATE TABLE connection (
    connection_id uuid PRIMARY KEY,
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    project       text NOT NULL CHECK (length(project) BETWEEN 1 AND 100),
    dataset       text NOT NULL CHECK (length(dataset) BETWEEN 1 AND 1024),
    location      text NOT NULL CHECK (length(location) BETWEEN 1 AND 50),
    account       text NOT NULL,
    fingerprint   text NOT NULL,
    secret_id     uuid REFERENCES secret (secret_id),
    state         text NOT NULL CHECK (state IN ('created', 'active', 'disconnected')),
    version       integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    created_by    uuid NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    tested_at     timestamptz,
    test_code     text,
    CHECK ((state = 'disconnected') = (secret_id IS NULL))
);
-- An organisation works on one warehouse at a time.
CREATE UNIQUE INDEX connection_active ON connection (state) WHERE state = 'active';
