"""A visit's recovery may be made longer than its protocol says."""

import clinic.migration_operations
import django.db.models.expressions
import django.db.models.lookups
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0008_patients_by_digits_and_email'),
        ('scheduler', '0012_usual_minutes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
                    name='extra_recovery_minutes',
                    field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='How much longer than its protocol says the chair and its nurse are kept for recovery.'),
                ),
                migrations.AddField(
                    model_name='appointmentevent',
                    name='extra_recovery_minutes',
                    field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='How much longer than its protocol says the chair and its nurse are kept for recovery.'),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('extra_recovery_minutes__lte', 240), django.db.models.lookups.Exact(django.db.models.expressions.CombinedExpression(models.F('extra_recovery_minutes'), '%%', models.Value(5)), 0)), name='appointment_extra_recovery_bounded'),
        ),
        clinic.migration_operations.AddTriggers(
            triggers=[
                ('appointment', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_appointmentevent" ("arrived_at", "booked_by_id", "cancelation_reason", "cancelled_at", "cancelled_late", "claims_changed", "clinic_id", "created_at", "during", "extra_recovery_minutes", "held_before", "held_until", "id", "patient_id", "patient_status", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "protocol_id", "record_opened_at", "series_id", "status") VALUES (NEW."arrived_at", NEW."booked_by_id", NEW."cancelation_reason", NEW."cancelled_at", NEW."cancelled_late", NEW."claims_changed", NEW."clinic_id", NEW."created_at", NEW."during", NEW."extra_recovery_minutes", NEW."held_before", NEW."held_until", NEW."id", NEW."patient_id", NEW."patient_status", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."plan_id", NEW."protocol_id", NEW."record_opened_at", NEW."series_id", NEW."status"); RETURN NULL;', hash='6c6d93f224b9d615c0a1936857c77434e7b2b0ea', operation='INSERT', pgid='pgtrigger_insert_insert_46d43', table='scheduler_appointment', when='AFTER'))),
                ('appointment', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "scheduler_appointmentevent" ("arrived_at", "booked_by_id", "cancelation_reason", "cancelled_at", "cancelled_late", "claims_changed", "clinic_id", "created_at", "during", "extra_recovery_minutes", "held_before", "held_until", "id", "patient_id", "patient_status", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "protocol_id", "record_opened_at", "series_id", "status") VALUES (NEW."arrived_at", NEW."booked_by_id", NEW."cancelation_reason", NEW."cancelled_at", NEW."cancelled_late", NEW."claims_changed", NEW."clinic_id", NEW."created_at", NEW."during", NEW."extra_recovery_minutes", NEW."held_before", NEW."held_until", NEW."id", NEW."patient_id", NEW."patient_status", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."plan_id", NEW."protocol_id", NEW."record_opened_at", NEW."series_id", NEW."status"); RETURN NULL;', hash='dd85381bae38631397ebe0ba6a1e981ec31a464f', operation='UPDATE', pgid='pgtrigger_update_update_beb30', table='scheduler_appointment', when='AFTER'))),
                ('appointment', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_appointmentevent" ("arrived_at", "booked_by_id", "cancelation_reason", "cancelled_at", "cancelled_late", "claims_changed", "clinic_id", "created_at", "during", "extra_recovery_minutes", "held_before", "held_until", "id", "patient_id", "patient_status", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "protocol_id", "record_opened_at", "series_id", "status") VALUES (OLD."arrived_at", OLD."booked_by_id", OLD."cancelation_reason", OLD."cancelled_at", OLD."cancelled_late", OLD."claims_changed", OLD."clinic_id", OLD."created_at", OLD."during", OLD."extra_recovery_minutes", OLD."held_before", OLD."held_until", OLD."id", OLD."patient_id", OLD."patient_status", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."plan_id", OLD."protocol_id", OLD."record_opened_at", OLD."series_id", OLD."status"); RETURN NULL;', hash='e9dc290e3bd77ec18ca439815fe5cf137a62f392', operation='DELETE', pgid='pgtrigger_delete_delete_8cf34', table='scheduler_appointment', when='AFTER'))),
            ],
        ),
        migrations.RunSQL("CALL chairside_heed_triggers();", migrations.RunSQL.noop),
    ]
