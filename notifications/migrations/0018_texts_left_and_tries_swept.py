from django.db import migrations, models

# Sealing takes away what 0008 grants; wrong years mean nothing after a day, and are swept.
GRANTED = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'chairside_app') THEN
        GRANT DELETE ON notifications_messagerule, notifications_messagetext, notifications_quiethours,
                        notifications_wrongyears
            TO chairside_app;
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0017_tries_in_plain_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="TextsLeft",
            fields=[
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("no_clinic", "Its number never was any clinic's"),
                            ("no_telephone", "It comes from what can't be a telephone"),
                        ],
                        max_length=12,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("count", models.PositiveBigIntegerField(default=0)),
                ("last_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL("CALL chairside_seal('notifications');", migrations.RunSQL.noop),
        migrations.RunSQL(GRANTED, migrations.RunSQL.noop),
    ]
