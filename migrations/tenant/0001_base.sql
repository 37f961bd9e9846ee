-- Everything of one tenant. No table names its schema: role and search_path are set by whoever opens it.
CREATE TABLE workflow_run (
    run_id           uuid PRIMARY KEY,
    submitted_seq    bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    kind             text NOT NULL,
    input            jsonb NOT NULL,
    input_hash       bytea NOT NULL CHECK (length(input_hash) = 32),
    idempotency_key  text UNIQUE CHECK (length(idempotency_key) BETWEEN 1 AND 200),
    state            text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'partial_failure', 'cancelled')),
    round            integer NOT NULL DEFAULT 0 CHECK (round >= 0),
    cancel_requested boolean NOT NULL DEFAULT false,
    submitted_by     uuid NOT NULL,
    submitted_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at       timestamptz,
    finished_at      timestamptz,
    CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'partial_failure', 'cancelled')))
);
CREATE INDEX workflow_run_open ON workflow_run (state, submitted_seq) WHERE state IN ('queued', 'running');

CREATE TABLE workflow_step (
    run_id      uuid NOT NULL REFERENCES workflow_run (run_id),
    step_name   text NOT NULL,
    status      text NOT NULL CHECK (status IN ('success', 'failed', 'skipped')),
    attempt     integer NOT NULL CHECK (attempt >= 1),
    round       integer NOT NULL CHECK (round >= 0),
    retry_count integer NOT NULL CHECK (retry_count >= 0),
    step_key    bytea NOT NULL CHECK (length(step_key) = 32),
    output      jsonb NOT NULL,
    output_hash bytea CHECK (length(output_hash) = 32),
    error       jsonb,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, step_name)
);

-- Append-only: audit, run history and progress. Read in the order of event_link, never by seq alone.
CREATE TABLE event (
    event_id     uuid PRIMARY KEY,
    xid          xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq          bigint GENERATED ALWAYS AS IDENTITY,
    kind         text NOT NULL CHECK (kind IN ('tool_invocation', 'artifact_generated', 'workflow_state_transition', 'security_gate_decision')),
    session_id   uuid,
    workflow_id  uuid,
    step_id      text,
    status       text NOT NULL,
    error_code   text,
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    actor        text NOT NULL,
    salt         bytea,
    payload      jsonb,
    payload_hash bytea NOT NULL CHECK (length(payload_hash) = 32)
);
CREATE INDEX event_order ON event (xid, seq);

CREATE TABLE event_link (
    pos      bigint PRIMARY KEY CHECK (pos >= 1),
    event_id uuid NOT NULL UNIQUE REFERENCES event (event_id),
    hash     bytea NOT NULL CHECK (length(hash) = 32),
    xid      xid8 NOT NULL,
    seq      bigint NOT NULL
);

-- One row for each warehouse job: reserved before it may run, settled or released afterwards.
CREATE TABLE receipt (
    job_id         text PRIMARY KEY,
    run_id         uuid NOT NULL REFERENCES workflow_run (run_id),
    step_name      text NOT NULL,
    attempt        integer NOT NULL,
    canonical_hash bytea NOT NULL CHECK (length(canonical_hash) = 32),
    policy_version text NOT NULL,
    decision       jsonb NOT NULL,
    reserved_bytes bigint NOT NULL CHECK (reserved_bytes >= 0),
    billed_bytes   bigint CHECK (billed_bytes >= 0),
    billed_usd     bigint CHECK (billed_usd >= 0),
    state          text NOT NULL CHECK (state IN ('reserved', 'settled', 'released')),
    reserved_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at     timestamptz,
    CHECK ((state = 'settled') = (billed_bytes IS NOT NULL))
);
CREATE INDEX receipt_window ON receipt (reserved_at);

CREATE TABLE catalog_table (
    project                   text NOT NULL,
    dataset                   text NOT NULL,
    table_name                text NOT NULL,
    row_count                 bigint NOT NULL,
    byte_count                bigint NOT NULL,
    partition_column          text,
    partition_filter_required boolean NOT NULL,
    refreshed_at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (project, dataset, table_name)
);

CREATE TABLE catalog_column (
    project     text NOT NULL,
    dataset     text NOT NULL,
    table_name  text NOT NULL,
    column_name text NOT NULL,
    ordinal     integer NOT NULL,
    column_type text NOT NULL,
    repeated    boolean NOT NULL,
    PRIMARY KEY (project, dataset, table_name, column_name),
    FOREIGN KEY (project, dataset, table_name) REFERENCES catalog_table (project, dataset, table_name)
);

-- What a person found; kept apart from the column, so that a refresh never loses it.
CREATE TABLE column_decision (
    project     text NOT NULL,
    dataset     text NOT NULL,
    table_name  text NOT NULL,
    column_name text NOT NULL,
    examination text NOT NULL CHECK (examination IN ('unexamined', 'clear', 'personal')),
    decided_by  uuid NOT NULL,
    decided_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (project, dataset, table_name, column_name)
);
