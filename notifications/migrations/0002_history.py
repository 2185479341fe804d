"""Patients' answers only ever grow, and the application deletes or rewrites nothing of this floor."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("clinic", "0002_append_only")]

    operations = [migrations.RunSQL(
            """
            CALL chairside_make_append_only('notifications_checkinanswer');
            CALL chairside_seal('notifications');
            CALL chairside_heed_triggers();
            """,
            migrations.RunSQL.noop,
        )]
