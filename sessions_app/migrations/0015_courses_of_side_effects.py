"""What becomes of a side effect is a state with its own moment, no correction of the line before it."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0014_checked_per_kg_and_ml")]

    operations = [
        migrations.AddField(
            model_name="sideeffect",
            name="as_of",
            field=models.DateTimeField(
                blank=True, help_text="Since when it has stood so; empty: since its onset", null=True
            ),
        ),
        migrations.AddField(
            model_name="sideeffect",
            name="course_of",
            field=models.ForeignKey(
                blank=True,
                help_text="The first line of the side effect of which this is a later state",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="course",
                to="sessions_app.sideeffect",
            ),
        ),
        migrations.AddConstraint(
            model_name="sideeffect",
            constraint=models.CheckConstraint(
                name="side_effect_course_has_moment",
                condition=Q(course_of__isnull=True, as_of__isnull=True)
                | Q(course_of__isnull=False, as_of__gte=F("onset_at")),
            ),
        ),
    ]
