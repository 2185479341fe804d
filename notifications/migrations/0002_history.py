"""The application may not rewrite the history of messages, links and answers."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("clinic", "0002_append_only")]

    operations = [migrations.RunSQL("CALL chairside_seal_history('notifications');", migrations.RunSQL.noop)]
