from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0016_tries_taken_back"),
    ]

    operations = [
        migrations.AlterField(
            model_name="deliveryattempt",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("started", "Begun"),
                    ("accepted", "Sent"),
                    ("temporary_failure", "Refused for now"),
                    ("permanent_failure", "Refused for good"),
                    ("withdrawn", "Taken back before it left"),
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
                    ("started", "Begun"),
                    ("accepted", "Sent"),
                    ("temporary_failure", "Refused for now"),
                    ("permanent_failure", "Refused for good"),
                    ("withdrawn", "Taken back before it left"),
                ],
                default="started",
                max_length=20,
            ),
        ),
    ]
