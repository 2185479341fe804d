"""An infusion whose bag is empty or whose minutes are over, and which nobody has stopped, is an alert."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0011_rides_and_urinary_symptoms")]

    operations = [
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(
                choices=[
                    ("limit", "Past a limit of the protocol"),
                    ("change", "Far from the patient's own baseline"),
                    ("overdue", "Vital signs overdue"),
                    ("dose", "Cumulative dose at its limit"),
                    ("end", "Infusion past its end"),
                ],
                max_length=8,
            ),
        ),
    ]
