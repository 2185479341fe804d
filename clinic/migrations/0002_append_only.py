"""Tables that only ever grow, and grants that keep the application itself from rewriting them.

Django cannot spell statement triggers or grants. Row triggers do not stop TRUNCATE, hence the
statement trigger; triggers do not bind a role that may drop them, hence the grants: the application
connects as chairside_app, which owns nothing (embedded/roles.sql).
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION chairside_refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused. Record a correction instead.', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'append_only';
END $$;

CREATE PROCEDURE chairside_make_append_only(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON %s
                    FOR EACH ROW EXECUTE FUNCTION chairside_refuse_change()', target);
    EXECUTE format('CREATE TRIGGER append_only_table BEFORE TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION chairside_refuse_change()', target);
    CALL chairside_revoke_change(target);
END $$;

-- Where the application's role exists (it does not in a bare development database).
CREATE PROCEDURE chairside_revoke_change(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'chairside_app') THEN
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM chairside_app', target);
    END IF;
END $$;

-- The application deletes nothing of a floor's tables but what is granted back by name, and never
-- rewrites their history.
CREATE PROCEDURE chairside_seal(app text) LANGUAGE plpgsql AS $$
DECLARE target record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'chairside_app') THEN
        RETURN;
    END IF;
    FOR target IN SELECT c.oid::regclass AS name, EXISTS (
                         SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'pgh_obj_id'
                     ) AS is_history
                    FROM pg_class c
                   WHERE c.relkind = 'r' AND starts_with(c.relname, app || '_')
                     AND c.relnamespace = current_schema()::regnamespace
    LOOP
        EXECUTE format('REVOKE DELETE, TRUNCATE ON %s FROM chairside_app', target.name);
        IF target.is_history THEN
            CALL chairside_revoke_change(target.name);
        END IF;
    END LOOP;
END $$;

-- pgtrigger asks a function whether to leave a trigger out, and anybody may set what it reads. Here nothing
-- is ever left out. Whatever adds triggers lays pgtrigger's own function anew: call this after it.
CREATE PROCEDURE chairside_heed_triggers() LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE $body$
        CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN AS
        'BEGIN RETURN FALSE; END' LANGUAGE plpgsql
    $body$;
END $$;
"""

UNDO = """
DROP PROCEDURE chairside_heed_triggers();
DROP PROCEDURE chairside_seal(text);
DROP PROCEDURE chairside_make_append_only(regclass);
DROP PROCEDURE chairside_revoke_change(regclass);
DROP FUNCTION chairside_refuse_change() CASCADE;
"""


# Person, reason and door of a request's history are completed while the request runs, never later.
CONTEXT = """
CREATE FUNCTION chairside_context_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.id = OLD.id AND NEW.created_at = OLD.created_at
       AND OLD.created_at > now() - interval '10 minutes' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'who did what and why is not rewritten'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'append_only';
END $$;
CREATE TRIGGER context_kept BEFORE UPDATE OR DELETE ON pghistory_context
    FOR EACH ROW EXECUTE FUNCTION chairside_context_kept();
"""

# A temporary table of the same name would stand before the real one in every trigger's eyes.
DATABASE = """
DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'chairside_app') THEN
        REVOKE DELETE, TRUNCATE ON pghistory_context FROM chairside_app;
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON django_migrations FROM chairside_app;
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, UNDO),
        migrations.RunSQL(CONTEXT, "DROP FUNCTION chairside_context_kept() CASCADE"),
        migrations.RunSQL(DATABASE, migrations.RunSQL.noop),
        migrations.RunSQL(
            """
            CALL chairside_make_append_only('clinic_accesslog');
            CALL chairside_make_append_only('clinic_createdid');
            CALL chairside_seal('clinic');
            CALL chairside_heed_triggers();
            """,
            migrations.RunSQL.noop,
        ),
    ]
