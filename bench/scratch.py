"""Django on the throw-away database of `python3 -m embedded scratch`.

Import this before anything of the product: importing sets Django up.
"""

import os

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()


def migrate() -> None:
    """Make the tables."""
    call_command("migrate", verbosity=0)
