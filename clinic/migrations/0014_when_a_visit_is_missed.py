"""How long after its start a visit can be marked as missed; 0, as before: from its start on."""

import clinic.migration_operations
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0013_sign_ins_and_looks'),
    ]

    operations = [
        clinic.migration_operations.Together(
            operations=[
                pgtrigger.migrations.RemoveTrigger(
                    model_name='clinic',
                    name='insert_insert',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='clinic',
                    name='update_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='clinic',
                    name='delete_delete',
                ),
                migrations.AddField(
                    model_name='clinic',
                    name='no_show_after_minutes',
                    field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='So long after its start a visit can be marked as missed; 0: from its start on.'),
                ),
                migrations.AddField(
                    model_name='clinicevent',
                    name='no_show_after_minutes',
                    field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='So long after its start a visit can be marked as missed; 0: from its start on.'),
                ),
            ],
        ),
        clinic.migration_operations.AddTriggers(
            triggers=[
                ('clinic', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "clinic_clinicevent" ("address", "created_at", "feeds_show_names", "hold_minutes", "holiday_calendar", "id", "late_cancellation_hours", "name", "no_show_after_minutes", "offer_minutes", "opening_horizon_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "sender_name", "synthetic", "time_zone") VALUES (NEW."address", NEW."created_at", NEW."feeds_show_names", NEW."hold_minutes", NEW."holiday_calendar", NEW."id", NEW."late_cancellation_hours", NEW."name", NEW."no_show_after_minutes", NEW."offer_minutes", NEW."opening_horizon_days", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."sender_name", NEW."synthetic", NEW."time_zone"); RETURN NULL;', hash='43cf0f5a091e954df5dae093238404d73801310f', operation='INSERT', pgid='pgtrigger_insert_insert_89e20', table='clinic_clinic', when='AFTER'))),
                ('clinic', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "clinic_clinicevent" ("address", "created_at", "feeds_show_names", "hold_minutes", "holiday_calendar", "id", "late_cancellation_hours", "name", "no_show_after_minutes", "offer_minutes", "opening_horizon_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "sender_name", "synthetic", "time_zone") VALUES (NEW."address", NEW."created_at", NEW."feeds_show_names", NEW."hold_minutes", NEW."holiday_calendar", NEW."id", NEW."late_cancellation_hours", NEW."name", NEW."no_show_after_minutes", NEW."offer_minutes", NEW."opening_horizon_days", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."sender_name", NEW."synthetic", NEW."time_zone"); RETURN NULL;', hash='cb56a58d5e33f60e088a666387bd7cb60ebae881', operation='UPDATE', pgid='pgtrigger_update_update_20361', table='clinic_clinic', when='AFTER'))),
                ('clinic', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "clinic_clinicevent" ("address", "created_at", "feeds_show_names", "hold_minutes", "holiday_calendar", "id", "late_cancellation_hours", "name", "no_show_after_minutes", "offer_minutes", "opening_horizon_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "sender_name", "synthetic", "time_zone") VALUES (OLD."address", OLD."created_at", OLD."feeds_show_names", OLD."hold_minutes", OLD."holiday_calendar", OLD."id", OLD."late_cancellation_hours", OLD."name", OLD."no_show_after_minutes", OLD."offer_minutes", OLD."opening_horizon_days", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."phone", OLD."sender_name", OLD."synthetic", OLD."time_zone"); RETURN NULL;', hash='66f967d9f12f4fde236caf3e183dda4d50d10adc', operation='DELETE', pgid='pgtrigger_delete_delete_b174d', table='clinic_clinic', when='AFTER'))),
            ],
        ),
        migrations.RunSQL("CALL chairside_heed_triggers();", migrations.RunSQL.noop),
    ]
