"""Django on the throw-away database of `python3 -m embedded scratch`.

Import this before anything of the product: importing sets Django up.
"""

import os
from typing import Any

import django
from django.core.management import call_command
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# A line for each request would hide the figures, here and in the servers that a bench starts.
os.environ["LOG_LEVEL"] = "WARNING"
django.setup()


def migrate() -> None:
    """Make the tables."""
    call_command("migrate", verbosity=0)


def tidy() -> None:
    """What autovacuum does every minute, and leaves to the benches in a throw-away database. Plans made for
    empty tables are kept until the tables are analysed: twice as slow, and slower with each row."""
    with connections["default"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def copied(name: str) -> tuple[Any, Any]:
    """Connections to the database as it is, and to a copy of it under this name.

    `connections["default"]` is set to the one that is meant. Nobody else may be connected.
    """
    here: Any = connections["default"]
    here.close()
    there, maker = here.copy(), here.copy()
    there.settings_dict["NAME"], maker.settings_dict["NAME"] = name, "postgres"
    with maker.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {here.settings_dict['NAME']}")
    maker.close()
    return here, there
