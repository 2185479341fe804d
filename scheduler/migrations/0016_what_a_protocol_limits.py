"""The figures of domain.md 2.2 that a version couldn't say yet, all empty unless a prescriber fills them; and how a
plan's course ended, by a short list."""

import clinic.migration_operations
import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0012_ways_in'),
        ('scheduler', '0015_ages_of_a_protocol'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
                pgtrigger.migrations.RemoveTrigger(
                    model_name='treatmentplan',
                    name='insert_insert',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='treatmentplan',
                    name='update_update',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='treatmentplan',
                    name='delete_delete',
                ),
                migrations.AddField(
                    model_name='protocol',
                    name='bag_volumes_ml',
                    field=django.contrib.postgres.fields.ArrayField(base_field=models.DecimalField(decimal_places=1, max_digits=6), blank=True, default=list, help_text="The bags' final volumes that may be prepared; empty: any", size=None),
                ),
                migrations.AddField(
                    model_name='protocol',
                    name='dose_hard_min',
                    field=models.DecimalField(blank=True, decimal_places=3, help_text='A dose below it is refused; empty: any above 0 may be ordered', max_digits=7, null=True),
                ),
                migrations.AddField(
                    model_name='protocol',
                    name='liver_test_after_mg',
                    field=models.PositiveIntegerField(blank=True, help_text='Mg given in all after which liver tests are asked for; empty: never', null=True),
                ),
                migrations.AddField(
                    model_name='protocol',
                    name='most_per_week',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Most sessions of a patient from a Monday to its Sunday; empty: no such limit', null=True),
                ),
                migrations.AddField(
                    model_name='protocol',
                    name='most_per_year',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Most sessions of a patient in any 365 days; empty: no such limit', null=True),
                ),
                migrations.AddField(
                    model_name='protocol',
                    name='reconsent_after_days',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='How many days a consent to treatment counts for; empty: until it is revoked', null=True),
                ),
                migrations.AddField(
                    model_name='protocol',
                    name='review_after_sessions',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Infusions without a response after which a prescriber decides on the next; empty: none', null=True),
                ),
                migrations.AddField(
                    model_name='protocol',
                    name='stock_strengths_mg_per_ml',
                    field=django.contrib.postgres.fields.ArrayField(base_field=models.DecimalField(decimal_places=1, max_digits=5), blank=True, default=list, help_text='The vials that may be drawn from; empty: every strength that there is', size=None),
                ),
                migrations.AddField(
                    model_name='protocol',
                    name='total_soft_min_mg',
                    field=models.DecimalField(blank=True, decimal_places=1, help_text="Fewest mg that one session usually comes to; empty: the version doesn't say", max_digits=7, null=True),
                ),
                migrations.AddField(
                    model_name='protocolevent',
                    name='bag_volumes_ml',
                    field=django.contrib.postgres.fields.ArrayField(base_field=models.DecimalField(decimal_places=1, max_digits=6), blank=True, default=list, help_text="The bags' final volumes that may be prepared; empty: any", size=None),
                ),
                migrations.AddField(
                    model_name='protocolevent',
                    name='dose_hard_min',
                    field=models.DecimalField(blank=True, decimal_places=3, help_text='A dose below it is refused; empty: any above 0 may be ordered', max_digits=7, null=True),
                ),
                migrations.AddField(
                    model_name='protocolevent',
                    name='liver_test_after_mg',
                    field=models.PositiveIntegerField(blank=True, help_text='Mg given in all after which liver tests are asked for; empty: never', null=True),
                ),
                migrations.AddField(
                    model_name='protocolevent',
                    name='most_per_week',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Most sessions of a patient from a Monday to its Sunday; empty: no such limit', null=True),
                ),
                migrations.AddField(
                    model_name='protocolevent',
                    name='most_per_year',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Most sessions of a patient in any 365 days; empty: no such limit', null=True),
                ),
                migrations.AddField(
                    model_name='protocolevent',
                    name='reconsent_after_days',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='How many days a consent to treatment counts for; empty: until it is revoked', null=True),
                ),
                migrations.AddField(
                    model_name='protocolevent',
                    name='review_after_sessions',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Infusions without a response after which a prescriber decides on the next; empty: none', null=True),
                ),
                migrations.AddField(
                    model_name='protocolevent',
                    name='stock_strengths_mg_per_ml',
                    field=django.contrib.postgres.fields.ArrayField(base_field=models.DecimalField(decimal_places=1, max_digits=5), blank=True, default=list, help_text='The vials that may be drawn from; empty: every strength that there is', size=None),
                ),
                migrations.AddField(
                    model_name='protocolevent',
                    name='total_soft_min_mg',
                    field=models.DecimalField(blank=True, decimal_places=1, help_text="Fewest mg that one session usually comes to; empty: the version doesn't say", max_digits=7, null=True),
                ),
                migrations.AddField(
                    model_name='treatmentplan',
                    name='end_reason',
                    field=models.CharField(blank=True, choices=[('completed', 'Completed'), ('no-response', 'No response'), ('adverse-event', 'Adverse event'), ('lost-to-follow-up', 'Lost to follow-up'), ('transferred', 'Transferred to another clinic'), ('other', 'Another reason')], default='', help_text='Empty while the plan stands, and of one that ended before reasons were listed', max_length=20),
                ),
                migrations.AddField(
                    model_name='treatmentplanevent',
                    name='end_reason',
                    field=models.CharField(blank=True, choices=[('completed', 'Completed'), ('no-response', 'No response'), ('adverse-event', 'Adverse event'), ('lost-to-follow-up', 'Lost to follow-up'), ('transferred', 'Transferred to another clinic'), ('other', 'Another reason')], default='', help_text='Empty while the plan stands, and of one that ended before reasons were listed', max_length=20),
                ),
            ],
        ),
        clinic.migration_operations.AddTriggers(
            triggers=[
                ('protocol', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_protocolevent" ("age_max_years", "age_min_years", "approved_at", "approved_by_id", "bag_volumes_ml", "chair_features", "checklist", "citation", "clinic_id", "code", "created_at", "dose_basis", "dose_hard_max", "dose_hard_min", "dose_soft_max", "dose_soft_min", "dose_start", "fasting_clear_hours", "fasting_light_meal_hours", "id", "indications", "infusion_least_minutes", "infusion_minutes", "infusion_most_minutes", "infusion_units", "limits", "liver_test_after_mg", "maintenance_max_days", "maintenance_min_days", "most_per_week", "most_per_year", "near_baseline_percent", "near_baseline_sets", "observation_minutes", "observation_units", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "preparation_minutes", "preparation_units", "prn_medicines", "reconsent_after_days", "review_after_sessions", "rings", "series_max", "series_min", "series_typical", "spacing_max_days", "spacing_min_days", "status", "stock_strengths_mg_per_ml", "title", "total_hard_max_mg", "total_soft_min_mg", "turnover_minutes", "version", "vitals_schedule", "weight_basis", "weight_cap_kg", "weight_valid_days") VALUES (NEW."age_max_years", NEW."age_min_years", NEW."approved_at", NEW."approved_by_id", NEW."bag_volumes_ml", NEW."chair_features", NEW."checklist", NEW."citation", NEW."clinic_id", NEW."code", NEW."created_at", NEW."dose_basis", NEW."dose_hard_max", NEW."dose_hard_min", NEW."dose_soft_max", NEW."dose_soft_min", NEW."dose_start", NEW."fasting_clear_hours", NEW."fasting_light_meal_hours", NEW."id", NEW."indications", NEW."infusion_least_minutes", NEW."infusion_minutes", NEW."infusion_most_minutes", NEW."infusion_units", NEW."limits", NEW."liver_test_after_mg", NEW."maintenance_max_days", NEW."maintenance_min_days", NEW."most_per_week", NEW."most_per_year", NEW."near_baseline_percent", NEW."near_baseline_sets", NEW."observation_minutes", NEW."observation_units", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."preparation_minutes", NEW."preparation_units", NEW."prn_medicines", NEW."reconsent_after_days", NEW."review_after_sessions", NEW."rings", NEW."series_max", NEW."series_min", NEW."series_typical", NEW."spacing_max_days", NEW."spacing_min_days", NEW."status", NEW."stock_strengths_mg_per_ml", NEW."title", NEW."total_hard_max_mg", NEW."total_soft_min_mg", NEW."turnover_minutes", NEW."version", NEW."vitals_schedule", NEW."weight_basis", NEW."weight_cap_kg", NEW."weight_valid_days"); RETURN NULL;', hash='e93ea7ed56928cfccf7ff2f78b3f313b29e107c0', operation='INSERT', pgid='pgtrigger_insert_insert_35d24', table='scheduler_protocol', when='AFTER'))),
                ('protocol', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "scheduler_protocolevent" ("age_max_years", "age_min_years", "approved_at", "approved_by_id", "bag_volumes_ml", "chair_features", "checklist", "citation", "clinic_id", "code", "created_at", "dose_basis", "dose_hard_max", "dose_hard_min", "dose_soft_max", "dose_soft_min", "dose_start", "fasting_clear_hours", "fasting_light_meal_hours", "id", "indications", "infusion_least_minutes", "infusion_minutes", "infusion_most_minutes", "infusion_units", "limits", "liver_test_after_mg", "maintenance_max_days", "maintenance_min_days", "most_per_week", "most_per_year", "near_baseline_percent", "near_baseline_sets", "observation_minutes", "observation_units", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "preparation_minutes", "preparation_units", "prn_medicines", "reconsent_after_days", "review_after_sessions", "rings", "series_max", "series_min", "series_typical", "spacing_max_days", "spacing_min_days", "status", "stock_strengths_mg_per_ml", "title", "total_hard_max_mg", "total_soft_min_mg", "turnover_minutes", "version", "vitals_schedule", "weight_basis", "weight_cap_kg", "weight_valid_days") VALUES (NEW."age_max_years", NEW."age_min_years", NEW."approved_at", NEW."approved_by_id", NEW."bag_volumes_ml", NEW."chair_features", NEW."checklist", NEW."citation", NEW."clinic_id", NEW."code", NEW."created_at", NEW."dose_basis", NEW."dose_hard_max", NEW."dose_hard_min", NEW."dose_soft_max", NEW."dose_soft_min", NEW."dose_start", NEW."fasting_clear_hours", NEW."fasting_light_meal_hours", NEW."id", NEW."indications", NEW."infusion_least_minutes", NEW."infusion_minutes", NEW."infusion_most_minutes", NEW."infusion_units", NEW."limits", NEW."liver_test_after_mg", NEW."maintenance_max_days", NEW."maintenance_min_days", NEW."most_per_week", NEW."most_per_year", NEW."near_baseline_percent", NEW."near_baseline_sets", NEW."observation_minutes", NEW."observation_units", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."preparation_minutes", NEW."preparation_units", NEW."prn_medicines", NEW."reconsent_after_days", NEW."review_after_sessions", NEW."rings", NEW."series_max", NEW."series_min", NEW."series_typical", NEW."spacing_max_days", NEW."spacing_min_days", NEW."status", NEW."stock_strengths_mg_per_ml", NEW."title", NEW."total_hard_max_mg", NEW."total_soft_min_mg", NEW."turnover_minutes", NEW."version", NEW."vitals_schedule", NEW."weight_basis", NEW."weight_cap_kg", NEW."weight_valid_days"); RETURN NULL;', hash='2a6b00d5ac27ce63e3d918e66f59b7dc19e3de8e', operation='UPDATE', pgid='pgtrigger_update_update_99188', table='scheduler_protocol', when='AFTER'))),
                ('protocol', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_protocolevent" ("age_max_years", "age_min_years", "approved_at", "approved_by_id", "bag_volumes_ml", "chair_features", "checklist", "citation", "clinic_id", "code", "created_at", "dose_basis", "dose_hard_max", "dose_hard_min", "dose_soft_max", "dose_soft_min", "dose_start", "fasting_clear_hours", "fasting_light_meal_hours", "id", "indications", "infusion_least_minutes", "infusion_minutes", "infusion_most_minutes", "infusion_units", "limits", "liver_test_after_mg", "maintenance_max_days", "maintenance_min_days", "most_per_week", "most_per_year", "near_baseline_percent", "near_baseline_sets", "observation_minutes", "observation_units", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "preparation_minutes", "preparation_units", "prn_medicines", "reconsent_after_days", "review_after_sessions", "rings", "series_max", "series_min", "series_typical", "spacing_max_days", "spacing_min_days", "status", "stock_strengths_mg_per_ml", "title", "total_hard_max_mg", "total_soft_min_mg", "turnover_minutes", "version", "vitals_schedule", "weight_basis", "weight_cap_kg", "weight_valid_days") VALUES (OLD."age_max_years", OLD."age_min_years", OLD."approved_at", OLD."approved_by_id", OLD."bag_volumes_ml", OLD."chair_features", OLD."checklist", OLD."citation", OLD."clinic_id", OLD."code", OLD."created_at", OLD."dose_basis", OLD."dose_hard_max", OLD."dose_hard_min", OLD."dose_soft_max", OLD."dose_soft_min", OLD."dose_start", OLD."fasting_clear_hours", OLD."fasting_light_meal_hours", OLD."id", OLD."indications", OLD."infusion_least_minutes", OLD."infusion_minutes", OLD."infusion_most_minutes", OLD."infusion_units", OLD."limits", OLD."liver_test_after_mg", OLD."maintenance_max_days", OLD."maintenance_min_days", OLD."most_per_week", OLD."most_per_year", OLD."near_baseline_percent", OLD."near_baseline_sets", OLD."observation_minutes", OLD."observation_units", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."preparation_minutes", OLD."preparation_units", OLD."prn_medicines", OLD."reconsent_after_days", OLD."review_after_sessions", OLD."rings", OLD."series_max", OLD."series_min", OLD."series_typical", OLD."spacing_max_days", OLD."spacing_min_days", OLD."status", OLD."stock_strengths_mg_per_ml", OLD."title", OLD."total_hard_max_mg", OLD."total_soft_min_mg", OLD."turnover_minutes", OLD."version", OLD."vitals_schedule", OLD."weight_basis", OLD."weight_cap_kg", OLD."weight_valid_days"); RETURN NULL;', hash='defd2f27d07016873435ed608a9488800e4488c5', operation='DELETE', pgid='pgtrigger_delete_delete_eed46', table='scheduler_protocol', when='AFTER'))),
                ('protocol', pgtrigger.compiler.Trigger(name='protocol_version_immutable', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."clinic_id" IS DISTINCT FROM (NEW."clinic_id") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."indications" IS DISTINCT FROM (NEW."indications") OR OLD."age_min_years" IS DISTINCT FROM (NEW."age_min_years") OR OLD."age_max_years" IS DISTINCT FROM (NEW."age_max_years") OR OLD."dose_basis" IS DISTINCT FROM (NEW."dose_basis") OR OLD."dose_start" IS DISTINCT FROM (NEW."dose_start") OR OLD."dose_soft_min" IS DISTINCT FROM (NEW."dose_soft_min") OR OLD."dose_soft_max" IS DISTINCT FROM (NEW."dose_soft_max") OR OLD."dose_hard_max" IS DISTINCT FROM (NEW."dose_hard_max") OR OLD."dose_hard_min" IS DISTINCT FROM (NEW."dose_hard_min") OR OLD."total_hard_max_mg" IS DISTINCT FROM (NEW."total_hard_max_mg") OR OLD."total_soft_min_mg" IS DISTINCT FROM (NEW."total_soft_min_mg") OR OLD."stock_strengths_mg_per_ml" IS DISTINCT FROM (NEW."stock_strengths_mg_per_ml") OR OLD."bag_volumes_ml" IS DISTINCT FROM (NEW."bag_volumes_ml") OR OLD."weight_basis" IS DISTINCT FROM (NEW."weight_basis") OR OLD."weight_cap_kg" IS DISTINCT FROM (NEW."weight_cap_kg") OR OLD."weight_valid_days" IS DISTINCT FROM (NEW."weight_valid_days") OR OLD."preparation_minutes" IS DISTINCT FROM (NEW."preparation_minutes") OR OLD."infusion_minutes" IS DISTINCT FROM (NEW."infusion_minutes") OR OLD."infusion_least_minutes" IS DISTINCT FROM (NEW."infusion_least_minutes") OR OLD."infusion_most_minutes" IS DISTINCT FROM (NEW."infusion_most_minutes") OR OLD."observation_minutes" IS DISTINCT FROM (NEW."observation_minutes") OR OLD."turnover_minutes" IS DISTINCT FROM (NEW."turnover_minutes") OR OLD."preparation_units" IS DISTINCT FROM (NEW."preparation_units") OR OLD."infusion_units" IS DISTINCT FROM (NEW."infusion_units") OR OLD."observation_units" IS DISTINCT FROM (NEW."observation_units") OR OLD."fasting_clear_hours" IS DISTINCT FROM (NEW."fasting_clear_hours") OR OLD."fasting_light_meal_hours" IS DISTINCT FROM (NEW."fasting_light_meal_hours") OR OLD."series_min" IS DISTINCT FROM (NEW."series_min") OR OLD."series_typical" IS DISTINCT FROM (NEW."series_typical") OR OLD."series_max" IS DISTINCT FROM (NEW."series_max") OR OLD."spacing_min_days" IS DISTINCT FROM (NEW."spacing_min_days") OR OLD."spacing_max_days" IS DISTINCT FROM (NEW."spacing_max_days") OR OLD."maintenance_min_days" IS DISTINCT FROM (NEW."maintenance_min_days") OR OLD."maintenance_max_days" IS DISTINCT FROM (NEW."maintenance_max_days") OR OLD."most_per_week" IS DISTINCT FROM (NEW."most_per_week") OR OLD."most_per_year" IS DISTINCT FROM (NEW."most_per_year") OR OLD."review_after_sessions" IS DISTINCT FROM (NEW."review_after_sessions") OR OLD."reconsent_after_days" IS DISTINCT FROM (NEW."reconsent_after_days") OR OLD."liver_test_after_mg" IS DISTINCT FROM (NEW."liver_test_after_mg") OR OLD."chair_features" IS DISTINCT FROM (NEW."chair_features") OR OLD."vitals_schedule" IS DISTINCT FROM (NEW."vitals_schedule") OR OLD."limits" IS DISTINCT FROM (NEW."limits") OR OLD."rings" IS DISTINCT FROM (NEW."rings") OR OLD."checklist" IS DISTINCT FROM (NEW."checklist") OR OLD."prn_medicines" IS DISTINCT FROM (NEW."prn_medicines") OR OLD."near_baseline_percent" IS DISTINCT FROM (NEW."near_baseline_percent") OR OLD."near_baseline_sets" IS DISTINCT FROM (NEW."near_baseline_sets") OR OLD."citation" IS DISTINCT FROM (NEW."citation"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='09bbd527b1664796429a902b8cf6d2e062a64ca2', operation='UPDATE', pgid='pgtrigger_protocol_version_immutable_7efb0', table='scheduler_protocol', when='BEFORE'))),
                ('treatmentplan', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_treatmentplanevent" ("chair_features", "clinic_id", "created_at", "end_reason", "id", "indication", "ordered_dose", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prescriber_id", "prior_treatments", "protocol_id", "sessions_ordered", "status", "valid_from", "valid_until") VALUES (NEW."chair_features", NEW."clinic_id", NEW."created_at", NEW."end_reason", NEW."id", NEW."indication", NEW."ordered_dose", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."prescriber_id", NEW."prior_treatments", NEW."protocol_id", NEW."sessions_ordered", NEW."status", NEW."valid_from", NEW."valid_until"); RETURN NULL;', hash='50f0ac0964ada6a1091e2fa0a679e7cb391824b7', operation='INSERT', pgid='pgtrigger_insert_insert_3f710', table='scheduler_treatmentplan', when='AFTER'))),
                ('treatmentplan', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "scheduler_treatmentplanevent" ("chair_features", "clinic_id", "created_at", "end_reason", "id", "indication", "ordered_dose", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prescriber_id", "prior_treatments", "protocol_id", "sessions_ordered", "status", "valid_from", "valid_until") VALUES (NEW."chair_features", NEW."clinic_id", NEW."created_at", NEW."end_reason", NEW."id", NEW."indication", NEW."ordered_dose", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."prescriber_id", NEW."prior_treatments", NEW."protocol_id", NEW."sessions_ordered", NEW."status", NEW."valid_from", NEW."valid_until"); RETURN NULL;', hash='dfd0e59611f089c353d3f9a3435d3aeb2eb5afa7', operation='UPDATE', pgid='pgtrigger_update_update_b95a2', table='scheduler_treatmentplan', when='AFTER'))),
                ('treatmentplan', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_treatmentplanevent" ("chair_features", "clinic_id", "created_at", "end_reason", "id", "indication", "ordered_dose", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prescriber_id", "prior_treatments", "protocol_id", "sessions_ordered", "status", "valid_from", "valid_until") VALUES (OLD."chair_features", OLD."clinic_id", OLD."created_at", OLD."end_reason", OLD."id", OLD."indication", OLD."ordered_dose", OLD."patient_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."prescriber_id", OLD."prior_treatments", OLD."protocol_id", OLD."sessions_ordered", OLD."status", OLD."valid_from", OLD."valid_until"); RETURN NULL;', hash='84921d53ed0ef6a01419c7fdc444d34e0b1c01b0', operation='DELETE', pgid='pgtrigger_delete_delete_56977', table='scheduler_treatmentplan', when='AFTER'))),
            ],
        ),
        migrations.AddConstraint(
            model_name='protocol',
            constraint=models.CheckConstraint(condition=models.Q(('dose_hard_min__lte', models.F('dose_soft_min'))), name='protocol_hard_minimum_below'),
        ),
        migrations.AddConstraint(
            model_name='treatmentplan',
            constraint=models.CheckConstraint(condition=models.Q(('end_reason', ''), ('status__in', ['revoked', 'completed']), _connector='OR'), name='plan_end_of_an_ended'),
        ),
        migrations.RunSQL("CALL chairside_heed_triggers();", migrations.RunSQL.noop),
    ]
