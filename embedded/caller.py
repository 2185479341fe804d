"""The environment that Chairside's processes get, and what of the caller's may reach them.

A shell that works on other projects holds DATABASE_URL, PGHOST, PYTHONPATH and the like; none of them
may send a run or a test to the wrong database.
"""

import os

from embedded.databases import Databases
from embedded.place import Place, postgres_program

# Everything config/settings.py reads, as a test has it. All of it is given, so that nothing comes from
# the caller's shell, nor from an .env file that was written for docker-compose.yml.
SETTINGS = {
    "CHAIRSIDE_MODE": "test",
    "SECRET_KEY": "",
    "SECRET_KEY_FALLBACKS": "",
    "DATABASE_URL": "",
    "REDIS_URL": "",
    "EMAIL_URL": "",
    "EMAIL_PER_SECOND": "",
    "SMS_URL": "",
    "SMS_PER_SECOND": "",
    "DEFAULT_FROM_EMAIL": "clinic@localhost",
    "PUBLIC_URL": "http://localhost:8000",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1],testserver",
    "BEHIND_PROXY": "false",
    "LOG_LEVEL": "INFO",
    "DEBUG": "false",
    "MFA_REQUIRED": "false",
    "IDLE_LOGOFF_MINUTES": "15",
    "CALL_AGAIN_MINUTES": "0",
    "METRICS_TOKEN": "",
    "MONITOR_CODES": "",
}
# What whoever calls bin/run may choose.
CHOICES = (
    "EMAIL_URL",
    "EMAIL_PER_SECOND",
    "SMS_URL",
    "SMS_PER_SECOND",
    "DEFAULT_FROM_EMAIL",
    "LOG_LEVEL",
    "MFA_REQUIRED",
    "IDLE_LOGOFF_MINUTES",
    "CALL_AGAIN_MINUTES",
    "METRICS_TOKEN",
    "MONITOR_CODES",
)
# What Django, libpq, Celery, gunicorn and Python read by themselves.
FOREIGN = ("PG", "PYTHON", "DJANGO_", "CELERY_", "GUNICORN_", "WEB_CONCURRENCY", "VIRTUAL_ENV")


def test_environment(place: Place, databases: Databases) -> dict[str, str]:
    """A test acts as the owner, who may make a database and SET ROLE to the application."""
    return {
        **_without_settings(),
        **SETTINGS,
        "SECRET_KEY": place.secret("SECRET_KEY"),
        "DATABASE_URL": databases.owner_url,
        "REDIS_URL": databases.redis_url,
    }


def demo_environment(
    place: Place, databases: Databases, *, address: str = SETTINGS["PUBLIC_URL"], as_owner: bool = False
) -> dict[str, str]:
    """What bin/run and bin/manage give; only the preparation and migrations act as the owner."""
    return {
        **test_environment(place, databases),
        **{name: os.environ[name] for name in CHOICES if os.environ.get(name)},
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
