"""The infusion's own steps as append-only lines of the record, under the same rules as the other lines."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sessions_app', '0002_frozen'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='InfusionEvent',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('recorded_at', models.DateTimeField(help_text="When it was entered, by the server's clock")),
                ('correction_reason', models.CharField(blank=True, max_length=240)),
                ('kind', models.CharField(choices=[('start', 'Started'), ('pause', 'Paused'), ('resume', 'Resumed'), ('stop', 'Stopped'), ('not_given', 'Not given')], max_length=10)),
                ('reason', models.CharField(blank=True, max_length=240)),
                ('amendment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sessions_app.signedrecord')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='infusion_events', to='sessions_app.session')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.RunSQL(
            """
            CALL chairside_make_append_only('sessions_app_infusionevent');
            CREATE TRIGGER while_open BEFORE INSERT ON sessions_app_infusionevent
                FOR EACH ROW EXECUTE FUNCTION chairside_observation_while_open();
            """,
            migrations.RunSQL.noop,
        ),
    ]
