"""The outside services' addresses, each given once as a URL and turned into what its client wants."""

from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlsplit

import dj_database_url
import dj_email_url
from environs import EnvError

# Said to PostgreSQL by every connection. Pages are fetched from solid state, where a jump costs hardly
# more than the next page: at PostgreSQL's own guess a search by name reads every row (20,000 patients:
# 110 ms instead of 2). And a name with two letters exchanged is still that name.
# And a plan that is kept (`clinic.prepared`) is used: left to itself PostgreSQL takes it for dearer than one
# of the moment's own once there is much history, and plans each time after all.
SESSION = (
    "-c random_page_cost=1.1 -c pg_trgm.word_similarity_threshold=0.35 -c plan_cache_mode=force_generic_plan"
)

# The e-mail providers whose own interface can be spoken (through anymail), and how anymail spells them.
MAIL_PROVIDERS: Final = {
    "brevo": "Brevo",
    "mailersend": "MailerSend",
    "mailgun": "Mailgun",
    "mailjet": "Mailjet",
    "mailtrap": "Mailtrap",
    "postal": "Postal",
    "postmark": "Postmark",
    "resend": "Resend",
    "sendgrid": "SendGrid",
    "sparkpost": "SparkPost",
    "unisender_go": "UnisenderGo",
}
THROUGH_PROVIDER: Final = "anymail+"
# Of a webhook whose provider doesn't sign its calls: the name and password in its address.
SHARED_SETTINGS: Final = ("webhook_secret",)
NO_PROVIDER: Final[dict[str, Any]] = {"ANYMAIL_BACKEND": "", "ANYMAIL_WEBHOOK": "", "ANYMAIL": {}}
TIMEOUT_SECONDS: Final = 20
SMS_FORM: Final = "write it as twilio://ACCOUNT_SID:AUTH_TOKEN@api.twilio.com"


def database(url: str) -> dict[str, Any]:
    """Django's settings for PostgreSQL; sockets are given as `?host=/directory` or a quoted host."""
    parsed = dj_database_url.parse(
        url or "postgresql:///chairside", conn_max_age=None, conn_health_checks=True
    )
    settings: dict[str, Any] = dict(parsed)
    settings["ENGINE"] = "config.postgresql"
    socket = settings.get("OPTIONS", {}).pop("host", None)
    if socket:
        settings["HOST"] = socket
    # Concerns what `clinic.prepared` asks: Django's own cursors never prepare a statement.
    settings["OPTIONS"] = {"options": SESSION, "prepare_threshold": 0, **settings.get("OPTIONS", {})}
    return settings


def cache_url(redis_url: str) -> str:
    """redis-py's form, which is also what REDIS_URL itself is written in."""
    return redis_url or "redis://localhost:6379/0"


def cache(redis_url: str) -> dict[str, Any]:
    """Django's cache. Nothing in it is worth a wait: while it is silent whoever asks goes on without it."""
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": cache_url(redis_url),
        "KEY_PREFIX": "chairside",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }


def every(seconds: float, task: str) -> dict[str, Any]:
    """An entry of beat's schedule; a ring that was not taken by the time of the next one expires."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


def celery_url(redis_url: str) -> str:
    """kombu's form: a socket is `redis+socket:///path?virtual_host=0`."""
    parts = urlsplit(cache_url(redis_url))
    if parts.scheme != "unix":
        return parts.geturl()
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{quote(unquote(parts.path))}?virtual_host={database}"


def email(url: str) -> dict[str, Any]:
    """Django's EMAIL_* settings, or anymail's. Without a URL nothing can leave: mails go to the inbox page
    only. Raises EnvError for a provider that isn't known."""
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend", **NO_PROVIDER}
    if url.startswith(THROUGH_PROVIDER):
        return _mail_provider(url)
    parsed: dict[str, Any] = dict(dj_email_url.parse(url))
    parsed.pop("EMAIL_FILE_PATH", None)
    return {**parsed, "EMAIL_TIMEOUT": TIMEOUT_SECONDS, **NO_PROVIDER}


def sms(url: str) -> dict[str, str]:
    """Who carries text messages: `url`, `sid` and `token` of the account; empty for nobody.

    `twilio+http` is for a stand-in on one's own machine. Raises EnvError for anything else.
    """
    if not url:
        return {}
    parts = urlsplit(url)
    if parts.scheme not in ("twilio", "twilio+http"):
        raise EnvError(f"SMS_URL names no provider that is known: {SMS_FORM}.")
    if not (parts.username and parts.password and parts.hostname):
        raise EnvError(f"SMS_URL lacks its account, token or host: {SMS_FORM}.")
    scheme = "https" if parts.scheme == "twilio" else "http"
    place = parts.netloc.rpartition("@")[2]
    return {
        "url": f"{scheme}://{place}",
        "sid": unquote(parts.username),
        "token": unquote(parts.password),
    }


def _mail_provider(url: str) -> dict[str, Any]:
    """`anymail+postmark://?server_token=…`: the options are anymail's settings of that provider."""
    parts = urlsplit(url)
    provider = parts.scheme.removeprefix(THROUGH_PROVIDER)
    if provider not in MAIL_PROVIDERS:
        known = ", ".join(sorted(MAIL_PROVIDERS))
        raise EnvError(f"EMAIL_URL names no provider that is known: write anymail+ and one of {known}.")
    options = {
        (name if name in SHARED_SETTINGS else f"{provider}_{name}").upper(): value
        for name, value in parse_qsl(parts.query, strict_parsing=bool(parts.query))
    }
    if not options:
        raise EnvError(f"EMAIL_URL lacks the provider's key: write anymail+{provider}://?api_key=…")
    backend = f"anymail.backends.{provider}.EmailBackend"
    return {
        "EMAIL_BACKEND": backend,
        "ANYMAIL_BACKEND": backend,
        "ANYMAIL_WEBHOOK": f"anymail.webhooks.{provider}.{MAIL_PROVIDERS[provider]}TrackingWebhookView",
        # Not every provider gives back the message's id; then its own name for the message must do.
        "ANYMAIL": {
            "REQUESTS_TIMEOUT": TIMEOUT_SECONDS,
            "IGNORE_UNSUPPORTED_FEATURES": True,
            **options,
        },
    }
