//! Every statement of the store, by name.
//!
//! Collected so that a test can prepare each one against freshly migrated schemas. Statements on
//! public objects name the schema; a tenant's never do.

pub mod connections;
mod lists;
pub mod secrets;

pub use lists::{PUBLIC, TENANT};

/// Begins a transaction that reads from one moment and writes nothing.
pub const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
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
/// The holder of a key that is neither revoked nor past its end, and whether its use is to be noted.
pub const PRINCIPAL: &str = "SELECT u.tenant_id, u.user_id, u.role, k.key_id, k.scopes, \
    (k.last_used_at IS NULL OR k.last_used_at < clock_timestamp() - interval '1 minute') AS note \
    FROM public.api_key k JOIN public.app_user u ON u.user_id = k.user_id WHERE k.key_hash = $1 \
    AND u.disabled_at IS NULL AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())";
/// Keys of a tenant, of one user if one is named: those in force first.
pub const KEYS: &str = "SELECT k.key_id, k.user_id, k.name, k.prefix, k.scopes, k.created_at, k.expires_at, \
    k.revoked_at, k.last_used_at FROM public.api_key k JOIN public.app_user u ON u.user_id = k.user_id \
    WHERE u.tenant_id = $1 AND ($2::uuid IS NULL OR u.user_id = $2) \
    ORDER BY k.revoked_at IS NOT NULL, coalesce(k.expires_at <= clock_timestamp(), false), \
      k.created_at DESC, k.key_id LIMIT 1000";
/// Makes a key.
pub const KEY_CREATE: &str = "SELECT public.key_create($1, $2, $3, $4, $5, $6, $7, $8) AS answer";
/// Revokes a key.
pub const KEY_REVOKE: &str = "SELECT public.key_revoke($1, $2, $3) AS answer";
/// Notes that a key was used.
pub const KEY_USED: &str = "SELECT public.key_used($1)";
/// The operator who holds a key.
pub const OPERATOR_HOLDER: &str = "SELECT public.operator_holder($1) AS holder";
/// A session that nobody used for so long is over.
pub const SESSION_IDLE_MINUTES: i32 = 8 * 60;
/// The holder of a session.
pub const SESSION_HOLDER: &str =
    "SELECT tenant_id, user_id, role, ends_at, note FROM public.session_holder($1, $2)";
/// Notes that a session was seen.
pub const SESSION_SEEN: &str = "SELECT public.session_seen($1)";
/// Opens a session.
pub const SESSION_OPEN: &str = "SELECT public.session_open($1, $2, $3, $4) AS answer";
/// Ends a session.
pub const SESSION_CLOSE: &str = "SELECT public.session_close($1, $2) AS answer";
/// Counts an attempt to sign in.
pub const LOGIN_ATTEMPT: &str = "SELECT public.login_attempt($1, $2) AS answer";
/// Takes back what was counted for a success.
pub const LOGIN_SUCCEEDED: &str = "SELECT public.login_succeeded($1, $2)";
/// The passwords of an address.
pub const PASSWORD_LOOKUP: &str =
    "SELECT tenant_id, user_id, role, phc FROM public.password_lookup($1, $2)";
/// Replaces a password.
pub const PASSWORD_CHANGE: &str = "SELECT public.password_change($1, $2, $3, $4, $5) AS answer";
/// Users of a tenant, by id, behind one.
pub const USERS: &str = "SELECT user_id, email, name, role, created_at, disabled_at FROM public.app_user \
    WHERE tenant_id = $1 AND ($2::uuid IS NULL OR user_id > $2) ORDER BY user_id LIMIT $3";
/// A user of a tenant.
pub const USER: &str = "SELECT user_id, email, name, role, created_at, disabled_at FROM public.app_user \
    WHERE tenant_id = $1 AND user_id = $2";
/// Adds a user.
pub const USER_CREATE: &str = "SELECT public.user_create($1, $2, $3, $4, $5) AS answer";
/// Changes a user's role or standing.
pub const USER_CHANGE: &str = "SELECT public.user_change($1, $2, $3, $4) AS answer";
/// Makes an invitation.
pub const INVITATION_CREATE: &str = "SELECT public.invitation_create($1, $2, $3, $4, $5) AS answer";
/// Whom an invitation is for.
pub const INVITATION_HOLDER: &str =
    "SELECT tenant_id, user_id, role, email FROM public.invitation_holder($1)";
