-- Who asked for which actor to be replaced, and which boot of which node obeyed. The path names a tenant
-- but is not tied to it: the record of what an operator did outlives the tenant.
CREATE TABLE actor_restart (
    request_id   uuid PRIMARY KEY,
    path         text NOT NULL CHECK (length(path) <= 200),
    asked_by     uuid NOT NULL,
    asked_as     text NOT NULL CHECK (asked_as IN ('operator', 'org_admin')),
    asked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    obeyed_by    uuid,
    obeyed_at    timestamptz
);
CREATE INDEX actor_restart_open ON actor_restart (asked_at) WHERE obeyed_at IS NULL;
