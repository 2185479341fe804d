"""The outside services' addresses, each given once as a URL and turned into what its client wants."""

from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import dj_database_url
import dj_email_url

# Said to PostgreSQL by every connection. Pages are fetched from solid state, where a jump costs hardly
# more than the next page: at PostgreSQL's own guess a search by name reads every row (20,000 patients:
# 110 ms instead of 2). And a name with two letters exchanged is still that name.
# And a plan that is kept (`clinic.prepared`) is used: left to itself PostgreSQL takes it for dearer than one
# of the moment's own once there is much history, and plans each time after all.
SESSION = (
    "-c random_page_cost=1.1 -c pg_trgm.word_similarity_threshold=0.35 -c plan_cache_mode=force_generic_plan"
)


def database(url: str) -> dict[str, Any]:
    """Django's settings for PostgreSQL; sockets are given as `?host=/directory` or a quoted host."""
    parsed = dj_database_url.parse(
        url or "postgresql:///chairside", conn_max_age=None, conn_health_checks=True
    )
    settings: dict[str, Any] = dict(parsed)
    socket = settings.get("OPTIONS", {}).pop("host", None)
    if socket:
        settings["HOST"] = socket
    # Concerns what `clinic.prepared` asks: Django's own cursors never prepare a statement.
    settings["OPTIONS"] = {"options": SESSION, "prepare_threshold": 0, **settings.get("OPTIONS", {})}
    return settings


def cache_url(redis_url: str) -> str:
    """redis-py's form, which is also what REDIS_URL itself is written in."""
    return redis_url or "redis://localhost:6379/0"


def celery_url(redis_url: str) -> str:
    """kombu's form: a socket is `redis+socket:///path?virtual_host=0`."""
    parts = urlsplit(cache_url(redis_url))
    if parts.scheme != "unix":
        return parts.geturl()
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{quote(unquote(parts.path))}?virtual_host={database}"


def email(url: str) -> dict[str, Any]:
    """Django's EMAIL_* settings. Without a URL nothing can leave: mails go to the inbox page only."""
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    parsed: dict[str, Any] = dict(dj_email_url.parse(url))
    parsed.pop("EMAIL_FILE_PATH", None)
    return {**parsed, "EMAIL_TIMEOUT": 20}
