//! Every statement of the store, by name.
//!
//! Collected so that a test can prepare each one against freshly migrated schemas. Statements on
//! public objects name the schema; a tenant's never do.

/// Raises unless the claim holds.
pub const FENCE: &str = "SELECT public.fence($1, $2, $3)";
/// Makes role and search path the tenant's until the transaction ends.
pub const SCOPE: &str = "SELECT set_config('role', $1, true), set_config('search_path', $2, true)";
/// Tells the owner of a tenant that there is work.
pub const WAKE: &str = "INSERT INTO public.tenant_wake (tenant_id, counter) VALUES ($1, 1) \
    ON CONFLICT (tenant_id) DO UPDATE SET counter = public.tenant_wake.counter + 1";

/// Registers a boot of a node.
pub const NODE_REGISTER: &str = "INSERT INTO public.node (node_id, name, lease_until) \
    VALUES ($1, $2, clock_timestamp() + interval '6 seconds')";
/// Renews a lease that has not ended.
pub const NODE_RENEW: &str = "UPDATE public.node SET lease_until = clock_timestamp() + interval '6 seconds' \
    WHERE node_id = $1 AND lease_until > clock_timestamp()";
/// Ends a lease.
pub const NODE_RESIGN: &str =
    "UPDATE public.node SET lease_until = clock_timestamp() WHERE node_id = $1";
/// Makes sure that a tenant has an owner row.
pub const OWNER_ROW: &str =
    "INSERT INTO public.tenant_owner (tenant_id) VALUES ($1) ON CONFLICT (tenant_id) DO NOTHING";
/// Takes a tenant that nobody owns under a living lease.
pub const OWNER_CLAIM: &str = "UPDATE public.tenant_owner o SET node_id = $2, epoch = o.epoch + 1 \
    WHERE o.tenant_id = $1 \
      AND EXISTS (SELECT 1 FROM public.node me WHERE me.node_id = $2 AND me.lease_until > clock_timestamp()) \
      AND (o.node_id IS NULL OR o.node_id = $2 OR NOT EXISTS \
        (SELECT 1 FROM public.node n WHERE n.node_id = o.node_id AND n.lease_until > clock_timestamp())) \
    RETURNING o.epoch";
/// Gives a tenant up.
pub const OWNER_RELEASE: &str = "UPDATE public.tenant_owner SET node_id = NULL \
    WHERE tenant_id = $1 AND node_id = $2 AND epoch = $3";
/// Forgets the wakes that were worked off.
pub const WAKE_DONE: &str = "DELETE FROM public.tenant_wake WHERE tenant_id = $1 AND counter <= $2";
/// Whether a tenant was woken later than that.
pub const WAKE_LATER: &str =
    "SELECT counter FROM public.tenant_wake WHERE tenant_id = $1 AND counter > $2 FOR UPDATE";
/// Tenants with work, and who owns them under a living lease.
pub const WAKES: &str = "SELECT w.tenant_id, w.counter, n.node_id FROM public.tenant_wake w \
    LEFT JOIN public.tenant_owner o ON o.tenant_id = w.tenant_id \
    LEFT JOIN public.node n ON n.node_id = o.node_id AND n.lease_until > clock_timestamp()";
/// The holder of a key.
pub const PRINCIPAL: &str = "SELECT u.tenant_id, u.user_id, u.role FROM public.api_key k \
    JOIN public.app_user u ON u.user_id = k.user_id WHERE k.key_hash = $1";
/// An organisation's settings, read by the login role.
pub const SETTINGS: &str = "SELECT name, zone FROM public.org WHERE tenant_id = $1";

/// Owners, by tenant, behind one.
pub const OWNERS: &str = "SELECT o.tenant_id, n.name, o.epoch, \
    extract(epoch FROM n.lease_until - clock_timestamp())::float8 AS lease_seconds \
    FROM public.tenant_owner o LEFT JOIN public.node n ON n.node_id = o.node_id \
    WHERE $1::uuid IS NULL OR o.tenant_id > $1 ORDER BY o.tenant_id LIMIT $2";
/// Asks for an actor to be replaced.
pub const RESTART_ASK: &str = "INSERT INTO public.actor_restart (request_id, path, asked_by, asked_as) \
    VALUES ($1, $2, $3, $4)";
