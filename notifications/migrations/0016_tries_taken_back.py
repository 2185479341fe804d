from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0015_notices_of_a_change"),
    ]

    operations = [
        migrations.AlterField(
            model_name="deliveryattempt",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("started", "Started"),
                    ("accepted", "Accepted"),
                    ("temporary_failure", "Temporary"),
                    ("permanent_failure", "Permanent"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="started",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="deliveryattemptevent",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("started", "Started"),
                    ("accepted", "Accepted"),
                    ("temporary_failure", "Temporary"),
                    ("permanent_failure", "Permanent"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="started",
                max_length=20,
            ),
        ),
    ]