/// Uses an invitation up.
pub const INVITATION_ACCEPT: &str = "SELECT public.invitation_accept($1, $2) AS answer";
/// An organisation's settings and their version.
pub const ORG_SETTINGS: &str =
    "SELECT name, zone, settings_version FROM public.org WHERE tenant_id = $1";
/// Writes an organisation's settings.
pub const ORG_SETTINGS_WRITE: &str =
    "SELECT public.org_settings_write($1, $2, $3, $4, $5) AS answer";
/// A user's settings.
pub const USER_SETTINGS: &str = "SELECT version, zone FROM public.user_settings_of($1, $2)";
/// Writes a user's settings.
pub const USER_SETTINGS_WRITE: &str = "SELECT public.user_settings_write($1, $2, $3, $4) AS answer";
/// Makes the role the login's again, for what follows in the transaction.
pub const LEAVE: &str = "SELECT set_config('role', 'none', true)";
/// An organisation's settings, read by the login role.
pub const SETTINGS: &str = "SELECT name, zone FROM public.org WHERE tenant_id = $1";

/// Owners, by tenant, behind one.
pub const OWNERS: &str = "SELECT o.tenant_id, n.name, o.epoch, \
    extract(epoch FROM n.lease_until - clock_timestamp())::float8 AS lease_seconds \
    FROM public.tenant_owner o LEFT JOIN public.node n ON n.node_id = o.node_id \
    WHERE $1::uuid IS NULL OR o.tenant_id > $1 ORDER BY o.tenant_id LIMIT $2";
/// Limits of those that have a row, and under no tenant those of everybody else.
pub const PLANS: &str = "SELECT l.tenant_id, coalesce(l.running, p.running) AS running, \
      coalesce(l.profiling, p.profiling) AS profiling, coalesce(l.queued, p.queued) AS queued, \
      coalesce(l.user_calls, p.user_calls) AS user_calls, coalesce(l.org_calls, p.org_calls) AS org_calls, \
      coalesce(l.hourly_bytes, p.hourly_bytes) AS hourly_bytes, coalesce(l.query_bytes, p.query_bytes) AS query_bytes \
    FROM public.org_limits l JOIN public.plan p ON p.plan_id = l.plan_id \
    UNION ALL SELECT NULL, s.running, s.profiling, s.queued, s.user_calls, s.org_calls, s.hourly_bytes, s.query_bytes \
    FROM public.plan s WHERE s.plan_id = 'standard'";
/// Writes the head of a tenant's chain down.
pub const ANCHOR: &str = "SELECT public.anchor_chain($1)";
/// What was written down of a tenant's chain.
pub const ANCHORS: &str =
    "SELECT pos, hash FROM public.chain_anchor WHERE tenant_id = $1 ORDER BY pos";
/// Whether an organisation is under a legal hold.
pub const HELD: &str = "SELECT EXISTS (SELECT 1 FROM public.legal_hold \
    WHERE subject = $1 AND released_at IS NULL) AS held";
/// Organisations behind one.
pub const TENANTS_AFTER: &str = "SELECT tenant_id FROM public.org \
    WHERE $1::uuid IS NULL OR tenant_id > $1 ORDER BY tenant_id LIMIT $2";
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
pub const EVENT_APPEND: &str =
    "SELECT append_event($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
/// The secret behind the pseudonyms of the tenant's users.
pub const ACTOR_SECRET: &str = "SELECT actor_secret()";
/// The last link of the chain.
pub const LINK_LAST: &str =
    "SELECT pos, hash, xid::text, seq FROM event_link ORDER BY pos DESC LIMIT 1";
