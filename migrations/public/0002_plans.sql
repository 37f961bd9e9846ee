-- What an organisation may use. A limit that nobody set is the configuration's; the ceilings are the configuration's
-- too, so that no row can promise what no server would give.
CREATE TABLE plan (
    plan_id      text PRIMARY KEY CHECK (plan_id ~ '^[a-z][a-z0-9_]{0,31}$'),
    running      integer CHECK (running BETWEEN 1 AND 100),
    profiling    integer CHECK (profiling BETWEEN 1 AND 100),
    queued       integer CHECK (queued BETWEEN 0 AND 100000),
    user_calls   integer CHECK (user_calls BETWEEN 1 AND 1000000),
    org_calls    integer CHECK (org_calls BETWEEN 1 AND 1000000),
    hourly_bytes bigint CHECK (hourly_bytes BETWEEN 0 AND 1000000000000000),
    query_bytes  bigint CHECK (query_bytes BETWEEN 0 AND 1000000000000000)
);
INSERT INTO plan (plan_id) VALUES ('standard');

-- An organisation's plan, and the limits that are its own whatever its plan says. Without a row it has the plan
-- 'standard' and none of its own.
CREATE TABLE org_limits (
    tenant_id    uuid PRIMARY KEY REFERENCES org (tenant_id),
    plan_id      text NOT NULL DEFAULT 'standard' REFERENCES plan (plan_id),
    running      integer CHECK (running BETWEEN 1 AND 100),
    profiling    integer CHECK (profiling BETWEEN 1 AND 100),
    queued       integer CHECK (queued BETWEEN 0 AND 100000),
    user_calls   integer CHECK (user_calls BETWEEN 1 AND 1000000),
    org_calls    integer CHECK (org_calls BETWEEN 1 AND 1000000),
    hourly_bytes bigint CHECK (hourly_bytes BETWEEN 0 AND 1000000000000000),
    query_bytes  bigint CHECK (query_bytes BETWEEN 0 AND 1000000000000000),
    changed_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
