"""Whoever takes a start that leaves no time to fast has asked the patient, and the visit keeps when."""

import clinic.migration_operations
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduler', '0013_longer_recovery'),
    ]

    operations = [
        clinic.migration_operations.Together(
            operations=[
                pgtrigger.migrations.RemoveTrigger(
                    model_name='appointment',
                    name='insert_insert',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='appointment',
                    name='update_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='appointment',
                    name='delete_delete',
                ),
                migrations.AddField(
                    model_name='appointment',
                    name='fasting_asked_at',
                    field=models.DateTimeField(blank=True, help_text='Its start was taken so shortly before that whoever took it asked, then, whether the patient had fasted as the protocol says; empty where there was time to.', null=True),
                ),
                migrations.AddField(
                    model_name='appointmentevent',
                    name='fasting_asked_at',
                    field=models.DateTimeField(blank=True, help_text='Its start was taken so shortly before that whoever took it asked, then, whether the patient had fasted as the protocol says; empty where there was time to.', null=True),
                ),
            ],
        ),
        clinic.migration_operations.AddTriggers(
            triggers=[
                ('appointment', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_appointmentevent" ("arrived_at", "booked_by_id", "cancelation_reason", "cancelled_at", "cancelled_late", "claims_changed", "clinic_id", "created_at", "during", "extra_recovery_minutes", "fasting_asked_at", "held_before", "held_until", "id", "patient_id", "patient_status", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "protocol_id", "record_opened_at", "series_id", "status") VALUES (NEW."arrived_at", NEW."booked_by_id", NEW."cancelation_reason", NEW."cancelled_at", NEW."cancelled_late", NEW."claims_changed", NEW."clinic_id", NEW."created_at", NEW."during", NEW."extra_recovery_minutes", NEW."fasting_asked_at", NEW."held_before", NEW."held_until", NEW."id", NEW."patient_id", NEW."patient_status", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."plan_id", NEW."protocol_id", NEW."record_opened_at", NEW."series_id", NEW."status"); RETURN NULL;', hash='9dc95cb6742c034cc69bf56981f007e428632a43', operation='INSERT', pgid='pgtrigger_insert_insert_46d43', table='scheduler_appointment', when='AFTER'))),
                ('appointment', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "scheduler_appointmentevent" ("arrived_at", "booked_by_id", "cancelation_reason", "cancelled_at", "cancelled_late", "claims_changed", "clinic_id", "created_at", "during", "extra_recovery_minutes", "fasting_asked_at", "held_before", "held_until", "id", "patient_id", "patient_status", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "protocol_id", "record_opened_at", "series_id", "status") VALUES (NEW."arrived_at", NEW."booked_by_id", NEW."cancelation_reason", NEW."cancelled_at", NEW."cancelled_late", NEW."claims_changed", NEW."clinic_id", NEW."created_at", NEW."during", NEW."extra_recovery_minutes", NEW."fasting_asked_at", NEW."held_before", NEW."held_until", NEW."id", NEW."patient_id", NEW."patient_status", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."plan_id", NEW."protocol_id", NEW."record_opened_at", NEW."series_id", NEW."status"); RETURN NULL;', hash='7ac41119afa63d99e6a69ace22020ffd788e425f', operation='UPDATE', pgid='pgtrigger_update_update_beb30', table='scheduler_appointment', when='AFTER'))),
                ('appointment', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_appointmentevent" ("arrived_at", "booked_by_id", "cancelation_reason", "cancelled_at", "cancelled_late", "claims_changed", "clinic_id", "created_at", "during", "extra_recovery_minutes", "fasting_asked_at", "held_before", "held_until", "id", "patient_id", "patient_status", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "protocol_id", "record_opened_at", "series_id", "status") VALUES (OLD."arrived_at", OLD."booked_by_id", OLD."cancelation_reason", OLD."cancelled_at", OLD."cancelled_late", OLD."claims_changed", OLD."clinic_id", OLD."created_at", OLD."during", OLD."extra_recovery_minutes", OLD."fasting_asked_at", OLD."held_before", OLD."held_until", OLD."id", OLD."patient_id", OLD."patient_status", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."plan_id", OLD."protocol_id", OLD."record_opened_at", OLD."series_id", OLD."status"); RETURN NULL;', hash='aca597802da4617eca5113c8992c040920bb8605', operation='DELETE', pgid='pgtrigger_delete_delete_8cf34', table='scheduler_appointment', when='AFTER'))),
            ],
        ),
        migrations.RunSQL("CALL chairside_heed_triggers();", migrations.RunSQL.noop),
    ]
