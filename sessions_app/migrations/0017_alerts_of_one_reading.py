"""The first reading past the stop limit of a sign that takes two is an alert of its own kind."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0016_chairs_since")]

    operations = [
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(
                choices=[
                    ("limit", "Past a limit of the protocol"),
                    ("once", "Past the stop limit, on one reading"),
                    ("change", "Far from the patient's own baseline"),
                    ("overdue", "Vital signs overdue"),
                    ("dose", "Cumulative dose at its limit"),
                    ("end", "Infusion past its end"),
                ],
                max_length=8,
            ),
        ),
    ]
