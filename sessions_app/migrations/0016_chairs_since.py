"""Since when a monitor stands at its chair: what it measured before is of no patient there.

A monitor that stands at one now has stood there since its history tells so.
"""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models
from django.db.models import Q

import clinic.migration_operations

FROM_THE_HISTORY = """
UPDATE sessions_app_monitordevice device
SET chair_since = COALESCE(
    (
        SELECT min(stood.pgh_created_at)
        FROM sessions_app_monitordeviceevent stood
        WHERE stood.pgh_obj_id = device.id AND stood.pgh_id > COALESCE(
            (
                SELECT max(elsewhere.pgh_id)
                FROM sessions_app_monitordeviceevent elsewhere
                WHERE elsewhere.pgh_obj_id = device.id
                AND elsewhere.chair_id IS DISTINCT FROM device.chair_id
            ),
            0
        )
    ),
    device.created_at
)
WHERE device.chair_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0007_tasks_given_back"),
        ("scheduler", "0012_usual_minutes"),
        ("sessions_app", "0015_courses_of_side_effects"),
    ]

    operations = [
        clinic.migration_operations.Together(
            operations=[
                pgtrigger.migrations.RemoveTrigger(model_name="monitordevice", name="insert_insert"),
                pgtrigger.migrations.RemoveTrigger(model_name="monitordevice", name="update_update"),
                pgtrigger.migrations.RemoveTrigger(model_name="monitordevice", name="delete_delete"),
                migrations.AddField(
                    model_name="monitordevice",
                    name="chair_since",
                    field=models.DateTimeField(
                        blank=True, help_text="From when on what it measured is of this chair", null=True
                    ),
                ),
                migrations.AddField(
                    model_name="monitordeviceevent",
                    name="chair_since",
                    field=models.DateTimeField(
                        blank=True, help_text="From when on what it measured is of this chair", null=True
                    ),
                ),
            ],
        ),
        clinic.migration_operations.AddTriggers(
            triggers=[
                ("monitordevice", pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "sessions_app_monitordeviceevent" ("active", "chair_id", "chair_since", "clinic_id", "created_at", "id", "identifier", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."active", NEW."chair_id", NEW."chair_since", NEW."clinic_id", NEW."created_at", NEW."id", NEW."identifier", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id"); RETURN NULL;', hash='b9def1136547334d35d562f35ba9558fe5bcca56', operation='INSERT', pgid='pgtrigger_insert_insert_53afc', table='sessions_app_monitordevice', when='AFTER'))),
                ("monitordevice", pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "sessions_app_monitordeviceevent" ("active", "chair_id", "chair_since", "clinic_id", "created_at", "id", "identifier", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."active", NEW."chair_id", NEW."chair_since", NEW."clinic_id", NEW."created_at", NEW."id", NEW."identifier", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;', hash='289fb90350d28a1fe0f55ef62a61c3adc34b2f95', operation='UPDATE', pgid='pgtrigger_update_update_b9468', table='sessions_app_monitordevice', when='AFTER'))),
                ("monitordevice", pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "sessions_app_monitordeviceevent" ("active", "chair_id", "chair_since", "clinic_id", "created_at", "id", "identifier", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."active", OLD."chair_id", OLD."chair_since", OLD."clinic_id", OLD."created_at", OLD."id", OLD."identifier", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id"); RETURN NULL;', hash='1c7ebee8d9b1f52602bb91d99c7021a68c98692e', operation='DELETE', pgid='pgtrigger_delete_delete_911fa', table='sessions_app_monitordevice', when='AFTER'))),
            ],
        ),
        migrations.RunSQL(FROM_THE_HISTORY, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="monitordevice",
            constraint=models.CheckConstraint(
                name="monitor_at_chair_since",
                condition=Q(chair__isnull=True, chair_since__isnull=True)
                | Q(chair__isnull=False, chair_since__isnull=False),
            ),
        ),
        migrations.RunSQL("CALL chairside_heed_triggers();", migrations.RunSQL.noop),
    ]
