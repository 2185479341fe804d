"""The rules of the schedule that Django cannot spell (design 3.1; PostgreSQL 18).

* `opening_no_overlap`: a resource's openings do not overlap (temporal unique key).
* `claim_inside_opening`: a claim lies inside openings, so a shift cannot be shortened under a booked
  patient. Deferrable, so that a shift can be redrawn within one transaction as long as it ends covered.
* `claim_inside_capacity` and `claim_units_inside_capacity`: the claim carries its resource's capacity,
  which follows the resource by cascade and must contain the units, so capacity cannot be lowered
  under booked patients.
* `*_same_clinic`: a plan or visit stands in its patient's clinic, a visit follows its patient's plan.
"""

from django.db import migrations

RULES = """
ALTER TABLE scheduler_opening
    ADD CONSTRAINT opening_no_overlap UNIQUE (resource_id, during WITHOUT OVERLAPS);

ALTER TABLE scheduler_claim
    ADD CONSTRAINT claim_inside_opening
        FOREIGN KEY (resource_id, PERIOD during) REFERENCES scheduler_opening (resource_id, PERIOD during)
        DEFERRABLE INITIALLY IMMEDIATE,
    ADD CONSTRAINT claim_inside_capacity
        FOREIGN KEY (resource_id, capacity) REFERENCES scheduler_resource (id, capacity) ON UPDATE CASCADE,
    ADD CONSTRAINT claim_units_inside_capacity
        CHECK (units <@ int4range(0, capacity));

ALTER TABLE scheduler_treatmentplan
    ADD CONSTRAINT plan_same_clinic
        FOREIGN KEY (patient_id, clinic_id) REFERENCES clinic_patient (id, clinic_id);

ALTER TABLE scheduler_appointment
    ADD CONSTRAINT appointment_same_clinic
        FOREIGN KEY (plan_id, patient_id, clinic_id)
        REFERENCES scheduler_treatmentplan (id, patient_id, clinic_id);
"""

UNDO = """
ALTER TABLE scheduler_appointment DROP CONSTRAINT appointment_same_clinic;
ALTER TABLE scheduler_treatmentplan DROP CONSTRAINT plan_same_clinic;
ALTER TABLE scheduler_claim
    DROP CONSTRAINT claim_units_inside_capacity,
    DROP CONSTRAINT claim_inside_capacity,
    DROP CONSTRAINT claim_inside_opening;
ALTER TABLE scheduler_opening DROP CONSTRAINT opening_no_overlap;
"""


class Migration(migrations.Migration):
    dependencies = [("scheduler", "0001_initial"), ("clinic", "0002_append_only")]

    operations = [
        migrations.RunSQL(RULES, UNDO),
        migrations.RunSQL(
            """
            CALL chairside_seal('scheduler');
            CALL chairside_heed_triggers();
            -- A cancelled visit gives up its claims, a manager takes an opening away; both are in no record.
            DO $$
            BEGIN
                IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'chairside_app') THEN
                    GRANT DELETE ON scheduler_claim, scheduler_opening TO chairside_app;
                END IF;
            END $$;
            """,
            migrations.RunSQL.noop,
        ),
    ]
