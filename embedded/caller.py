"""What of the caller's environment may reach Chairside's processes.

A shell that works on other projects holds DATABASE_URL, PGHOST, PYTHONPATH and the like; none of them
may send a run or a test to the wrong database.
"""

import os

# Everything config/settings.py reads, and what its libraries read by themselves.
SETTINGS = frozenset(
    "CHAIRSIDE_MODE SECRET_KEY DATABASE_URL REDIS_URL EMAIL_URL DEFAULT_FROM_EMAIL PUBLIC_URL ALLOWED_HOSTS"
    " BEHIND_PROXY LOG_LEVEL DEBUG MFA_REQUIRED IDLE_LOGOFF_MINUTES".split()
)
FOREIGN = ("PG", "PYTHON", "DJANGO_", "CELERY_", "GUNICORN_", "WEB_CONCURRENCY", "VIRTUAL_ENV")


def clean_environment() -> dict[str, str]:
    """The caller's environment without any setting of Chairside or of the libraries below it."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in SETTINGS and not name.startswith(FOREIGN)
    }
