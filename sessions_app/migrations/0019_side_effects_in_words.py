"""What a side effect may be, in the words that a page shows for FHIR's codes; the stored codes stay."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0018_rungs_on_which_nobody_stands"),
    ]

    operations = [
        migrations.AlterField(
            model_name="sideeffect",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("resolved", "Resolved"),
                    ("recovering", "Recovering"),
                    ("ongoing", "Ongoing"),
                    ("resolvedWithSequelae", "Over, with lasting effects"),
                    ("fatal", "Fatal"),
                    ("unknown", "Unknown"),
                ],
                default="ongoing",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="sideeffect",
            name="relatedness",
            field=models.CharField(
                choices=[
                    ("Certain", "Certain"),
                    ("Probably-Likely", "Probable or likely"),
                    ("Possible", "Possible"),
                    ("Unlikely", "Unlikely"),
                    ("Conditional-Classified", "Conditional, not classified"),
                    ("Unassessable-Unclassifiable", "Can't be assessed"),
                ],
                default="Possible",
                max_length=28,
            ),
        ),
        migrations.AlterField(
            model_name="sideeffect",
            name="seriousness",
            field=models.CharField(
                choices=[
                    ("Non-serious", "Not serious"),
                    ("Serious", "Serious"),
                    ("SeriousResultsInDeath", "Serious: death"),
                    ("SeriousIsLifeThreatening", "Serious: a threat to life"),
                    ("SeriousResultsInHospitalization", "Serious: a stay in hospital"),
                    ("SeriousResultsInDisability", "Serious: a lasting disability"),
                    ("SeriousIsBirthDefect", "Serious: a birth defect"),
                    ("SeriousRequiresPreventImpairment", "Serious: treated to prevent lasting harm"),
                ],
                default="Non-serious",
                max_length=32,
            ),
        ),
    ]
