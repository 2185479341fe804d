from django.db import migrations, models

# Whose account it was that paused; and which database this is has one part more, so it is learnt anew.
CARRIED_OVER = """
    UPDATE notifications_sendingstate AS state
       SET database = '',
           paused_by_name = coalesce((SELECT left(account.full_name, 80) FROM clinic_user AS account
                                       WHERE account.id = state.paused_by_id), '')
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0011_after_the_last_visit_only")]

    operations = [
        migrations.AddField(
            model_name="sendingstate",
            name="paused_by_name",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Who runs the installation and said so; empty: Chairside itself",
                max_length=80,
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(CARRIED_OVER, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="sendingstate", name="paused_by"),
        migrations.RenameField(model_name="sendingstate", old_name="drains", new_name="batches"),
    ]
