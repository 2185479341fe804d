"""All that is unusual about a dose is kept with it, however much that is."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sessions_app', '0019_side_effects_in_words'),
    ]

    operations = [
        migrations.AlterField(
            model_name='doseworksheet',
            name='warning',
            field=models.TextField(blank=True, help_text='What is unusual about it and was let pass, if anything'),
        ),
    ]
