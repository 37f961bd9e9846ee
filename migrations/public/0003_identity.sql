-- Keys get an id, scopes, an end and a last use. A key made before this may do all that its user may.
ALTER TABLE api_key
    ADD COLUMN key_id       uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN prefix       text,
    ADD COLUMN scopes       text[] NOT NULL DEFAULT '{read,execute,admin}'
        CHECK (cardinality(scopes) > 0 AND scopes <@ '{read,execute,admin}'::text[]),
    ADD COLUMN expires_at   timestamptz,
    ADD COLUMN revoked_at   timestamptz,
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN created_by   uuid REFERENCES app_user (user_id),
    ADD CONSTRAINT api_key_name CHECK (length(name) BETWEEN 1 AND 200);
CREATE UNIQUE INDEX api_key_id ON api_key (key_id);
CREATE INDEX api_key_user ON api_key (user_id);

-- A user of before this has neither address nor name, and signs in with keys only.
ALTER TABLE app_user
    ADD COLUMN email       text CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    ADD COLUMN name        text CHECK (length(name) BETWEEN 1 AND 200),
    ADD COLUMN disabled_at timestamptz;
CREATE INDEX app_user_tenant ON app_user (tenant_id, user_id);
-- Per organisation: whether another one knows an address is nothing an admin may learn.
CREATE UNIQUE INDEX app_user_email ON app_user (email, tenant_id);

ALTER TABLE org ADD COLUMN settings_version integer NOT NULL DEFAULT 1;

-- No role of the service reads or writes the next five tables; it calls the functions below.
CREATE TABLE user_password (
    user_id    uuid PRIMARY KEY REFERENCES app_user (user_id),
    phc        text NOT NULL CHECK (phc LIKE '$argon2id$%' AND length(phc) <= 512),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE invitation (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id    uuid NOT NULL REFERENCES app_user (user_id),
    made_by    uuid REFERENCES app_user (user_id),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at    timestamptz NOT NULL
);
CREATE INDEX invitation_user ON invitation (user_id);
CREATE TABLE browser_session (
    session_hash bytea PRIMARY KEY CHECK (length(session_hash) = 32),
    user_id      uuid NOT NULL REFERENCES app_user (user_id),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at      timestamptz NOT NULL
);
CREATE INDEX browser_session_user ON browser_session (user_id, created_at);
-- The subject is a hash of an e-mail address or of a client's address.
CREATE TABLE login_throttle (
    subject      bytea PRIMARY KEY CHECK (length(subject) = 32),
    failures     integer NOT NULL,
    last_at      timestamptz NOT NULL,
    closed_until timestamptz
);
CREATE TABLE operator_key (
    key_hash     bytea PRIMARY KEY CHECK (length(key_hash) = 32),
    operator_id  uuid NOT NULL UNIQUE,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    last_used_at timestamptz
);

-- Former and present settings; the present name and zone stand in org, too.
CREATE TABLE org_settings (
    tenant_id  uuid NOT NULL REFERENCES org (tenant_id),
    version    integer NOT NULL CHECK (version > 1),
    name       text NOT NULL,
    zone       text NOT NULL,
    changed_by uuid NOT NULL REFERENCES app_user (user_id),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, version)
);
CREATE TABLE user_settings (
    user_id    uuid NOT NULL REFERENCES app_user (user_id),
    version    integer NOT NULL CHECK (version > 0),
    zone       text,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (user_id, version)
);

-- What follows is written through functions alone. They run as their owner, the migrator, and each
-- checks that the user or key is of the tenant that asks. Grants on columns would let the login role
-- give any user of any tenant a key; this way it can neither move a key to another user, nor bring a
-- revoked one back, nor read a password.

-- Answers ok, unknown (no such user in the tenant), past (the end is not in the future) or full. The
-- row lock keeps two calls at once from passing the bound together.
CREATE FUNCTION key_create(asked_tenant uuid, asked_user uuid, new_id uuid, new_hash bytea, new_prefix text,
    new_name text, new_scopes text[], new_end timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM public.app_user u
      WHERE u.user_id = asked_user AND u.tenant_id = asked_tenant AND u.disabled_at IS NULL
      FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    IF new_end <= clock_timestamp() THEN
        RETURN 'past';
    END IF;
    IF (SELECT count(*) FROM public.api_key k WHERE k.user_id = asked_user AND k.revoked_at IS NULL
          AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())) >= 50 THEN
        RETURN 'full';
    END IF;
    INSERT INTO public.api_key (key_hash, user_id, name, key_id, prefix, scopes, expires_at, created_by)
      VALUES (new_hash, asked_user, new_name, new_id, new_prefix, new_scopes, new_end, asked_user);
    RETURN 'ok';
