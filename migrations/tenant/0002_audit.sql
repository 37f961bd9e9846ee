-- The writer's path: the tenant's role adds events and links through these functions only.

-- Turns a user's id into the pseudonym that events carry. Without the row nobody can tell any more whose the
-- pseudonyms are that were made with it; the next event of a user makes a new one.
CREATE TABLE actor_key (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    secret   bytea NOT NULL CHECK (length(secret) = 32),
    made_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Where the beginning of the chain was cut off by retention: what stands behind it is verified from here.
CREATE TABLE chain_cut (
    pos    bigint PRIMARY KEY CHECK (pos >= 1),
    hash   bytea NOT NULL CHECK (length(hash) = 32),
    events bigint NOT NULL CHECK (events >= 1),
    cut_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION actor_secret() RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    found bytea;
BEGIN
    SELECT k.secret INTO found FROM actor_key k;
    IF found IS NULL THEN
        -- Three random UUIDs are 366 random bits.
        INSERT INTO actor_key (secret)
        VALUES (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())))
        ON CONFLICT DO NOTHING;
        SELECT k.secret INTO found FROM actor_key k;
    END IF;
    RETURN found;
END
$$;
REVOKE ALL ON FUNCTION actor_secret() FROM PUBLIC;

-- Adds an event. The program holds it to the whole contract first; what SQL can check of it, is checked again
-- (AP010), and the time of recording is the database's within a day, so that no event is born too old to keep.
CREATE FUNCTION append_event(
    new_id uuid, new_kind text, new_session uuid, new_workflow uuid, new_step text, new_status text, new_code text,
    new_started timestamptz, new_finished timestamptz, new_actor text, new_salt bytea, new_payload jsonb, new_hash bytea
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF new_salt IS NULL OR length(new_salt) <> 16
       OR new_status !~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$'
       OR new_actor !~ '^(system|u_[0-9a-f]{32})$'
       OR coalesce(jsonb_typeof(new_payload), 'null') NOT IN ('object', 'null')
       OR (new_kind IN ('tool_invocation', 'artifact_generated')
           AND (new_workflow IS NULL OR new_step IS NULL OR new_finished IS NULL))
       OR (new_kind = 'security_gate_decision' AND new_finished IS NULL)
       OR abs(extract(epoch FROM clock_timestamp() - coalesce(new_finished, new_started))) > 86400 THEN
        RAISE EXCEPTION 'not an event of the contract' USING ERRCODE = 'AP010';
    END IF;
    INSERT INTO event (event_id, kind, session_id, workflow_id, step_id, status, error_code, started_at, finished_at,
                       actor, salt, payload, payload_hash)
    VALUES (new_id, new_kind, new_session, new_workflow, new_step, new_status, new_code, new_started, new_finished,
            new_actor, new_salt, new_payload, new_hash);
END
$$;
REVOKE ALL ON FUNCTION append_event(uuid, text, uuid, uuid, text, text, text, timestamptz, timestamptz, text, bytea,
    jsonb, bytea) FROM PUBLIC;

-- Adds links behind the last one. Positions must follow it without a gap and name events that are there;
-- otherwise another sealer was faster, which is answered like the duplicate position that it is.
CREATE FUNCTION append_links(new_pos bigint[], new_events uuid[], new_hashes bytea[], new_xids text[], new_seqs bigint[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    last bigint := coalesce((SELECT max(pos) FROM event_link), 0);
BEGIN
    IF EXISTS (
        SELECT 1 FROM unnest(new_pos, new_events, new_hashes, new_xids, new_seqs) WITH ORDINALITY
            AS l (pos, event_id, hash, xid, seq, place)
        LEFT JOIN event e ON e.event_id = l.event_id AND e.xid = l.xid::xid8 AND e.seq = l.seq
        WHERE e.event_id IS NULL OR l.pos <> last + l.place
    ) THEN
        RAISE EXCEPTION 'the links do not continue the chain' USING ERRCODE = 'unique_violation';
    END IF;
    INSERT INTO event_link (pos, event_id, hash, xid, seq)
    SELECT l.pos, l.event_id, l.hash, l.xid::xid8, l.seq
    FROM unnest(new_pos, new_events, new_hashes, new_xids, new_seqs) AS l (pos, event_id, hash, xid, seq);
END
$$;
REVOKE ALL ON FUNCTION append_links(bigint[], uuid[], bytea[], text[], bigint[]) FROM PUBLIC;

CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION public.audit_guard();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION public.audit_guard();
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON event_link
    FOR EACH ROW EXECUTE FUNCTION public.audit_guard();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON event_link
    FOR EACH STATEMENT EXECUTE FUNCTION public.audit_guard();
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON chain_cut
    FOR EACH ROW EXECUTE FUNCTION public.audit_guard();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON chain_cut
    FOR EACH STATEMENT EXECUTE FUNCTION public.audit_guard();
