"""What an early stop was recorded without, its reason and the pump's volume, is said by a later step."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0012_alerts_past_the_end")]

    operations = [
        migrations.AlterField(
            model_name="infusionevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("start", "Started"),
                    ("pause", "Paused"),
                    ("resume", "Resumed"),
                    ("stop", "Stopped"),
                    ("not_given", "Not given"),
                    ("rate", "Rate changed"),
                    ("bolus", "Bolus given"),
                    ("explained", "Early stop explained"),
                ],
                max_length=10,
            ),
        ),
    ]
