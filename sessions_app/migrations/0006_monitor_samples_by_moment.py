from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0005_medicine_despite_allergy"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="monitorsample", name="monitor_sample_once"),
        migrations.AddConstraint(
            model_name="monitorsample",
            constraint=models.UniqueConstraint(
                models.F("device"),
                models.F("control_id"),
                models.F("position"),
                models.F("measured_at"),
                name="monitor_sample_once",
            ),
        ),
    ]
