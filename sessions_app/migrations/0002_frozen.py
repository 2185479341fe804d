"""A signed record never changes silently (design 3.6).

* Observations and signed records are append-only: UPDATE, DELETE and TRUNCATE are refused.
* A signed session's row is refused every change, and a session is never deleted.
* Once a session is signed it takes a new observation only as part of an amendment that is signed
  later in the same transaction: the line names an amendment that does not exist yet (the foreign key is
  deferred), and the amendment's content freezes the line.
"""

from django.db import migrations

OBSERVATIONS = ["checklistanswer", "doseworksheet", "infusionevent", "vitalsigns", "sideeffect", "discharge"]

FUNCTIONS = """
CREATE FUNCTION chairside_observation_while_open() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Signing locks the session's row: wait for it, then look.
    PERFORM FROM sessions_app_session WHERE id = NEW.session_id FOR KEY SHARE;
    IF EXISTS (SELECT FROM sessions_app_signedrecord WHERE session_id = NEW.session_id) THEN
        IF NEW.amendment_id IS NULL
           OR EXISTS (SELECT FROM sessions_app_signedrecord WHERE id = NEW.amendment_id) THEN
            RAISE EXCEPTION 'session % is signed: write an amendment', NEW.session_id
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'session_signed';
        END IF;
    ELSIF NEW.amendment_id IS NOT NULL THEN
        RAISE EXCEPTION 'session % is not signed: there is nothing to amend', NEW.session_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'session_not_signed';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION chairside_session_frozen() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state <> 'signed' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a % session refuses %', CASE WHEN TG_OP = 'UPDATE' THEN 'signed' ELSE 'started' END, TG_OP
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'session_signed';
END $$;

-- Named by the lines' composite foreign keys: an amendment is of the line's own session.
ALTER TABLE sessions_app_signedrecord ADD CONSTRAINT signed_id_with_session UNIQUE (id, session_id);

CREATE TRIGGER frozen_rows BEFORE UPDATE OR DELETE ON sessions_app_session
    FOR EACH ROW EXECUTE FUNCTION chairside_session_frozen();
CREATE TRIGGER frozen_table BEFORE TRUNCATE ON sessions_app_session
    FOR EACH STATEMENT EXECUTE FUNCTION chairside_refuse_change();
CALL chairside_make_append_only('sessions_app_signedrecord');
"""

ON_EACH = """
CALL chairside_make_append_only('sessions_app_{table}');
ALTER TABLE sessions_app_{table} ADD CONSTRAINT {table}_amendment_of_its_session
    FOREIGN KEY (amendment_id, session_id) REFERENCES sessions_app_signedrecord (id, session_id)
    DEFERRABLE INITIALLY DEFERRED;
CREATE TRIGGER while_open BEFORE INSERT ON sessions_app_{table}
    FOR EACH ROW EXECUTE FUNCTION chairside_observation_while_open();
"""


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0001_initial"), ("clinic", "0002_append_only")]

    operations = [
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        *[migrations.RunSQL(ON_EACH.format(table=table), migrations.RunSQL.noop) for table in OBSERVATIONS],
        migrations.RunSQL(
            "CALL chairside_seal('sessions_app'); CALL chairside_heed_triggers();", migrations.RunSQL.noop
        ),
    ]
