-- What must be on record before a real warehouse is asked anything. Operators write it over the migrator's connection;
-- the service's login reads it, and records a smoke through the one function that holds it to its rules.

-- An operator's approval of one organisation, for one program and one set of safety rules.
CREATE TABLE real_query_approval (
    approval_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id   uuid NOT NULL REFERENCES org (tenant_id),
    program     text NOT NULL CHECK (length(program) = 64),
    policy      text NOT NULL CHECK (length(policy) = 64),
    approved_by text NOT NULL CHECK (length(approved_by) BETWEEN 1 AND 100),
    reason      text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    approved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz
);
CREATE INDEX real_query_approval_of ON real_query_approval (tenant_id, approved_at);

-- Organisations whose data is nobody's: the first queries run there.
CREATE TABLE non_production (
    tenant_id uuid PRIMARY KEY REFERENCES org (tenant_id),
    reason    text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A query that ran well on such an organisation.
CREATE TABLE real_query_smoke (
    smoke_id  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES org (tenant_id),
    program   text NOT NULL CHECK (length(program) = 64),
    policy    text NOT NULL CHECK (length(policy) = 64),
    job_id    text NOT NULL CHECK (length(job_id) BETWEEN 1 AND 200),
    passed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (tenant_id, job_id)
);

-- Which conditions are on record for an organisation.
CREATE FUNCTION real_conditions(asked_tenant uuid, asked_program text, asked_policy text)
RETURNS TABLE (approval boolean, smoke boolean, non_production boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        EXISTS (SELECT 1 FROM public.real_query_approval a
                WHERE a.tenant_id = asked_tenant AND a.program = asked_program AND a.policy = asked_policy
                  AND a.revoked_at IS NULL AND a.expires_at > clock_timestamp()),
        EXISTS (SELECT 1 FROM public.real_query_smoke s WHERE s.program = asked_program AND s.policy = asked_policy),
        EXISTS (SELECT 1 FROM public.non_production n WHERE n.tenant_id = asked_tenant)
$$;
REVOKE ALL ON FUNCTION real_conditions(uuid, text, text) FROM PUBLIC;

-- Records a smoke; of an organisation that is not marked, nothing is recorded.
CREATE FUNCTION record_smoke(asked_tenant uuid, asked_program text, asked_policy text, asked_job text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.real_query_smoke (tenant_id, program, policy, job_id)
    SELECT asked_tenant, asked_program, asked_policy, asked_job
    WHERE EXISTS (SELECT 1 FROM public.non_production n WHERE n.tenant_id = asked_tenant)
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;
REVOKE ALL ON FUNCTION record_smoke(uuid, text, text, text) FROM PUBLIC;