END
$$;

-- Revokes a key of the tenant, of one user if a user is named. Answers whether there is such a key.
CREATE FUNCTION key_revoke(asked_tenant uuid, only_user uuid, asked_key uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.api_key k SET revoked_at = coalesce(k.revoked_at, clock_timestamp())
      FROM public.app_user u
      WHERE k.key_id = asked_key AND u.user_id = k.user_id AND u.tenant_id = asked_tenant
        AND (only_user IS NULL OR u.user_id = only_user);
    RETURN FOUND;
END
$$;

-- Notes a use, at most once a minute.
CREATE FUNCTION key_used(asked_key uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE public.api_key k SET last_used_at = clock_timestamp() WHERE k.key_id = asked_key
      AND (k.last_used_at IS NULL OR k.last_used_at < clock_timestamp() - interval '1 minute');
$$;

-- Answers ok, taken (the organisation has a user of that address) or full.
CREATE FUNCTION user_create(asked_tenant uuid, new_id uuid, new_email text, new_name text, new_role text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM public.org o WHERE o.tenant_id = asked_tenant FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    IF (SELECT count(*) FROM public.app_user u WHERE u.tenant_id = asked_tenant) >= 1000 THEN
        RETURN 'full';
    END IF;
    INSERT INTO public.app_user (user_id, tenant_id, role, email, name)
      VALUES (new_id, asked_tenant, new_role, new_email, new_name)
      ON CONFLICT (email, tenant_id) DO NOTHING;
    IF FOUND THEN
        RETURN 'ok';
    END IF;
    RETURN 'taken';
END
$$;

-- Changes role or standing; what is NULL stays. Answers ok, unknown or last_admin. The organisation's
-- row is locked, so that two admins cannot remove each other at once. Whoever is disabled loses
-- sessions and open invitations; their keys have no holder until they are enabled again.
CREATE FUNCTION user_change(asked_tenant uuid, asked_user uuid, new_role text, new_enabled boolean)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    loses boolean;
BEGIN
    PERFORM 1 FROM public.org o WHERE o.tenant_id = asked_tenant FOR NO KEY UPDATE;
    SELECT u.role = 'admin' AND u.disabled_at IS NULL
        AND (coalesce(new_role, u.role) <> 'admin' OR NOT coalesce(new_enabled, true))
      INTO loses FROM public.app_user u
      WHERE u.user_id = asked_user AND u.tenant_id = asked_tenant;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    IF loses AND NOT EXISTS (SELECT 1 FROM public.app_user u WHERE u.tenant_id = asked_tenant
          AND u.user_id <> asked_user AND u.role = 'admin' AND u.disabled_at IS NULL) THEN
        RETURN 'last_admin';
    END IF;
    UPDATE public.app_user u SET role = coalesce(new_role, u.role),
        disabled_at = CASE WHEN new_enabled IS NULL THEN u.disabled_at WHEN new_enabled THEN NULL
          ELSE coalesce(u.disabled_at, clock_timestamp()) END
      WHERE u.user_id = asked_user;
    IF NOT coalesce(new_enabled, true) THEN
        DELETE FROM public.browser_session s WHERE s.user_id = asked_user;
        DELETE FROM public.invitation i WHERE i.user_id = asked_user;
    END IF;
    RETURN 'ok';
END
$$;

-- Makes the one invitation of a user that is open; answers whether there is such a user.
CREATE FUNCTION invitation_create(asked_tenant uuid, asked_user uuid, asked_by uuid, new_hash bytea,
    days integer) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    until timestamptz := clock_timestamp() + make_interval(days => days);
BEGIN
    PERFORM 1 FROM public.app_user u WHERE u.user_id = asked_user AND u.tenant_id = asked_tenant
        AND u.disabled_at IS NULL AND u.email IS NOT NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM public.invitation i WHERE i.user_id = asked_user;
    INSERT INTO public.invitation (token_hash, user_id, made_by, ends_at)
      VALUES (new_hash, asked_user, asked_by, until);
    RETURN until;
END
$$;

-- Whom an open invitation is for.
CREATE FUNCTION invitation_holder(asked_hash bytea)
RETURNS TABLE (tenant_id uuid, user_id uuid, role text, email text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.tenant_id, u.user_id, u.role, u.email FROM public.invitation i
      JOIN public.app_user u ON u.user_id = i.user_id
      WHERE i.token_hash = asked_hash AND i.ends_at > clock_timestamp() AND u.disabled_at IS NULL;
$$;

-- Uses an invitation up and sets the password; ends the sessions that the former password opened.
CREATE FUNCTION invitation_accept(asked_hash bytea, new_phc text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    holder uuid;
BEGIN
    DELETE FROM public.invitation i USING public.app_user u
      WHERE i.token_hash = asked_hash AND i.ends_at > clock_timestamp()
        AND u.user_id = i.user_id AND u.disabled_at IS NULL
      RETURNING i.user_id INTO holder;
    IF holder IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO public.user_password (user_id, phc) VALUES (holder, new_phc)
      ON CONFLICT (user_id) DO UPDATE SET phc = excluded.phc, changed_at = clock_timestamp();
    DELETE FROM public.browser_session s WHERE s.user_id = holder;
    RETURN true;
END
$$;

-- The passwords of an address whose user may sign in: one for each organisation, or of one that is
-- named.
CREATE FUNCTION password_lookup(asked_email text, only_tenant uuid)
RETURNS TABLE (tenant_id uuid, user_id uuid, role text, phc text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.tenant_id, u.user_id, u.role, p.phc FROM public.app_user u
      JOIN public.user_password p ON p.user_id = u.user_id
      WHERE u.email = asked_email AND u.disabled_at IS NULL
        AND (only_tenant IS NULL OR u.tenant_id = only_tenant)
      ORDER BY p.changed_at, u.user_id LIMIT 5;
$$;

-- Replaces a password if it is still the one that was checked, and ends every session but one.
CREATE FUNCTION password_change(asked_tenant uuid, asked_user uuid, old_phc text, new_phc text,
    kept_session bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.user_password p SET phc = new_phc, changed_at = clock_timestamp()
      FROM public.app_user u
      WHERE p.user_id = asked_user AND p.phc = old_phc AND u.user_id = p.user_id
        AND u.tenant_id = asked_tenant;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM public.browser_session s WHERE s.user_id = asked_user
      AND (kept_session IS NULL OR s.session_hash <> kept_session);
    RETURN true;
END
$$;

-- Counts an attempt before it is made, so that many at once are as many as one after another. Answers
-- the seconds to wait; 0 lets the attempt through. After so many failures within a quarter of an hour
-- each further one closes the door for twice as long, at most for a quarter of an hour.
CREATE FUNCTION login_attempt(asked_subject bytea, free integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    now_at timestamptz := clock_timestamp();
    counted integer;
    until timestamptz;
BEGIN
    INSERT INTO public.login_throttle AS t (subject, failures, last_at) VALUES (asked_subject, 0, now_at)
      ON CONFLICT (subject) DO UPDATE SET
        failures = CASE WHEN t.last_at < now_at - interval '15 minutes' THEN 0 ELSE t.failures END,
        closed_until = CASE WHEN t.closed_until > now_at THEN t.closed_until END
      RETURNING failures, closed_until INTO counted, until;
    IF until IS NOT NULL THEN
        RETURN ceil(extract(epoch FROM until - now_at));
    END IF;
    counted := counted + 1;
    UPDATE public.login_throttle t SET failures = counted, last_at = now_at,
        closed_until = CASE WHEN counted >= free
          THEN now_at + least(interval '15 minutes', interval '30 seconds' * power(2, least(counted - free, 10))) END
      WHERE t.subject = asked_subject;
    DELETE FROM public.login_throttle t WHERE t.subject IN (SELECT o.subject FROM public.login_throttle o
      WHERE o.last_at < now_at - interval '1 hour' LIMIT 10);
    RETURN 0;
END
$$;

-- A success: the address of the account is forgotten, the client's gets its attempt back.
CREATE FUNCTION login_succeeded(account bytea, client bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM public.login_throttle t WHERE t.subject = account;
    UPDATE public.login_throttle t SET failures = greatest(0, t.failures - 1), closed_until = NULL
      WHERE t.subject = client;
$$;

-- Opens a session; of a user's sessions the 20 newest stay. Answers its end, or NULL for nobody.
CREATE FUNCTION session_open(asked_tenant uuid, asked_user uuid, new_hash bytea, hours integer)
RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    until timestamptz := clock_timestamp() + make_interval(hours => hours);
BEGIN
    PERFORM 1 FROM public.app_user u WHERE u.user_id = asked_user AND u.tenant_id = asked_tenant
        AND u.disabled_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO public.browser_session (session_hash, user_id, ends_at) VALUES (new_hash, asked_user, until);
    DELETE FROM public.browser_session s WHERE s.user_id = asked_user AND (s.ends_at <= clock_timestamp()
      OR s.session_hash NOT IN (SELECT n.session_hash FROM public.browser_session n
        WHERE n.user_id = asked_user ORDER BY n.created_at DESC, n.session_hash LIMIT 20));
    RETURN until;
END
$$;

-- The holder of a session that has neither ended nor been idle for so long.
CREATE FUNCTION session_holder(asked_hash bytea, idle_minutes integer)
RETURNS TABLE (tenant_id uuid, user_id uuid, role text, ends_at timestamptz, note boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.tenant_id, u.user_id, u.role, s.ends_at, s.seen_at < clock_timestamp() - interval '1 minute'
      FROM public.browser_session s JOIN public.app_user u ON u.user_id = s.user_id
      WHERE s.session_hash = asked_hash AND s.ends_at > clock_timestamp() AND u.disabled_at IS NULL
        AND s.seen_at > clock_timestamp() - make_interval(mins => idle_minutes);
$$;

-- Notes that a session was seen.
CREATE FUNCTION session_seen(asked_hash bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE public.browser_session s SET seen_at = clock_timestamp() WHERE s.session_hash = asked_hash;
$$;

-- Ends a session.
CREATE FUNCTION session_close(asked_tenant uuid, asked_hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM public.browser_session s USING public.app_user u
      WHERE s.session_hash = asked_hash AND u.user_id = s.user_id AND u.tenant_id = asked_tenant;
    RETURN FOUND;
END
$$;

-- The operator who holds a key in force; notes the use, at most once a minute.
CREATE FUNCTION operator_holder(asked_hash bytea) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    holder uuid;
BEGIN
    SELECT o.operator_id INTO holder FROM public.operator_key o WHERE o.key_hash = asked_hash
      AND o.revoked_at IS NULL AND o.expires_at > clock_timestamp();
    IF holder IS NOT NULL THEN
        UPDATE public.operator_key o SET last_used_at = clock_timestamp() WHERE o.key_hash = asked_hash
          AND (o.last_used_at IS NULL OR o.last_used_at < clock_timestamp() - interval '1 minute');
    END IF;
    RETURN holder;
END
$$;

-- Writes the next version of an organisation's settings. Answers it, or NULL when the expected version
-- is not the present one.
CREATE FUNCTION org_settings_write(asked_tenant uuid, asked_user uuid, expected integer, new_name text,
    new_zone text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    written integer;
BEGIN
    UPDATE public.org o SET name = new_name, zone = new_zone, settings_version = o.settings_version + 1
      WHERE o.tenant_id = asked_tenant AND o.settings_version = expected
        AND EXISTS (SELECT 1 FROM public.app_user u
          WHERE u.user_id = asked_user AND u.tenant_id = asked_tenant)
      RETURNING o.settings_version INTO written;
    IF written IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO public.org_settings (tenant_id, version, name, zone, changed_by)
      VALUES (asked_tenant, written, new_name, new_zone, asked_user);
    RETURN written;
END
$$;

-- A user's settings; version 0 stands for those that were never written.
CREATE FUNCTION user_settings_of(asked_tenant uuid, asked_user uuid)
RETURNS TABLE (version integer, zone text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.version, s.zone FROM public.user_settings s JOIN public.app_user u ON u.user_id = s.user_id
      WHERE s.user_id = asked_user AND u.tenant_id = asked_tenant ORDER BY s.version DESC LIMIT 1;
$$;

CREATE FUNCTION user_settings_write(asked_tenant uuid, asked_user uuid, expected integer, new_zone text)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM public.app_user u WHERE u.user_id = asked_user AND u.tenant_id = asked_tenant
      FOR NO KEY UPDATE;
    IF NOT FOUND OR expected <> coalesce((SELECT max(s.version) FROM public.user_settings s
          WHERE s.user_id = asked_user), 0) THEN
        RETURN NULL;
    END IF;
    INSERT INTO public.user_settings (user_id, version, zone) VALUES (asked_user, expected + 1, new_zone);
    RETURN expected + 1;
END
$$;

DO $$
DECLARE
    made regprocedure;
BEGIN
    FOR made IN SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made);
    END LOOP;
END
$$;