/// Requests of the last minute that nobody has taken.
pub const RESTARTS_OPEN: &str = "SELECT request_id, path FROM public.actor_restart \
    WHERE obeyed_at IS NULL AND asked_at > clock_timestamp() - interval '60 seconds' ORDER BY asked_at LIMIT 100";
/// Takes a request.
pub const RESTART_TAKE: &str = "UPDATE public.actor_restart SET obeyed_by = $2, obeyed_at = clock_timestamp() \
    WHERE request_id = $1 AND obeyed_at IS NULL";

/// Appends an event.
pub const EVENT_INSERT: &str = "INSERT INTO event (event_id, kind, session_id, workflow_id, step_id, status, \
    error_code, started_at, finished_at, actor, salt, payload, payload_hash) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
/// The last link of the chain.
pub const LINK_LAST: &str =
    "SELECT pos, hash, xid::text, seq FROM event_link ORDER BY pos DESC LIMIT 1";
/// Events behind the last link that no running transaction can still precede.
pub const EVENTS_UNSEALED: &str = "SELECT event_id, kind, session_id, workflow_id, step_id, status, error_code, \
    started_at, finished_at, actor, payload_hash, xid::text AS xid, seq FROM event \
    WHERE (xid, seq) > ($1::text::xid8, $2) AND xid < pg_snapshot_xmin(pg_current_snapshot()) \
    ORDER BY xid, seq LIMIT 500";
/// Adds the links of a batch.
pub const LINKS_INSERT: &str = "INSERT INTO event_link (pos, event_id, hash, xid, seq) \
    SELECT l.pos, l.event_id, l.hash, l.xid::xid8, l.seq \
    FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::text[], $5::bigint[]) AS l (pos, event_id, hash, xid, seq)";
/// Sealed events behind a position.
pub const EVENTS_AFTER: &str = "SELECT l.pos, e.event_id, e.kind, e.session_id, e.workflow_id, e.step_id, e.status, \
    e.error_code, e.started_at, e.finished_at, e.actor, e.payload FROM event_link l \
    JOIN event e ON e.event_id = l.event_id \
    WHERE l.pos > $1 AND ($2::uuid IS NULL OR e.workflow_id = $2) ORDER BY l.pos LIMIT $3";
/// The chain with what each link covers.
pub const CHAIN: &str = "SELECT l.pos, l.hash, e.event_id, e.kind, e.session_id, e.workflow_id, e.step_id, e.status, \
    e.error_code, e.started_at, e.finished_at, e.actor, e.salt, e.payload, e.payload_hash FROM event_link l \
    JOIN event e ON e.event_id = l.event_id WHERE l.pos > $1 ORDER BY l.pos LIMIT 1000";

/// Adds a run.
pub const RUN_INSERT: &str = "INSERT INTO workflow_run (run_id, kind, input, input_hash, idempotency_key, state, submitted_by) \
    VALUES ($1, $2, $3, $4, $5, 'queued', $6) ON CONFLICT (idempotency_key) DO NOTHING";
/// The run of an Idempotency-Key.
pub const RUN_BY_KEY: &str =
    "SELECT run_id, kind, input_hash FROM workflow_run WHERE idempotency_key = $1";
/// Runs that wait.
pub const RUNS_QUEUED: &str = "SELECT count(*) FROM workflow_run WHERE state = 'queued'";
/// One run.
pub const RUN_GET: &str = "SELECT r.run_id, r.kind, r.input, r.state, r.round, r.submitted_at, r.finished_at, \
    (SELECT count(*) FROM workflow_run q WHERE q.state = 'queued' AND q.submitted_seq <= r.submitted_seq) AS place \
    FROM workflow_run r WHERE r.run_id = $1";
/// The newest runs.
pub const RUN_LIST: &str = "SELECT r.run_id, r.kind, r.input, r.state, r.round, r.submitted_at, r.finished_at, \
    (SELECT count(*) FROM workflow_run q WHERE q.state = 'queued' AND q.submitted_seq <= r.submitted_seq) AS place \
    FROM workflow_run r WHERE ($1::uuid IS NULL OR r.submitted_seq < \
      (SELECT b.submitted_seq FROM workflow_run b WHERE b.run_id = $1)) \
    ORDER BY r.submitted_seq DESC LIMIT $2";