/// Events behind the last link that no running transaction can still precede. The order is the
/// number's, not that of the text of the same name: 9999 stands before 10000.
pub const EVENTS_UNSEALED: &str = "SELECT e.event_id, e.kind, e.session_id, e.workflow_id, e.step_id, e.status, e.error_code, \
    e.started_at, e.finished_at, e.actor, e.payload_hash, e.xid::text AS xid, e.seq FROM event e \
    WHERE (e.xid, e.seq) > ($1::text::xid8, $2) AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) \
    AND NOT EXISTS (SELECT 1 FROM event_link l WHERE l.event_id = e.event_id) \
    ORDER BY e.xid, e.seq LIMIT 500";
/// Adds the links of a batch.
pub const LINKS_APPEND: &str = "SELECT append_links($1, $2, $3, $4, $5)";
/// Sealed events behind a position.
pub const EVENTS_AFTER: &str = "SELECT l.pos, e.event_id, e.kind, e.session_id, e.workflow_id, e.step_id, e.status, \
    e.error_code, e.started_at, e.finished_at, e.actor, e.payload FROM event_link l \
    JOIN event e ON e.event_id = l.event_id \
    WHERE l.pos > $1 AND ($2::uuid IS NULL OR e.workflow_id = $2) ORDER BY l.pos LIMIT $3";
/// Where retention cut the beginning of the chain off last.
pub const CUT_LAST: &str = "SELECT pos, hash FROM chain_cut ORDER BY pos DESC LIMIT 1";
/// The first position whose event was recorded at or after a moment.
pub const POS_SINCE: &str = "SELECT l.pos FROM event_link l JOIN event e ON e.event_id = l.event_id \
    WHERE coalesce(e.finished_at, e.started_at) >= $1 ORDER BY l.pos LIMIT 1";
/// The hash at a position.
pub const LINK_AT: &str = "SELECT hash FROM event_link WHERE pos = $1";
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
pub const RUNS_QUEUED: &str =
    "SELECT count(*) FROM workflow_run WHERE state = 'queued' AND NOT suspended";
/// One run.
pub const RUN_GET: &str = "SELECT r.run_id, r.kind, r.input, \
    CASE WHEN r.suspended THEN 'waiting_for_approval' ELSE r.state END AS state, r.round, r.submitted_at, r.finished_at, \
    (SELECT count(*) FROM workflow_run q WHERE q.state = 'queued' AND NOT q.suspended AND q.submitted_seq <= r.submitted_seq) AS place \
    FROM workflow_run r WHERE r.run_id = $1";
/// The newest runs.
pub const RUN_LIST: &str = "SELECT r.run_id, r.kind, r.input, \
    CASE WHEN r.suspended THEN 'waiting_for_approval' ELSE r.state END AS state, r.round, r.submitted_at, r.finished_at, \
    (SELECT count(*) FROM workflow_run q WHERE q.state = 'queued' AND NOT q.suspended AND q.submitted_seq <= r.submitted_seq) AS place \
    FROM workflow_run r WHERE ($1::uuid IS NULL OR r.submitted_seq < \
      (SELECT b.submitted_seq FROM workflow_run b WHERE b.run_id = $1)) \
    ORDER BY r.submitted_seq DESC LIMIT $2";
/// The steps of the runs of the same page.
pub const RUN_LIST_STEPS: &str = "SELECT s.run_id, s.step_name, s.status, s.attempt, s.round, s.retry_count, s.step_key, \
    s.output, s.output_hash, s.error, s.started_at, s.finished_at FROM workflow_step s WHERE s.run_id IN \
    (SELECT r.run_id FROM workflow_run r WHERE ($1::uuid IS NULL OR r.submitted_seq < \
      (SELECT b.submitted_seq FROM workflow_run b WHERE b.run_id = $1)) \
    ORDER BY r.submitted_seq DESC LIMIT $2) ORDER BY s.finished_at, s.step_name";
/// Asks for an open run to stop.
pub const RUN_CANCEL: &str = "UPDATE workflow_run SET cancel_requested = true \
    WHERE run_id = $1 AND state IN ('queued', 'running')";
/// Puts a run that ended in partial failure back into the queue.
pub const RUN_RETRY: &str = "UPDATE workflow_run SET state = 'queued', round = round + 1, finished_at = NULL, \
    cancel_requested = false, resumed = false WHERE run_id = $1 AND state = 'partial_failure'";
