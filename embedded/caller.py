"""The environment that Chairside's processes get, and what of the caller's may reach them.

A shell that works on other projects holds DATABASE_URL, PGHOST, PYTHONPATH and the like; none of them
may send a run or a test to the wrong database.
"""

import os

from embedded.databases import Databases
from embedded.place import Place, postgres_program

# Everything config/settings.py reads.
SETTINGS = {
    "CHAIRSIDE_MODE",
    "SECRET_KEY",
    "DATABASE_URL",
    "REDIS_URL",
    "EMAIL_URL",
    "DEFAULT_FROM_EMAIL",
    "PUBLIC_URL",
    "ALLOWED_HOSTS",
    "BEHIND_PROXY",
    "LOG_LEVEL",
    "DEBUG",
    "MFA_REQUIRED",
    "IDLE_LOGOFF_MINUTES",
}
# What Django, libpq, Celery, gunicorn and Python read by themselves.
FOREIGN = ("PG", "PYTHON", "DJANGO_", "CELERY_", "GUNICORN_", "WEB_CONCURRENCY", "VIRTUAL_ENV")


# What a caller of bin/run may choose; a run is a demo unless it is told more.
CHOICES = {
    "EMAIL_URL": "",
    "DEFAULT_FROM_EMAIL": "clinic@localhost",
    "LOG_LEVEL": "INFO",
    "MFA_REQUIRED": "false",
    "IDLE_LOGOFF_MINUTES": "15",
}


def test_environment(place: Place, databases: Databases) -> dict[str, str]:
    """Nothing of the caller's settings, and nothing of an `.env` file either: all are given."""
    return {
        **_without_settings(),
        **CHOICES,
        "CHAIRSIDE_MODE": "test",
        "DEBUG": "false",
        "SECRET_KEY": place.secret("SECRET_KEY"),
        "DATABASE_URL": databases.owner_url,
        "REDIS_URL": databases.redis_url,
        "PUBLIC_URL": "http://localhost:8000",
    }


def demo_environment(
    place: Place, databases: Databases, *, address: str = "http://localhost:8000", as_owner: bool = False
) -> dict[str, str]:
    """What bin/run and bin/manage give; only the preparation and migrations act as the owner."""
    return {
        **test_environment(place, databases),
        **{name: os.environ.get(name, default) for name, default in CHOICES.items()},
        "CHAIRSIDE_MODE": "demo",
        "DATABASE_URL": databases.owner_url if as_owner else databases.app_url,
        "PUBLIC_URL": address,
        "PYTHONUNBUFFERED": "1",
        # `bin/manage dbshell` finds the psql that fits this server.
        "PATH": f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{postgres_program('psql').parent}",
    }


def _without_settings() -> dict[str, str]:
    """The caller's environment without any setting of Chairside or of the libraries below it."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in SETTINGS and not name.startswith(FOREIGN)
    }
