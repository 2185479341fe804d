"""What production insists on, said before anything starts. Pure: no Django, no environment."""

import re
from logging import Filter, LogRecord
from typing import Any
from urllib.parse import urlsplit

import structlog
from environs import EnvError, ValidationError

MODES = ("production", "demo", "test")
TLS_BY_NATURE = ("submission://", "anymail+")


def known_mode(mode: str) -> None:
    """Refuse a misspelt CHAIRSIDE_MODE rather than guess which one was meant."""
    if mode not in MODES:
        raise ValidationError(f"CHAIRSIDE_MODE must be one of {', '.join(MODES)}, not {mode!r}.")


def require(
    *,
    secret_key: str,
    demo_secret_key: str,
    debug: bool,
    public_url: str,
    database_url: str,
    redis_url: str,
    email_url: str,
    sms_url: str,
    mfa_required: bool,
    metrics_token: str,
) -> None:
    """Raise one EnvError that names every variable that is missing or unsafe, and the mend."""
    wrong = []
    if not secret_key:
        wrong.append("SECRET_KEY is missing: set 50 or more random characters")
    elif secret_key == demo_secret_key:
        wrong.append("SECRET_KEY is the demo's secret: set your own")
    elif len(secret_key) < 50:
        wrong.append("SECRET_KEY is too short: set 50 or more random characters")
    if debug:
        wrong.append("DEBUG is on: unset it")
    if not public_url:
        wrong.append("PUBLIC_URL is missing: set the https:// address patients and staff open")
    elif not public_url.startswith("https://"):
        wrong.append("PUBLIC_URL has no TLS: it must start with https://")
    if not database_url:
        wrong.append("DATABASE_URL is missing: set postgresql://user:password@host/name")
    if not redis_url:
        wrong.append("REDIS_URL is missing: set redis://host:6379/0")
    if not email_url:
        wrong.append("EMAIL_URL is missing: set submission://user:password@host:587")
    elif not (
        email_url.startswith(("submission://", "anymail+"))
        or "tls=true" in email_url
        or "ssl=true" in email_url
    ):
        wrong.append("EMAIL_URL has no TLS: use submission://… or smtp://…?ssl=true")
    if sms_url.startswith("twilio+http:"):
        wrong.append("SMS_URL has no TLS: use twilio://…")
    if not mfa_required:
        wrong.append("MFA_REQUIRED is off: every role needs a second factor in production")
    if metrics_token and len(metrics_token) < 32:
        wrong.append("METRICS_TOKEN is too short: set 32 or more random characters, or none")
    if wrong:
        raise EnvError("Chairside will not start in production: " + "; ".join(wrong) + ".")


def rate(name: str, written: str) -> float | None:
    """Messages a second as somebody wrote them in this variable, or None for no limit."""
    if not written:
        return None
    try:
        most = float(written)
    except ValueError:
        most = 0
    if not 0 < most < float("inf"):
        raise EnvError(
            f"{name} is how many messages a second may be sent, such as 1 or 0.5, not {written!r}."
        )
    return most


def hosts(public_url: str, *, demo: bool) -> list[str]:
    """The Host headers to answer: the public one and, for the health check, this machine's own."""
    host = urlsplit(public_url).hostname
    return [*([host] if host else []), "localhost", "127.0.0.1", "[::1]", *(["testserver"] if demo else [])]


def request_lines() -> dict[str, Any]:
    """The lines about requests go where all others go: through the same level and the same filter."""
    return {
        "logger_factory": structlog.stdlib.LoggerFactory(),
        "wrapper_class": structlog.stdlib.BoundLogger,
        "cache_logger_on_first_use": True,
        "processors": [
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["event"]),
        ],
    }


class WithoutTokens(Filter):
    """Takes the secrets of patients' links and of calendar feeds out of whatever anybody logs."""

    def filter(self, record: LogRecord) -> bool:
        record.msg = _without_tokens(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_without_tokens(arg) for arg in record.args)
        return True


class ToldByRoute(Filter):
    """Leaves out of Django's own lines the fault of which the line by route has told with its traceback."""

    def filter(self, record: LogRecord) -> bool:
        fault = record.exc_info[1] if record.exc_info else None
        # django-structlog leaves there what it has logged, until the request is answered.
        told = getattr(getattr(record, "request", None), "_raised_exception", None)
        return fault is None or fault is not told


def _without_tokens(said: Any) -> Any:
    return re.sub(r"/(m|feeds)/[\w-]{16,}", r"/\1/…", said) if isinstance(said, str) else said


def logging(*, level: str) -> dict[str, Any]:
    """One line an event, to standard output. Request bodies and patients' data are never logged."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"tokens": {"()": WithoutTokens}, "told": {"()": ToldByRoute}},
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["tokens"]}
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.db.backends": {"level": "WARNING"},
            # Names the address of each call, which for the lookup of a lost answer holds a phone number.
            "httpx": {"level": "WARNING"},
            # Its lines name the path, which for a patient's page holds the link's token; structlog logs
            # the same refusals by route, and the same faults with their tracebacks. Any other fault is
            # worth its own, without the token.
            "django.request": {"level": "ERROR", "filters": ["told"]},
        },
    }
