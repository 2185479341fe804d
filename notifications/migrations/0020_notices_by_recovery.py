"""A notice remembers by how much longer than its version says it told that the visit takes."""

import clinic.migration_operations
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0019_notices_by_version'),
    ]

    operations = [
        clinic.migration_operations.Together(
            operations=[
                pgtrigger.migrations.RemoveTrigger(
                    model_name='message',
                    name='insert_insert',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='message',
                    name='update_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='message',
                    name='delete_delete',
                ),
                migrations.AddField(
                    model_name='message',
                    name='extra_recovery_minutes',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Of a notice: by how much longer than that version says it tells that the visit takes', null=True),
                ),
                migrations.AddField(
                    model_name='messageevent',
                    name='extra_recovery_minutes',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Of a notice: by how much longer than that version says it tells that the visit takes', null=True),
                ),
            ],
        ),
        clinic.migration_operations.AddTriggers(
            triggers=[
                ('message', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "notifications_messageevent" ("again_of_id", "appointment_id", "carried_by_id", "clinic_id", "created_at", "delivered_at", "due_at", "extra_recovery_minutes", "form", "id", "in_answer_to_id", "instead_of", "key", "kind", "lease_token", "lease_until", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "protocol_id", "reason", "sent_at", "stage", "stale_at", "status", "text", "urgent", "user_id", "visit_starts_at", "work_item_id", "written_by_id") VALUES (NEW."again_of_id", NEW."appointment_id", NEW."carried_by_id", NEW."clinic_id", NEW."created_at", NEW."delivered_at", NEW."due_at", NEW."extra_recovery_minutes", NEW."form", NEW."id", NEW."in_answer_to_id", NEW."instead_of", NEW."key", NEW."kind", NEW."lease_token", NEW."lease_until", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."protocol_id", NEW."reason", NEW."sent_at", NEW."stage", NEW."stale_at", NEW."status", NEW."text", NEW."urgent", NEW."user_id", NEW."visit_starts_at", NEW."work_item_id", NEW."written_by_id"); RETURN NULL;', hash='861ad32164b728fdaccdbfa10a08fdb24e361cfc', operation='INSERT', pgid='pgtrigger_insert_insert_ba174', table='notifications_message', when='AFTER'))),
                ('message', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "notifications_messageevent" ("again_of_id", "appointment_id", "carried_by_id", "clinic_id", "created_at", "delivered_at", "due_at", "extra_recovery_minutes", "form", "id", "in_answer_to_id", "instead_of", "key", "kind", "lease_token", "lease_until", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "protocol_id", "reason", "sent_at", "stage", "stale_at", "status", "text", "urgent", "user_id", "visit_starts_at", "work_item_id", "written_by_id") VALUES (NEW."again_of_id", NEW."appointment_id", NEW."carried_by_id", NEW."clinic_id", NEW."created_at", NEW."delivered_at", NEW."due_at", NEW."extra_recovery_minutes", NEW."form", NEW."id", NEW."in_answer_to_id", NEW."instead_of", NEW."key", NEW."kind", NEW."lease_token", NEW."lease_until", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."protocol_id", NEW."reason", NEW."sent_at", NEW."stage", NEW."stale_at", NEW."status", NEW."text", NEW."urgent", NEW."user_id", NEW."visit_starts_at", NEW."work_item_id", NEW."written_by_id"); RETURN NULL;', hash='08d0492350afb7865bf6168b7f8c3774e3c4527a', operation='UPDATE', pgid='pgtrigger_update_update_14055', table='notifications_message', when='AFTER'))),
                ('message', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "notifications_messageevent" ("again_of_id", "appointment_id", "carried_by_id", "clinic_id", "created_at", "delivered_at", "due_at", "extra_recovery_minutes", "form", "id", "in_answer_to_id", "instead_of", "key", "kind", "lease_token", "lease_until", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "protocol_id", "reason", "sent_at", "stage", "stale_at", "status", "text", "urgent", "user_id", "visit_starts_at", "work_item_id", "written_by_id") VALUES (OLD."again_of_id", OLD."appointment_id", OLD."carried_by_id", OLD."clinic_id", OLD."created_at", OLD."delivered_at", OLD."due_at", OLD."extra_recovery_minutes", OLD."form", OLD."id", OLD."in_answer_to_id", OLD."instead_of", OLD."key", OLD."kind", OLD."lease_token", OLD."lease_until", OLD."patient_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."protocol_id", OLD."reason", OLD."sent_at", OLD."stage", OLD."stale_at", OLD."status", OLD."text", OLD."urgent", OLD."user_id", OLD."visit_starts_at", OLD."work_item_id", OLD."written_by_id"); RETURN NULL;', hash='2ba40cdd1ede4756a9bb376ee119305f98da589b', operation='DELETE', pgid='pgtrigger_delete_delete_5ca1a', table='notifications_message', when='AFTER'))),
            ],
        ),
        migrations.RunSQL("CALL chairside_heed_triggers();", migrations.RunSQL.noop),
    ]