/// Asks for an open run to stop.
pub const RUN_CANCEL: &str = "UPDATE workflow_run SET cancel_requested = true \
    WHERE run_id = $1 AND state IN ('queued', 'running')";
/// Puts a run that ended in partial failure back into the queue.
pub const RUN_RETRY: &str = "UPDATE workflow_run SET state = 'queued', round = round + 1, finished_at = NULL, \
    cancel_requested = false WHERE run_id = $1 AND state = 'partial_failure'";
/// Whether a run exists.
pub const RUN_EXISTS: &str = "SELECT 1 FROM workflow_run WHERE run_id = $1";
/// Runs that have not ended, running ones first.
pub const RUNS_OPEN: &str = "SELECT run_id, kind, input, state, round, cancel_requested FROM workflow_run \
    WHERE state IN ('queued', 'running') ORDER BY (state = 'queued'), submitted_seq";
/// A run gets a slot.
pub const RUN_START: &str = "UPDATE workflow_run SET state = 'running', started_at = coalesce(started_at, clock_timestamp()) \
    WHERE run_id = $1 AND state = 'queued'";
/// A run ends.
pub const RUN_FINISH: &str = "UPDATE workflow_run SET state = $2, finished_at = clock_timestamp() \
    WHERE run_id = $1 AND state IN ('queued', 'running')";

/// The results of these runs.
pub const STEPS: &str = "SELECT run_id, step_name, status, attempt, round, retry_count, step_key, output, output_hash, error, \
    started_at, finished_at FROM workflow_step WHERE run_id = ANY($1) ORDER BY finished_at, step_name";
/// Writes a result; a success is never replaced, and an attempt only grows.
pub const STEP_COMMIT: &str = "INSERT INTO workflow_step (run_id, step_name, status, attempt, round, retry_count, \
    step_key, output, output_hash, error, started_at, finished_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
    ON CONFLICT (run_id, step_name) DO UPDATE SET status = excluded.status, attempt = excluded.attempt, \
      round = excluded.round, retry_count = excluded.retry_count, step_key = excluded.step_key, \
      output = excluded.output, output_hash = excluded.output_hash, error = excluded.error, \
      started_at = excluded.started_at, finished_at = excluded.finished_at \
    WHERE workflow_step.status <> 'success' AND workflow_step.attempt < excluded.attempt";

/// Reserves; the same job again changes nothing.
pub const RECEIPT_RESERVE: &str = "INSERT INTO receipt (job_id, run_id, step_name, attempt, canonical_hash, \
    policy_version, decision, reserved_bytes, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'reserved') \
    ON CONFLICT (job_id) DO NOTHING";
/// Settles a reservation.
pub const RECEIPT_SETTLE: &str = "UPDATE receipt SET state = 'settled', billed_bytes = $2, billed_usd = $3, \
    settled_at = clock_timestamp() WHERE job_id = $1 AND state <> 'settled' RETURNING run_id, step_name";
/// Releases a reservation.
pub const RECEIPT_RELEASE: &str = "UPDATE receipt SET state = 'released', settled_at = clock_timestamp() \
    WHERE job_id = $1 AND state = 'reserved' RETURNING run_id, step_name";
/// Reservations that are open.
pub const RECEIPTS_OPEN: &str = "SELECT job_id, run_id, step_name, attempt, canonical_hash, policy_version, decision, \
    billed_bytes, billed_usd, state FROM receipt WHERE state = 'reserved' ORDER BY reserved_at";
/// Receipts of a run.
pub const RECEIPTS_OF_RUN: &str = "SELECT job_id, run_id, step_name, attempt, canonical_hash, policy_version, decision, \
    billed_bytes, billed_usd, state FROM receipt WHERE run_id = $1 ORDER BY reserved_at";
