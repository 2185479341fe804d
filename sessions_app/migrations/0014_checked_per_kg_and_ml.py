"""The second person's own mg/kg and mg/mL, and answers of the checklist that the record itself gave."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0013_early_stops_explained")]

    operations = [
        migrations.AddField(
            model_name="dosecheck",
            name="concentration_mg_per_ml",
            field=models.DecimalField(
                blank=True,
                decimal_places=3,
                help_text="Empty: from before it was asked",
                max_digits=7,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="dosecheck",
            name="mg_per_kg",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                help_text="Empty: from before it was asked",
                max_digits=7,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="checklistanswer",
            name="source",
            field=models.CharField(
                choices=[
                    ("staff", "Asked at the chair"),
                    ("patient", "Said by the patient beforehand"),
                    ("record", "From the record"),
                ],
                default="staff",
                max_length=8,
            ),
        ),
    ]
