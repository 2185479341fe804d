"""The day board asks the appointments' history which visits a day has lost: by its clinic and time."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('scheduler', '0007_claims_of_done_visits_stay'),
    ]

    operations = [
        migrations.RunSQL(
            """CREATE INDEX appointment_event_by_day
                   ON scheduler_appointmentevent (clinic_id, (lower(during)))
                WHERE status = 'booked'""",
            "DROP INDEX appointment_event_by_day",
        ),
    ]