/// The last hour's bytes. An open reservation counts however old it is.
pub const RECEIPT_WINDOW: &str = "SELECT job_id, coalesce(billed_bytes, reserved_bytes) AS bytes, \
    CASE WHEN state = 'reserved' THEN 0 ELSE floor(extract(epoch FROM clock_timestamp() - reserved_at))::bigint END AS age \
    FROM receipt WHERE state = 'reserved' \
      OR (state = 'settled' AND reserved_at > clock_timestamp() - interval '3600 seconds')";

/// Inserts or refreshes a table.
pub const TABLE_UPSERT: &str = "INSERT INTO catalog_table (project, dataset, table_name, row_count, byte_count, \
    partition_column, partition_filter_required) VALUES ($1, $2, $3, $4, $5, $6, $7) \
    ON CONFLICT (project, dataset, table_name) DO UPDATE SET row_count = excluded.row_count, \
      byte_count = excluded.byte_count, partition_column = excluded.partition_column, \
      partition_filter_required = excluded.partition_filter_required, refreshed_at = clock_timestamp()";
/// Forgets a table's columns before they are written anew.
pub const COLUMNS_DELETE: &str =
    "DELETE FROM catalog_column WHERE project = $1 AND dataset = $2 AND table_name = $3";
/// Writes a column.
pub const COLUMN_INSERT: &str = "INSERT INTO catalog_column (project, dataset, table_name, column_name, ordinal, \
    column_type, repeated) VALUES ($1, $2, $3, $4, $5, $6, $7)";
/// All tables.
pub const TABLES: &str = "SELECT project, dataset, table_name, row_count, byte_count, partition_column, \
    partition_filter_required FROM catalog_table ORDER BY project, dataset, table_name";
/// All columns with what people found.
pub const COLUMNS: &str = "SELECT c.project, c.dataset, c.table_name, c.column_name, c.column_type, c.repeated, \
    coalesce(d.examination, 'unexamined') AS examination FROM catalog_column c \
    LEFT JOIN column_decision d ON d.project = c.project AND d.dataset = c.dataset \
      AND d.table_name = c.table_name AND d.column_name = c.column_name \
    ORDER BY c.project, c.dataset, c.table_name, c.ordinal";
/// Records a decision about a column the catalog holds.
pub const DECIDE: &str = "INSERT INTO column_decision (project, dataset, table_name, column_name, examination, decided_by) \
    SELECT c.project, c.dataset, c.table_name, c.column_name, $5, $6 FROM catalog_column c \
    WHERE c.project = $1 AND c.dataset = $2 AND c.table_name = $3 AND lower(c.column_name) = lower($4) \
    ON CONFLICT (project, dataset, table_name, column_name) DO UPDATE SET examination = excluded.examination, \
      decided_by = excluded.decided_by, decided_at = clock_timestamp()";

/// Statements on public objects, run by the login role.
pub const PUBLIC: &[&str] = &[
    FENCE,
    SCOPE,
    WAKE,
    NODE_REGISTER,
    NODE_RENEW,
    NODE_RESIGN,
    OWNER_ROW,
    OWNER_CLAIM,
    OWNER_RELEASE,
    WAKE_DONE,
    WAKE_LATER,
    WAKES,
    PRINCIPAL,
    SETTINGS,
    OWNERS,
    RESTART_ASK,
    RESTARTS_OPEN,
    RESTART_TAKE,
];

/// Statements on a tenant's objects, run as its role.
pub const TENANT: &[&str] = &[
    EVENT_INSERT,
    LINK_LAST,
    EVENTS_UNSEALED,
    LINKS_INSERT,
    EVENTS_AFTER,
    CHAIN,
    RUN_INSERT,
    RUN_BY_KEY,
    RUNS_QUEUED,
    RUN_GET,
    RUN_LIST,
    RUN_CANCEL,
    RUN_RETRY,
    RUN_EXISTS,
    RUNS_OPEN,
    RUN_START,
    RUN_FINISH,
    STEPS,
    STEP_COMMIT,
    RECEIPT_RESERVE,
    RECEIPT_SETTLE,
    RECEIPT_RELEASE,
    RECEIPTS_OPEN,
    RECEIPTS_OF_RUN,
    RECEIPT_WINDOW,
    TABLE_UPSERT,
    COLUMNS_DELETE,
    COLUMN_INSERT,
    TABLES,
    COLUMNS,
    DECIDE,
];
