"""Referrals, evaluations, eligibility decisions and assessments of courses; what is decided is never changed."""

import clinic.migration_operations
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import uuid
from django.conf import settings
from django.db import migrations, models


# What a decision rests on is of the same patient, and each row's patient of its clinic.
OF_ONE_PATIENT = """
ALTER TABLE scheduler_eligibilitydecision ADD CONSTRAINT eligibility_evaluation_of_its_patient
    FOREIGN KEY (evaluation_id, patient_id) REFERENCES scheduler_evaluation (id, patient_id);
ALTER TABLE scheduler_eligibilitydecision ADD CONSTRAINT eligibility_patient_of_its_clinic
    FOREIGN KEY (patient_id, clinic_id) REFERENCES clinic_patient (id, clinic_id);
ALTER TABLE scheduler_evaluation ADD CONSTRAINT evaluation_patient_of_its_clinic
    FOREIGN KEY (patient_id, clinic_id) REFERENCES clinic_patient (id, clinic_id);
ALTER TABLE scheduler_referral ADD CONSTRAINT referral_patient_of_its_clinic
    FOREIGN KEY (patient_id, clinic_id) REFERENCES clinic_patient (id, clinic_id);
"""

SEAL = """
CALL chairside_seal('scheduler');
CALL chairside_heed_triggers();
-- What is declared about working time may be taken back, as before (0003).
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'chairside_app') THEN
        GRANT DELETE ON scheduler_claim, scheduler_opening, scheduler_workingpattern, scheduler_dayhours,
            scheduler_absence, scheduler_closure TO chairside_app;
    END IF;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0012_ways_in'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('scheduler', '0016_what_a_protocol_limits'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        clinic.migration_operations.Together(
            operations=[
                migrations.CreateModel(
                    name='ClinicPrescribing',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                        ('plans_need_eligibility', models.BooleanField(default=False, help_text='A plan is written only for whom a prescriber has found eligible here')),
                        ('clinic', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='prescribing', to='clinic.clinic')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='ClinicPrescribingEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                        ('plans_need_eligibility', models.BooleanField(default=False, help_text='A plan is written only for whom a prescriber has found eligible here')),
                        ('clinic', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='clinic.clinic')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='scheduler.clinicprescribing')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='CourseAssessment',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                        ('step', models.CharField(choices=[('continue', 'Continue with another series'), ('maintain', 'Go on to maintenance'), ('stop', 'Stop')], max_length=8)),
                        ('words', models.TextField(help_text='The response against the baseline, in words')),
                        ('assessed_at', models.DateTimeField()),
                        ('assessed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='scheduler.treatmentplan')),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='course_assessment_has_words')],
                    },
                ),
                migrations.CreateModel(
                    name='Evaluation',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                        ('evaluated_on', models.DateField()),
                        ('indications', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=10), help_text='ICD-10-CM codes', size=None)),
                        ('severity', models.CharField(help_text='In words, with the score where there is one', max_length=240)),
                        ('asa_class', models.CharField(choices=[('1', 'I'), ('2', 'II'), ('3', 'III'), ('4', 'IV'), ('5', 'V')], max_length=1)),
                        ('findings', models.TextField(blank=True, help_text='History and examination, as far as they matter here')),
                        ('prior_treatments', models.TextField(blank=True, help_text='Drug, dose, duration, outcome, reason stopped')),
                        ('recorded_at', models.DateTimeField()),
                        ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evaluations', to='clinic.clinic')),
                        ('evaluated_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evaluations', to='clinic.patient')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['patient', '-recorded_at'], name='evaluation_by_patient')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('indications', []), _negated=True), name='evaluation_has_indication'), models.UniqueConstraint(fields=('id', 'patient'), name='evaluation_id_with_patient')],
                    },
                ),
                migrations.CreateModel(
                    name='EligibilityDecision',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                        ('decision', models.CharField(choices=[('eligible', 'Eligible'), ('eligible-with-conditions', 'Eligible with conditions'), ('deferred', 'Deferred'), ('declined', 'Declined')], max_length=24)),
                        ('reason', models.TextField()),
                        ('conditions', models.TextField(blank=True)),
                        ('signed_at', models.DateTimeField()),
                        ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='eligibility_decisions', to='clinic.clinic')),
                        ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='eligibility_decisions', to='clinic.patient')),
                        ('signed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('supersedes', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='scheduler.eligibilitydecision')),
                        ('evaluation', models.ForeignKey(blank=True, help_text='On what it rests; empty where the evaluation is kept elsewhere', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='scheduler.evaluation')),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='eligibility_has_reason'), models.CheckConstraint(condition=models.Q(models.Q(('decision', 'eligible-with-conditions'), models.Q(('conditions', ''), _negated=True)), models.Q(models.Q(('decision', 'eligible-with-conditions'), _negated=True), ('conditions', '')), _connector='OR'), name='eligibility_conditions_of_their_own'), models.UniqueConstraint(models.F('patient'), condition=models.Q(('supersedes__isnull', True)), name='eligibility_one_first')],
                    },
                ),
                migrations.CreateModel(
                    name='EvaluationResult',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                        ('investigation', models.CharField(choices=[('ecg', 'ECG'), ('liver', 'Liver tests'), ('pregnancy', 'Pregnancy test'), ('urinalysis', 'Urinalysis')], max_length=12)),
                        ('done_on', models.DateField()),
                        ('result', models.CharField(max_length=240)),
                        ('evaluation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='results', to='scheduler.evaluation')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(models.F('evaluation'), models.F('investigation'), name='evaluation_result_once'), models.CheckConstraint(condition=models.Q(('result', ''), _negated=True), name='evaluation_result_said')],
                    },
                ),
                migrations.CreateModel(
                    name='Referral',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                        ('status', models.CharField(choices=[('active', 'Active'), ('revoked', 'Withdrawn'), ('entered-in-error', 'Entered in error')], default='active', max_length=16)),
                        ('authored_on', models.DateField(help_text="The day of the referral, or of the patient's inquiry")),
                        ('requester_kind', models.CharField(choices=[('self', 'The patient'), ('general-practitioner', 'General practitioner'), ('neurologist', 'Neurologist'), ('psychiatrist', 'Psychiatrist'), ('pain-physician', 'Pain doctor'), ('other', 'Somebody else')], max_length=24)),
                        ('requester_name', models.CharField(blank=True, help_text="Empty of the patient's own", max_length=120)),
                        ('requester_practice', models.CharField(blank=True, max_length=120)),
                        ('requester_contact', models.CharField(blank=True, help_text='Where the report goes: fax, e-mail or address', max_length=240)),
                        ('reason', models.TextField()),
                        ('records_requested_on', models.DateField(blank=True, null=True)),
                        ('records_received_on', models.DateField(blank=True, null=True)),
                        ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='referrals', to='clinic.clinic')),
                        ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='referrals', to='clinic.patient')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['patient', '-authored_on'], name='referral_by_patient')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='referral_has_reason'), models.CheckConstraint(condition=models.Q(('requester_kind', 'self'), models.Q(('requester_name', ''), _negated=True), _connector='OR'), name='referral_names_requester')],
                    },
                ),
                migrations.CreateModel(
                    name='ReferralEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                        ('status', models.CharField(choices=[('active', 'Active'), ('revoked', 'Withdrawn'), ('entered-in-error', 'Entered in error')], default='active', max_length=16)),
                        ('authored_on', models.DateField(help_text="The day of the referral, or of the patient's inquiry")),
                        ('requester_kind', models.CharField(choices=[('self', 'The patient'), ('general-practitioner', 'General practitioner'), ('neurologist', 'Neurologist'), ('psychiatrist', 'Psychiatrist'), ('pain-physician', 'Pain doctor'), ('other', 'Somebody else')], max_length=24)),
                        ('requester_name', models.CharField(blank=True, help_text="Empty of the patient's own", max_length=120)),
                        ('requester_practice', models.CharField(blank=True, max_length=120)),
                        ('requester_contact', models.CharField(blank=True, help_text='Where the report goes: fax, e-mail or address', max_length=240)),
                        ('reason', models.TextField()),
                        ('records_requested_on', models.DateField(blank=True, null=True)),
                        ('records_received_on', models.DateField(blank=True, null=True)),
                        ('clinic', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='clinic.clinic')),
                        ('patient', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='clinic.patient')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='scheduler.referral')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
            ],
        ),
        clinic.migration_operations.AddTriggers(
            triggers=[
                ('clinicprescribing', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_clinicprescribingevent" ("clinic_id", "created_at", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plans_need_eligibility") VALUES (NEW."clinic_id", NEW."created_at", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."plans_need_eligibility"); RETURN NULL;', hash='185827dcf819f2452f837c6275d25d417abba12c', operation='INSERT', pgid='pgtrigger_insert_insert_219b5', table='scheduler_clinicprescribing', when='AFTER'))),
                ('clinicprescribing', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "scheduler_clinicprescribingevent" ("clinic_id", "created_at", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plans_need_eligibility") VALUES (NEW."clinic_id", NEW."created_at", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."plans_need_eligibility"); RETURN NULL;', hash='952a2e6197f5cf1c0e659532feefdaf4c9bf1f0a', operation='UPDATE', pgid='pgtrigger_update_update_454fd', table='scheduler_clinicprescribing', when='AFTER'))),
                ('clinicprescribing', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_clinicprescribingevent" ("clinic_id", "created_at", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plans_need_eligibility") VALUES (OLD."clinic_id", OLD."created_at", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."plans_need_eligibility"); RETURN NULL;', hash='f882a93d102e0f3c8ae2d0c9dd427a1cf3263b7c', operation='DELETE', pgid='pgtrigger_delete_delete_08fec', table='scheduler_clinicprescribing', when='AFTER'))),
                ('clinicprescribingevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f9fcddcd0f5e0334290278632f3be0f076e84739', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_9bf62', table='scheduler_clinicprescribingevent', when='BEFORE'))),
                ('courseassessment', pgtrigger.compiler.Trigger(name='course_assessment_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='927da47f109f7ea5897fbeaab50838a1de07c225', operation='UPDATE OR DELETE', pgid='pgtrigger_course_assessment_kept_97f19', table='scheduler_courseassessment', when='BEFORE'))),
                ('evaluation', pgtrigger.compiler.Trigger(name='evaluation_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='693daea3a8a24155c8d446e3641e04ea58a56904', operation='UPDATE OR DELETE', pgid='pgtrigger_evaluation_kept_55047', table='scheduler_evaluation', when='BEFORE'))),
                ('eligibilitydecision', pgtrigger.compiler.Trigger(name='eligibility_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='0e5fdcfe05829d2abcea3c689c725f1ba269e7b0', operation='UPDATE OR DELETE', pgid='pgtrigger_eligibility_kept_4b76c', table='scheduler_eligibilitydecision', when='BEFORE'))),
                ('evaluationresult', pgtrigger.compiler.Trigger(name='result_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='ee36fb68e4fc8ddab2637cea4347751c73aeeb7b', operation='UPDATE OR DELETE', pgid='pgtrigger_result_kept_9c13b', table='scheduler_evaluationresult', when='BEFORE'))),
                ('referral', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_referralevent" ("authored_on", "clinic_id", "created_at", "id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "records_received_on", "records_requested_on", "requester_contact", "requester_kind", "requester_name", "requester_practice", "status") VALUES (NEW."authored_on", NEW."clinic_id", NEW."created_at", NEW."id", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason", NEW."records_received_on", NEW."records_requested_on", NEW."requester_contact", NEW."requester_kind", NEW."requester_name", NEW."requester_practice", NEW."status"); RETURN NULL;', hash='b069d0ea33911e270061113977cd27307d444486', operation='INSERT', pgid='pgtrigger_insert_insert_96ac7', table='scheduler_referral', when='AFTER'))),
                ('referral', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "scheduler_referralevent" ("authored_on", "clinic_id", "created_at", "id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "records_received_on", "records_requested_on", "requester_contact", "requester_kind", "requester_name", "requester_practice", "status") VALUES (NEW."authored_on", NEW."clinic_id", NEW."created_at", NEW."id", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason", NEW."records_received_on", NEW."records_requested_on", NEW."requester_contact", NEW."requester_kind", NEW."requester_name", NEW."requester_practice", NEW."status"); RETURN NULL;', hash='7acfc0770f382f9c9253febcac62625238c7f638', operation='UPDATE', pgid='pgtrigger_update_update_08ba0', table='scheduler_referral', when='AFTER'))),
                ('referral', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "scheduler_referralevent" ("authored_on", "clinic_id", "created_at", "id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "records_received_on", "records_requested_on", "requester_contact", "requester_kind", "requester_name", "requester_practice", "status") VALUES (OLD."authored_on", OLD."clinic_id", OLD."created_at", OLD."id", OLD."patient_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reason", OLD."records_received_on", OLD."records_requested_on", OLD."requester_contact", OLD."requester_kind", OLD."requester_name", OLD."requester_practice", OLD."status"); RETURN NULL;', hash='90b17fb3e458b52961e36ede9b686b5c0d0ccbd7', operation='DELETE', pgid='pgtrigger_delete_delete_58730', table='scheduler_referral', when='AFTER'))),
                ('referralevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='103c5510fc6251ad810b525e416491a1afdc049c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_3e78d', table='scheduler_referralevent', when='BEFORE'))),
            ],
        ),
        migrations.RunSQL(OF_ONE_PATIENT, migrations.RunSQL.noop),
        migrations.RunSQL(SEAL, migrations.RunSQL.noop),
    ]