/// Whether a run exists.
pub const RUN_EXISTS: &str = "SELECT 1 FROM workflow_run WHERE run_id = $1";
/// Runs that have not ended and wait for nobody, running ones first. One that was asked to stop waits no
/// longer.
pub const RUNS_OPEN: &str = "SELECT run_id, kind, input, state, round, cancel_requested, resumed FROM workflow_run \
    WHERE state IN ('queued', 'running') AND (NOT suspended OR cancel_requested) ORDER BY (state = 'queued'), submitted_seq";
/// A run gets a slot.
pub const RUN_START: &str = "UPDATE workflow_run SET state = 'running', resumed = false, started_at = coalesce(started_at, clock_timestamp()) \
    WHERE run_id = $1 AND state = 'queued'";
/// A run ends.
pub const RUN_FINISH: &str = "UPDATE workflow_run SET state = $2, suspended = false, finished_at = clock_timestamp() \
    WHERE run_id = $1 AND state IN ('queued', 'running')";

/// Holds a run's row until the end of the transaction.
pub const RUN_LOCK: &str = "SELECT 1 FROM workflow_run WHERE run_id = $1 FOR UPDATE";
/// A run gives its slot up for a decision; if that is there already, the run waits for a slot only.
pub const RUN_SUSPEND: &str = "UPDATE workflow_run r SET state = 'queued', resumed = true, suspended = EXISTS \
      (SELECT 1 FROM approval a WHERE a.run_id = r.run_id AND a.decision = 'pending' AND a.expires_at > clock_timestamp()) \
    WHERE r.run_id = $1 AND r.state IN ('queued', 'running')";
/// A run waits no longer, unless another question about it is open.
pub const RUN_RESUME: &str = "UPDATE workflow_run r SET suspended = false WHERE r.run_id = $1 AND r.suspended \
    AND NOT EXISTS (SELECT 1 FROM approval a WHERE a.run_id = r.run_id AND a.decision = 'pending')";
/// Runs whose questions nobody answered in time wait no longer.
pub const RUNS_EXPIRED: &str = "UPDATE workflow_run r SET suspended = false WHERE r.suspended AND NOT EXISTS \
    (SELECT 1 FROM approval a WHERE a.run_id = r.run_id AND a.decision = 'pending' AND a.expires_at > clock_timestamp()) \
    RETURNING r.run_id";

/// The newest question about a text of a run.
pub const APPROVAL_STANDING: &str = "SELECT decision, bytes, attempt, expires_at > clock_timestamp() AS live FROM approval \
    WHERE run_id = $1 AND kind = $2 AND canonical_hash = $3 ORDER BY requested_at DESC LIMIT 1";
/// Closes what nobody answered in time.
pub const APPROVAL_EXPIRE: &str = "UPDATE approval SET decision = 'expired' \
    WHERE run_id = $1 AND decision = 'pending' AND expires_at <= clock_timestamp()";
/// Asks; an open question is not asked twice.
pub const APPROVAL_ASK: &str = "INSERT INTO approval (approval_id, kind, run_id, step_name, attempt, canonical_hash, \
      canonical_text, bytes, usd, columns, requested_by, reason, expires_at) \
    SELECT $1, $2, r.run_id, $4, $5, $6, $7, $8, $9, $10, r.submitted_by, r.input ->> 'reason', \
      clock_timestamp() + make_interval(secs => $11) \
    FROM workflow_run r WHERE r.run_id = $3 \
    ON CONFLICT (run_id, kind, canonical_hash) WHERE decision = 'pending' DO NOTHING";
