"""Tables that only ever grow, and grants that keep the application itself from rewriting them.

Django cannot spell statement triggers or grants. Row triggers do not stop TRUNCATE, hence the
statement trigger; triggers do not bind a role that may drop them, hence the grants: the application
connects as chairside_app, which owns nothing (embedded/roles.sql).
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION chairside_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE PROCEDURE chairside_seal_history(app text) LANGUAGE plpgsql AS $$
DECLARE target regclass;
BEGIN
    FOR target IN SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                   WHERE a.attname = 'pgh_obj_id' AND c.relkind = 'r' AND c.relname LIKE app || '\\_%event'
                     AND c.relnamespace = current_schema()::regnamespace
    LOOP
        CALL chairside_revoke_change(target);
    END LOOP;
END $$;
"""

UNDO = """
DROP PROCEDURE chairside_seal_history(text);
DROP PROCEDURE chairside_make_append_only(regclass);
DROP PROCEDURE chairside_revoke_change(regclass);
DROP FUNCTION chairside_refuse_change() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, UNDO),
        migrations.RunSQL(
            """
            CALL chairside_make_append_only('clinic_accesslog');
            CALL chairside_make_append_only('clinic_createdid');
            CALL chairside_seal_history('clinic');
            """,
            migrations.RunSQL.noop,
        ),
    ]
