"""A protocol version may say for which ages it is; left empty, it doesn't, and nobody is refused."""

import clinic.migration_operations
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduler', '0014_starts_taken_at_short_notice'),
    ]

    operations = [
        clinic.migration_operations.Together(
            operations=[
                pgtrigger.migrations.RemoveTrigger(
                    model_name='protocol',
                    name='insert_insert',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='protocol',
                    name='update_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='protocol',
                    name='delete_delete',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='protocol',
                    name='protocol_version_immutable',
                ),
                migrations.AddField(
                    model_name='protocol',
                    name='age_max_years',
                    field=models.PositiveSmallIntegerField(blank=True, null=True),
                ),
                migrations.AddField(
                    model_name='protocol',
                    name='age_min_years',
                    field=models.PositiveSmallIntegerField(blank=True, help_text="The youngest whom it is for; empty: the version doesn't say", null=True),
                ),
                migrations.AddField(
                    model_name='protocolevent',
                    name='age_max_years',
                    field=models.PositiveSmallIntegerField(blank=True, null=True),
                ),
                migrations.AddField(
                    model_name='protocolevent',
                    name='age_min_years',
                    field=models.PositiveSmallIntegerField(blank=True, help_text="The youngest whom it is for; empty: the version doesn't say", null=True),
                ),
            ],
        ),
        clinic.migration_operations.AddTriggers(
            triggers=[
                ('protocol', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_protocolevent" ("age_max_years", "age_min_years", "approved_at", "approved_by_id", "chair_features", "checklist", "citation", "clinic_id", "code", "created_at", "dose_basis", "dose_hard_max", "dose_soft_max", "dose_soft_min", "dose_start", "fasting_clear_hours", "fasting_light_meal_hours", "id", "indications", "infusion_least_minutes", "infusion_minutes", "infusion_most_minutes", "infusion_units", "limits", "maintenance_max_days", "maintenance_min_days", "near_baseline_percent", "near_baseline_sets", "observation_minutes", "observation_units", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "preparation_minutes", "preparation_units", "prn_medicines", "rings", "series_max", "series_min", "series_typical", "spacing_max_days", "spacing_min_days", "status", "title", "total_hard_max_mg", "turnover_minutes", "version", "vitals_schedule", "weight_basis", "weight_cap_kg", "weight_valid_days") VALUES (NEW."age_max_years", NEW."age_min_years", NEW."approved_at", NEW."approved_by_id", NEW."chair_features", NEW."checklist", NEW."citation", NEW."clinic_id", NEW."code", NEW."created_at", NEW."dose_basis", NEW."dose_hard_max", NEW."dose_soft_max", NEW."dose_soft_min", NEW."dose_start", NEW."fasting_clear_hours", NEW."fasting_light_meal_hours", NEW."id", NEW."indications", NEW."infusion_least_minutes", NEW."infusion_minutes", NEW."infusion_most_minutes", NEW."infusion_units", NEW."limits", NEW."maintenance_max_days", NEW."maintenance_min_days", NEW."near_baseline_percent", NEW."near_baseline_sets", NEW."observation_minutes", NEW."observation_units", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."preparation_minutes", NEW."preparation_units", NEW."prn_medicines", NEW."rings", NEW."series_max", NEW."series_min", NEW."series_typical", NEW."spacing_max_days", NEW."spacing_min_days", NEW."status", NEW."title", NEW."total_hard_max_mg", NEW."turnover_minutes", NEW."version", NEW."vitals_schedule", NEW."weight_basis", NEW."weight_cap_kg", NEW."weight_valid_days"); RETURN NULL;', hash='4fdd53dd86884d7d98dbb1f365b46a85ac0cd40b', operation='INSERT', pgid='pgtrigger_insert_insert_35d24', table='scheduler_protocol', when='AFTER'))),
                ('protocol', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "scheduler_protocolevent" ("age_max_years", "age_min_years", "approved_at", "approved_by_id", "chair_features", "checklist", "citation", "clinic_id", "code", "created_at", "dose_basis", "dose_hard_max", "dose_soft_max", "dose_soft_min", "dose_start", "fasting_clear_hours", "fasting_light_meal_hours", "id", "indications", "infusion_least_minutes", "infusion_minutes", "infusion_most_minutes", "infusion_units", "limits", "maintenance_max_days", "maintenance_min_days", "near_baseline_percent", "near_baseline_sets", "observation_minutes", "observation_units", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "preparation_minutes", "preparation_units", "prn_medicines", "rings", "series_max", "series_min", "series_typical", "spacing_max_days", "spacing_min_days", "status", "title", "total_hard_max_mg", "turnover_minutes", "version", "vitals_schedule", "weight_basis", "weight_cap_kg", "weight_valid_days") VALUES (NEW."age_max_years", NEW."age_min_years", NEW."approved_at", NEW."approved_by_id", NEW."chair_features", NEW."checklist", NEW."citation", NEW."clinic_id", NEW."code", NEW."created_at", NEW."dose_basis", NEW."dose_hard_max", NEW."dose_soft_max", NEW."dose_soft_min", NEW."dose_start", NEW."fasting_clear_hours", NEW."fasting_light_meal_hours", NEW."id", NEW."indications", NEW."infusion_least_minutes", NEW."infusion_minutes", NEW."infusion_most_minutes", NEW."infusion_units", NEW."limits", NEW."maintenance_max_days", NEW."maintenance_min_days", NEW."near_baseline_percent", NEW."near_baseline_sets", NEW."observation_minutes", NEW."observation_units", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."preparation_minutes", NEW."preparation_units", NEW."prn_medicines", NEW."rings", NEW."series_max", NEW."series_min", NEW."series_typical", NEW."spacing_max_days", NEW."spacing_min_days", NEW."status", NEW."title", NEW."total_hard_max_mg", NEW."turnover_minutes", NEW."version", NEW."vitals_schedule", NEW."weight_basis", NEW."weight_cap_kg", NEW."weight_valid_days"); RETURN NULL;', hash='5021ac04f7df90ebee19ee35399e3c5990c8b0a6', operation='UPDATE', pgid='pgtrigger_update_update_99188', table='scheduler_protocol', when='AFTER'))),
                ('protocol', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_protocolevent" ("age_max_years", "age_min_years", "approved_at", "approved_by_id", "chair_features", "checklist", "citation", "clinic_id", "code", "created_at", "dose_basis", "dose_hard_max", "dose_soft_max", "dose_soft_min", "dose_start", "fasting_clear_hours", "fasting_light_meal_hours", "id", "indications", "infusion_least_minutes", "infusion_minutes", "infusion_most_minutes", "infusion_units", "limits", "maintenance_max_days", "maintenance_min_days", "near_baseline_percent", "near_baseline_sets", "observation_minutes", "observation_units", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "preparation_minutes", "preparation_units", "prn_medicines", "rings", "series_max", "series_min", "series_typical", "spacing_max_days", "spacing_min_days", "status", "title", "total_hard_max_mg", "turnover_minutes", "version", "vitals_schedule", "weight_basis", "weight_cap_kg", "weight_valid_days") VALUES (OLD."age_max_years", OLD."age_min_years", OLD."approved_at", OLD."approved_by_id", OLD."chair_features", OLD."checklist", OLD."citation", OLD."clinic_id", OLD."code", OLD."created_at", OLD."dose_basis", OLD."dose_hard_max", OLD."dose_soft_max", OLD."dose_soft_min", OLD."dose_start", OLD."fasting_clear_hours", OLD."fasting_light_meal_hours", OLD."id", OLD."indications", OLD."infusion_least_minutes", OLD."infusion_minutes", OLD."infusion_most_minutes", OLD."infusion_units", OLD."limits", OLD."maintenance_max_days", OLD."maintenance_min_days", OLD."near_baseline_percent", OLD."near_baseline_sets", OLD."observation_minutes", OLD."observation_units", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."preparation_minutes", OLD."preparation_units", OLD."prn_medicines", OLD."rings", OLD."series_max", OLD."series_min", OLD."series_typical", OLD."spacing_max_days", OLD."spacing_min_days", OLD."status", OLD."title", OLD."total_hard_max_mg", OLD."turnover_minutes", OLD."version", OLD."vitals_schedule", OLD."weight_basis", OLD."weight_cap_kg", OLD."weight_valid_days"); RETURN NULL;', hash='a1ddfbaeb6712aa3944b85765b45dcdda2faf773', operation='DELETE', pgid='pgtrigger_delete_delete_eed46', table='scheduler_protocol', when='AFTER'))),
                ('protocol', pgtrigger.compiler.Trigger(name='protocol_version_immutable', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."clinic_id" IS DISTINCT FROM (NEW."clinic_id") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."indications" IS DISTINCT FROM (NEW."indications") OR OLD."age_min_years" IS DISTINCT FROM (NEW."age_min_years") OR OLD."age_max_years" IS DISTINCT FROM (NEW."age_max_years") OR OLD."dose_basis" IS DISTINCT FROM (NEW."dose_basis") OR OLD."dose_start" IS DISTINCT FROM (NEW."dose_start") OR OLD."dose_soft_min" IS DISTINCT FROM (NEW."dose_soft_min") OR OLD."dose_soft_max" IS DISTINCT FROM (NEW."dose_soft_max") OR OLD."dose_hard_max" IS DISTINCT FROM (NEW."dose_hard_max") OR OLD."total_hard_max_mg" IS DISTINCT FROM (NEW."total_hard_max_mg") OR OLD."weight_basis" IS DISTINCT FROM (NEW."weight_basis") OR OLD."weight_cap_kg" IS DISTINCT FROM (NEW."weight_cap_kg") OR OLD."weight_valid_days" IS DISTINCT FROM (NEW."weight_valid_days") OR OLD."preparation_minutes" IS DISTINCT FROM (NEW."preparation_minutes") OR OLD."infusion_minutes" IS DISTINCT FROM (NEW."infusion_minutes") OR OLD."infusion_least_minutes" IS DISTINCT FROM (NEW."infusion_least_minutes") OR OLD."infusion_most_minutes" IS DISTINCT FROM (NEW."infusion_most_minutes") OR OLD."observation_minutes" IS DISTINCT FROM (NEW."observation_minutes") OR OLD."turnover_minutes" IS DISTINCT FROM (NEW."turnover_minutes") OR OLD."preparation_units" IS DISTINCT FROM (NEW."preparation_units") OR OLD."infusion_units" IS DISTINCT FROM (NEW."infusion_units") OR OLD."observation_units" IS DISTINCT FROM (NEW."observation_units") OR OLD."fasting_clear_hours" IS DISTINCT FROM (NEW."fasting_clear_hours") OR OLD."fasting_light_meal_hours" IS DISTINCT FROM (NEW."fasting_light_meal_hours") OR OLD."series_min" IS DISTINCT FROM (NEW."series_min") OR OLD."series_typical" IS DISTINCT FROM (NEW."series_typical") OR OLD."series_max" IS DISTINCT FROM (NEW."series_max") OR OLD."spacing_min_days" IS DISTINCT FROM (NEW."spacing_min_days") OR OLD."spacing_max_days" IS DISTINCT FROM (NEW."spacing_max_days") OR OLD."maintenance_min_days" IS DISTINCT FROM (NEW."maintenance_min_days") OR OLD."maintenance_max_days" IS DISTINCT FROM (NEW."maintenance_max_days") OR OLD."chair_features" IS DISTINCT FROM (NEW."chair_features") OR OLD."vitals_schedule" IS DISTINCT FROM (NEW."vitals_schedule") OR OLD."limits" IS DISTINCT FROM (NEW."limits") OR OLD."rings" IS DISTINCT FROM (NEW."rings") OR OLD."checklist" IS DISTINCT FROM (NEW."checklist") OR OLD."prn_medicines" IS DISTINCT FROM (NEW."prn_medicines") OR OLD."near_baseline_percent" IS DISTINCT FROM (NEW."near_baseline_percent") OR OLD."near_baseline_sets" IS DISTINCT FROM (NEW."near_baseline_sets") OR OLD."citation" IS DISTINCT FROM (NEW."citation"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='a618721d636c7b33cb259eb2392a0bbfbdb526c7', operation='UPDATE', pgid='pgtrigger_protocol_version_immutable_7efb0', table='scheduler_protocol', when='BEFORE'))),
            ],
        ),
        migrations.AddConstraint(
            model_name='protocol',
            constraint=models.CheckConstraint(condition=models.Q(('age_max_years__gte', models.F('age_min_years'))), name='protocol_ages_ordered'),
        ),
        migrations.RunSQL("CALL chairside_heed_triggers();", migrations.RunSQL.noop),
    ]
