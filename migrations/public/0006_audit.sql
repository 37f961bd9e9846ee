-- What guards the audit trail: rows that only grow, anchors, holds, and the one way in which old rows go.

-- A row of audit is never changed, and goes only by the functions below. Who may delete at all is a matter of
-- grants; this stops also those who may. Forgetting a payload together with its salt is the one change allowed.
CREATE FUNCTION audit_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('autopilot.audit_cut', true) = pg_current_xact_id()::text THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'event'
       AND to_jsonb(NEW) - 'payload' - 'salt' = to_jsonb(OLD) - 'payload' - 'salt'
       AND to_jsonb(NEW) ->> 'payload' IS NULL AND to_jsonb(NEW) ->> 'salt' IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of audit are only added' USING ERRCODE = 'AP012';
END
$$;
REVOKE ALL ON FUNCTION audit_guard() FROM PUBLIC;

CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON retained_audit
    FOR EACH ROW EXECUTE FUNCTION audit_guard();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON retained_audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON chain_anchor
    FOR EACH ROW EXECUTE FUNCTION audit_guard();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON chain_anchor
    FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();

-- Orders that nothing of a subject may be deleted. The subject is an organisation's id, or the pseudonym of one
-- that was purged; it is not tied to the organisation, because a hold outlives it. A released hold stays.
CREATE TABLE legal_hold (
    hold_id     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    subject     text NOT NULL CHECK (length(subject) BETWEEN 1 AND 100),
    reason      text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    held_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    released_at timestamptz
);
CREATE UNIQUE INDEX legal_hold_open ON legal_hold (subject) WHERE released_at IS NULL;

-- Writes the head of an organisation's chain down where the organisation's own role cannot reach. An anchor that
-- is there already is never replaced. Answers the head's position.
CREATE FUNCTION anchor_chain(asked_tenant uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    links text := format('%I.event_link', 'tenant_' || replace(asked_tenant::text, '-', ''));
    head_pos bigint;
    head_hash bytea;
BEGIN
    IF to_regclass(links) IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT pos, hash FROM %s ORDER BY pos DESC LIMIT 1', links) INTO head_pos, head_hash;
    IF head_pos > coalesce((SELECT max(a.pos) FROM public.chain_anchor a WHERE a.tenant_id = asked_tenant), 0) THEN
        INSERT INTO public.chain_anchor (tenant_id, pos, hash) VALUES (asked_tenant, head_pos, head_hash)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN head_pos;
END
$$;
REVOKE ALL ON FUNCTION anchor_chain(uuid) FROM PUBLIC;

-- Deletes the beginning of an organisation's chain, up to a position whose hash the caller has verified, and keeps
-- position and hash. Refuses under a hold (AP020), for rows younger than a day or than the caller's limit (AP021),
-- when the link is not the one that was verified (AP022), and for the newest link (AP023), on which the next one
-- stands. Answers how many events went.
CREATE FUNCTION cut_chain(asked_tenant uuid, cut_pos bigint, cut_hash bytea, older_than timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    home text := quote_ident('tenant_' || replace(asked_tenant::text, '-', ''));
    found_hash bytea;
    head_pos bigint;
    young boolean;
    gone uuid[];
BEGIN
    -- A hold that is being set waits for this transaction, and this one for a hold that is being set.
    LOCK TABLE public.legal_hold IN SHARE MODE;
    IF EXISTS (SELECT 1 FROM public.legal_hold h WHERE h.subject = asked_tenant::text AND h.released_at IS NULL) THEN
        RAISE EXCEPTION 'under a legal hold' USING ERRCODE = 'AP020';
    END IF;
    EXECUTE format('SELECT max(pos) FROM %s.event_link', home) INTO head_pos;
    IF cut_pos >= head_pos OR head_pos IS NULL THEN
        RAISE EXCEPTION 'the newest link stays' USING ERRCODE = 'AP023';
    END IF;
    EXECUTE format('SELECT hash FROM %s.event_link WHERE pos = $1', home) INTO found_hash USING cut_pos;
    IF found_hash IS DISTINCT FROM cut_hash THEN
        RAISE EXCEPTION 'not the link that was verified' USING ERRCODE = 'AP022';
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %1$s.event_link l JOIN %1$s.event e ON e.event_id = l.event_id '
        'WHERE l.pos <= $1 AND coalesce(e.finished_at, e.started_at) >= $2)', home)
        INTO young USING cut_pos, older_than;
    IF young OR older_than > clock_timestamp() - interval '1 day' THEN
        RAISE EXCEPTION 'too young' USING ERRCODE = 'AP021';
    END IF;
    PERFORM set_config('autopilot.audit_cut', pg_current_xact_id()::text, true);
    EXECUTE format('SELECT array_agg(event_id) FROM %s.event_link WHERE pos <= $1', home) INTO gone USING cut_pos;
    EXECUTE format('INSERT INTO %s.chain_cut (pos, hash, events) VALUES ($1, $2, $3)', home)
        USING cut_pos, cut_hash, cardinality(gone);
    EXECUTE format('DELETE FROM %s.event_link WHERE pos <= $1', home) USING cut_pos;
    EXECUTE format('DELETE FROM %s.event WHERE event_id = ANY($1)', home) USING gone;
    DELETE FROM public.chain_anchor WHERE tenant_id = asked_tenant AND pos < cut_pos;
    INSERT INTO public.chain_anchor (tenant_id, pos, hash) VALUES (asked_tenant, cut_pos, cut_hash)
    ON CONFLICT DO NOTHING;
    PERFORM set_config('autopilot.audit_cut', '', true);
    RETURN cardinality(gone);
END
$$;
REVOKE ALL ON FUNCTION cut_chain(uuid, bigint, bytea, timestamptz) FROM PUBLIC;

-- Deletes the retained audit of purged organisations whose time is over: all rows of a pseudonym or none.
CREATE FUNCTION expire_retained(older_than timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone bigint;
BEGIN
    LOCK TABLE public.legal_hold IN SHARE MODE;
    IF older_than > clock_timestamp() - interval '1 day' THEN
        RAISE EXCEPTION 'too young' USING ERRCODE = 'AP021';
    END IF;
    PERFORM set_config('autopilot.audit_cut', pg_current_xact_id()::text, true);
    DELETE FROM public.retained_audit r WHERE r.org_pseudonym IN (
        SELECT k.org_pseudonym FROM public.retained_audit k
        WHERE NOT EXISTS (SELECT 1 FROM public.legal_hold h
                          WHERE h.subject = k.org_pseudonym AND h.released_at IS NULL)
        GROUP BY k.org_pseudonym HAVING max(k.recorded_at) < older_than);
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('autopilot.audit_cut', '', true);
    RETURN gone;
END
$$;
REVOKE ALL ON FUNCTION expire_retained(timestamptz) FROM PUBLIC;
