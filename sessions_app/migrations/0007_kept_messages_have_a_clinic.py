import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Each was kept for a clinic's nurses; nothing has ever been kept for nobody."""

    dependencies = [
        ("sessions_app", "0006_monitor_samples_by_moment"),
    ]

    operations = [
        migrations.AlterField(
            model_name="unmatchedmessage",
            name="clinic",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="unmatched_messages",
                to="clinic.clinic",
            ),
        ),
        migrations.AlterField(
            model_name="unmatchedmessageevent",
            name="clinic",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="clinic.clinic",
            ),
        ),
    ]
