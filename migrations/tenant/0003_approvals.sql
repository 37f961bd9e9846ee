-- Questions to people, and runs that wait for an answer. A waiting run stays 'queued' for programs that know nothing
-- of waiting: they would start it, and be refused by the same check that asked.

ALTER TABLE workflow_run ADD COLUMN suspended boolean NOT NULL DEFAULT false;
-- It gave its slot up for a decision that is there now; it stands in front of what has never had one.
ALTER TABLE workflow_run ADD COLUMN resumed boolean NOT NULL DEFAULT false;
CREATE INDEX workflow_run_suspended ON workflow_run (run_id) WHERE suspended;

CREATE TABLE approval (
    approval_id     uuid PRIMARY KEY,
    kind            text NOT NULL CHECK (kind IN ('query_cost', 'personal_data')),
    run_id          uuid NOT NULL REFERENCES workflow_run (run_id),
    step_name       text NOT NULL,
    attempt         integer NOT NULL CHECK (attempt >= 1),
    canonical_hash  bytea NOT NULL CHECK (length(canonical_hash) = 32),
    canonical_text  text NOT NULL,
    bytes           bigint NOT NULL CHECK (bytes >= 0),
    usd             bigint NOT NULL CHECK (usd >= 0),
    columns         text[] NOT NULL,
    requested_by    uuid NOT NULL,
    reason          text,
    requested_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at      timestamptz NOT NULL,
    decision        text NOT NULL DEFAULT 'pending' CHECK (decision IN ('pending', 'approved', 'rejected', 'expired')),
    decided_by      uuid,
    decided_at      timestamptz,
    decision_reason text CHECK (length(decision_reason) <= 500),
    CHECK ((decision IN ('approved', 'rejected')) = (decided_by IS NOT NULL))
);
-- One open question for each text of a run.
CREATE UNIQUE INDEX approval_open ON approval (run_id, kind, canonical_hash) WHERE decision = 'pending';
CREATE INDEX approval_order ON approval (requested_at DESC, approval_id DESC);

-- What was decided about protected columns, beside the price.
ALTER TABLE receipt ADD COLUMN pii jsonb;
