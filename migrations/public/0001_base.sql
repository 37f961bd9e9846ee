-- Organisations, their users and keys, nodes, owners and wakes. Nothing of a tenant's own is here.
CREATE TABLE org (
    tenant_id  uuid PRIMARY KEY,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    zone       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE app_user (
    user_id    uuid PRIMARY KEY,
    tenant_id  uuid NOT NULL REFERENCES org (tenant_id),
    role       text NOT NULL CHECK (role IN ('viewer', 'member', 'admin')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Keys are stored as SHA-256 only; the key itself is shown once, when it is made.
CREATE TABLE api_key (
    key_hash   bytea PRIMARY KEY CHECK (length(key_hash) = 32),
    user_id    uuid NOT NULL REFERENCES app_user (user_id),
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row for each boot of a server process; renewed every 2 seconds by the database's clock.
CREATE TABLE node (
    node_id     uuid PRIMARY KEY,
    name        text NOT NULL,
    lease_until timestamptz NOT NULL
);

-- Changes only at takeover and passivation, so that steps reading it FOR SHARE never wait for a renewal.
CREATE TABLE tenant_owner (
    tenant_id uuid PRIMARY KEY REFERENCES org (tenant_id),
    node_id   uuid REFERENCES node (node_id),
    epoch     bigint NOT NULL DEFAULT 0
);

-- Counts what was asked of a tenant; a changed counter means new work, whoever owns it.
CREATE TABLE tenant_wake (
    tenant_id uuid PRIMARY KEY REFERENCES org (tenant_id),
    counter   bigint NOT NULL
);

-- What a purge must keep of a tenant's audit.
CREATE TABLE retained_audit (
    retained_id   uuid PRIMARY KEY,
    org_pseudonym text NOT NULL,
    recorded_at   timestamptz NOT NULL,
    event         jsonb NOT NULL
);

-- Heads of the tenants' chains, written by the migrator's hourly job.
CREATE TABLE chain_anchor (
    tenant_id   uuid NOT NULL,
    pos         bigint NOT NULL,
    hash        bytea NOT NULL,
    anchored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, pos)
);

-- Raises AP001 unless the node owns the tenant at that epoch under a living lease. The row lock makes
-- a takeover wait for the transaction that called it.
CREATE FUNCTION fence(asked_tenant uuid, asked_node uuid, asked_epoch bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM public.tenant_owner o
      WHERE o.tenant_id = asked_tenant AND o.node_id = asked_node AND o.epoch = asked_epoch
      FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'stale owner' USING ERRCODE = 'AP001';
    END IF;
    PERFORM 1 FROM public.node n WHERE n.node_id = asked_node AND n.lease_until > clock_timestamp();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'lease over' USING ERRCODE = 'AP001';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION fence(uuid, uuid, bigint) FROM PUBLIC;
