import django.db.models.deletion
from django.db import migrations, models

import clinic.migration_operations

HELP = "Empty only of a page about a task that is no known patient's"


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0006_steps_of_tasks"),
        ("notifications", "0009_texts_by_number_and_unread"),
    ]

    operations = [
        clinic.migration_operations.Together(
            operations=[
                migrations.AlterField(
                    model_name="message",
                    name="patient",
                    field=models.ForeignKey(
                        blank=True,
                        help_text=HELP,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="clinic.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="messageevent",
                    name="patient",
                    field=models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text=HELP,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.patient",
                    ),
                ),
                migrations.AlterField(
                    model_name="inboxitem",
                    name="patient",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.patient",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="message",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("patient__isnull", False), ("kind", "page"), _connector="OR"),
                        name="message_is_to_a_patient",
                    ),
                ),
            ],
        ),
    ]
