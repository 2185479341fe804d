"""A draft that nobody means to sign is retired unsigned: only what is in force needs its signature."""

from django.db import migrations, models

import clinic.migration_operations


class Migration(migrations.Migration):

    dependencies = [
        ('scheduler', '0008_events_by_day'),
    ]

    operations = [
        clinic.migration_operations.Together(
            operations=[
                migrations.RemoveConstraint(model_name='protocol', name='protocol_active_is_signed'),
                migrations.AddConstraint(
                    model_name='protocol',
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(('status', 'active'), _negated=True),
                            models.Q(('approved_at__isnull', False), ('approved_by__isnull', False)),
                            _connector='OR',
                        ),
                        name='protocol_active_is_signed',
                    ),
                ),
            ],
        ),
    ]
