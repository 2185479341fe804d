"""That no prescriber could be told of an alert is a step of its own, and never counts as told."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0017_alerts_of_one_reading"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="alertstep",
            name="kind",
            field=models.CharField(
                choices=[
                    ("told", "Told"),
                    ("unreached", "Nobody to reach"),
                    ("acknowledged", "Acknowledged"),
                    ("acted", "Acted on"),
                    ("resolved", "Resolved"),
                ],
                max_length=12,
            ),
        ),
        migrations.RemoveConstraint(model_name="alertstep", name="alert_rung_told_once"),
        migrations.AddConstraint(
            model_name="alertstep",
            constraint=models.UniqueConstraint(
                "alert",
                "rung",
                name="alert_rung_told_once",
                condition=Q(kind="told") & (Q(told__isnull=False) | Q(rung="nurse")),
            ),
        ),
        migrations.AddConstraint(
            model_name="alertstep",
            constraint=models.UniqueConstraint(
                "alert", "rung", name="alert_rung_empty_once", condition=Q(kind="unreached")
            ),
        ),
    ]