/// Questions, newest first, behind one; of one state if given.
pub const APPROVALS: &str = "SELECT a.approval_id, a.kind, a.run_id, a.step_name, a.canonical_hash, a.canonical_text, a.bytes, \
      a.usd, a.columns, a.requested_by, a.reason, a.requested_at, a.expires_at, \
      CASE WHEN a.decision = 'pending' AND a.expires_at <= clock_timestamp() THEN 'expired' ELSE a.decision END AS decision, \
      a.decided_by, a.decided_at, a.decision_reason FROM approval a \
    WHERE ($1::uuid IS NULL OR (a.requested_at, a.approval_id) < \
        (SELECT b.requested_at, b.approval_id FROM approval b WHERE b.approval_id = $1)) \
      AND ($2::text IS NULL OR $2 = \
        CASE WHEN a.decision = 'pending' AND a.expires_at <= clock_timestamp() THEN 'expired' ELSE a.decision END) \
      AND ($3::uuid IS NULL OR a.run_id = $3) AND ($4::uuid IS NULL OR a.approval_id = $4) \
    ORDER BY a.requested_at DESC, a.approval_id DESC LIMIT $5";
/// The run of a question.
pub const APPROVAL_RUN: &str = "SELECT run_id FROM approval WHERE approval_id = $1";
/// A question that can be decided, held until the end of the transaction.
pub const APPROVAL_LOCK: &str = "SELECT kind, step_name, canonical_hash, bytes, requested_by, \
      decision = 'pending' AND expires_at > clock_timestamp() AS open FROM approval WHERE approval_id = $1 FOR UPDATE";
/// Writes an answer.
pub const APPROVAL_DECIDE: &str = "UPDATE approval SET decision = $2, decided_by = $3, decided_at = clock_timestamp(), \
    decision_reason = $4 WHERE approval_id = $1";
/// Admins of an organisation who can act.
pub const ADMINS: &str = "SELECT count(*) FROM public.app_user WHERE tenant_id = $1 AND role = 'admin' AND disabled_at IS NULL";

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
    policy_version, decision, reserved_bytes, pii, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'reserved') \
    ON CONFLICT (job_id) DO NOTHING";
/// Settles a reservation.
pub const RECEIPT_SETTLE: &str = "UPDATE receipt SET state = 'settled', billed_bytes = $2, billed_usd = $3, \
    settled_at = clock_timestamp() WHERE job_id = $1 AND state <> 'settled' RETURNING run_id, step_name";
/// Releases a reservation.
pub const RECEIPT_RELEASE: &str = "UPDATE receipt SET state = 'released', settled_at = clock_timestamp() \
    WHERE job_id = $1 AND state = 'reserved' RETURNING run_id, step_name";
/// Reservations that are open.
pub const RECEIPTS_OPEN: &str = "SELECT job_id, run_id, step_name, attempt, canonical_hash, policy_version, decision, \
    pii, billed_bytes, billed_usd, state FROM receipt WHERE state = 'reserved' ORDER BY reserved_at";
/// Receipts of a run.
pub const RECEIPTS_OF_RUN: &str = "SELECT job_id, run_id, step_name, attempt, canonical_hash, policy_version, decision, \
    pii, billed_bytes, billed_usd, state FROM receipt WHERE run_id = $1 ORDER BY reserved_at";
/// The last hour's bytes. An open reservation counts however old it is.
pub const RECEIPT_WINDOW: &str = "SELECT job_id, coalesce(billed_bytes, reserved_bytes) AS bytes, \
    CASE WHEN state = 'reserved' THEN 0 ELSE floor(extract(epoch FROM clock_timestamp() - reserved_at))::bigint END AS age \
    FROM receipt WHERE state = 'reserved' \
      OR (state = 'settled' AND reserved_at > clock_timestamp() - interval '3600 seconds')";

/// The rolling hour: what is held, and what was billed of which estimates.
pub const BUDGET_HOUR: &str = "SELECT \
      coalesce(sum(reserved_bytes) FILTER (WHERE state = 'reserved'), 0)::bigint AS held, \
      count(*) FILTER (WHERE state = 'settled') AS queries, \
      coalesce(sum((decision ->> 'estimated_bytes')::bigint) FILTER (WHERE state = 'settled'), 0)::bigint AS estimated, \
      coalesce(sum(reserved_bytes) FILTER (WHERE state = 'settled'), 0)::bigint AS reserved, \
      coalesce(sum(billed_bytes), 0)::bigint AS billed, coalesce(sum(billed_usd), 0)::bigint AS usd, \
      min(reserved_at) FILTER (WHERE billed_bytes > 0) + interval '3600 seconds' AS frees_at \
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
