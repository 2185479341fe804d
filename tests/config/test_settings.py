"""Production refuses to start half-configured and names the variable and the mend."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.conf import settings

WHOLE = {
    "CHAIRSIDE_MODE": "production",
    "SECRET_KEY": "0123456789" * 6,
    "PUBLIC_URL": "https://clinic.example",
    "DATABASE_URL": "postgresql://chairside_app@db.example/chairside",
    "REDIS_URL": "redis://cache.example:6379/0",
    "EMAIL_URL": "submission://user:password@mail.example:587",
    "DEBUG": "false",
    "MFA_REQUIRED": "true",
}


def start(
    tmp_path: Path, changed: Mapping[str, str | None], statement: str = "import config.settings"
) -> tuple[int, str]:
    """Load the settings in a process of their own; returns (exit code, what it said)."""
    given = {name: value for name, value in {**WHOLE, **changed}.items() if value is not None}
    environment = {"PATH": os.defpath, "PYTHONPATH": str(settings.BASE_DIR), **given}
    done = subprocess.run(
        [sys.executable, "-c", statement], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_whole_settings_start(tmp_path: Path) -> None:
    assert start(tmp_path, {}) == (0, "")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is missing"),
        (
            {"SECRET_KEY": "demo-secret-key-that-production-refuses-0123456789-0123456789"},
            "SECRET_KEY is the demo's secret",
        ),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"DEBUG": "true"}, "DEBUG is on"),
        ({"PUBLIC_URL": None}, "PUBLIC_URL is missing"),
        ({"PUBLIC_URL": "http://clinic.example"}, "PUBLIC_URL has no TLS"),
        ({"DATABASE_URL": None}, "DATABASE_URL is missing"),
        ({"REDIS_URL": None}, "REDIS_URL is missing"),
        ({"EMAIL_URL": None}, "EMAIL_URL is missing"),
        ({"EMAIL_URL": "smtp://mail.example:25"}, "EMAIL_URL has no TLS"),
        ({"EMAIL_URL": "anymail+pigeon://?api_key=1"}, "EMAIL_URL names no provider that is known"),
        ({"EMAIL_URL": "anymail+postmark://"}, "EMAIL_URL lacks the provider's key"),
        ({"SMS_URL": "pigeon://a:b@sky.example"}, "SMS_URL names no provider that is known"),
        ({"SMS_URL": "twilio://AC1@api.twilio.com"}, "SMS_URL lacks its account, token or host"),
        ({"SMS_URL": "twilio+http://AC1:token@api.example"}, "SMS_URL has no TLS"),
        ({"SMS_PER_SECOND": "many"}, "SMS_PER_SECOND is how many messages a second may be sent"),
        ({"EMAIL_PER_SECOND": "-1"}, "EMAIL_PER_SECOND is how many messages a second may be sent"),
        ({"MFA_REQUIRED": "false"}, "MFA_REQUIRED is off"),
        ({"METRICS_TOKEN": "guessable"}, "METRICS_TOKEN is too short"),
        ({"CHAIRSIDE_MODE": "prod"}, "CHAIRSIDE_MODE must be one of production, demo, test"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_production_refuses_and_names_the_variable(
    tmp_path: Path, changed: dict[str, str | None], says: str
) -> None:
    code, said = start(tmp_path, changed)
    assert code != 0
    assert says in said


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    nothing = dict.fromkeys(WHOLE)
    _, said = start(tmp_path, nothing)
    for name in ("SECRET_KEY", "PUBLIC_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"):
        assert f"{name} is missing" in said


def test_without_a_mode_production_is_meant(tmp_path: Path) -> None:
    assert "will not start in production" in start(tmp_path, {"CHAIRSIDE_MODE": None, "SECRET_KEY": None})[1]


@pytest.mark.parametrize(
    "given",
    [
        {"EMAIL_URL": "anymail+postmark://?server_token=key&webhook_secret=name:word"},
        {"SMS_URL": "twilio://AC1:token@api.twilio.com", "SMS_PER_SECOND": "0.5"},
    ],
    ids=["an e-mail provider", "text messages"],
)
def test_providers_of_messages_are_one_address_each(tmp_path: Path, given: dict[str, str]) -> None:
    assert start(tmp_path, given) == (0, "")


def test_production_wears_tls_and_a_second_factor(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "MFA_REQUIRED")
    values = ", ".join(f"s.{name}" for name in (*names, "SECURE_HSTS_SECONDS"))
    code, said = start(tmp_path, {}, f"from config import settings as s; print({values})")
    assert (code, said.split()) == (0, ["True"] * 4 + [str(365 * 24 * 3600)])


def test_the_demo_starts_without_any_of_it(tmp_path: Path) -> None:
    assert start(tmp_path, {**dict.fromkeys(WHOLE), "CHAIRSIDE_MODE": "demo"}) == (0, "")


def test_one_proxy_is_believed_only_when_there_is_one(tmp_path: Path) -> None:
    statement = (
        "from config import settings as s;"
        "print(s.ALLAUTH_TRUSTED_PROXY_COUNT, s.REST_FRAMEWORK['NUM_PROXIES'], s.SECURE_PROXY_SSL_HEADER)"
    )
    assert start(tmp_path, {}, statement)[1].strip() == "0 0 None"
    behind = start(tmp_path, {"BEHIND_PROXY": "true"}, statement)[1].strip()
    assert behind == "1 1 ('HTTP_X_FORWARDED_PROTO', 'https')"


def test_passwords_are_hashed_with_argon2_and_pages_idle_out_after_a_quarter_of_an_hour() -> None:
    assert settings.IDLE_LOGOFF.total_seconds() == 15 * 60
    # The suite may hash faster than production does; production's first choice is what counts.
    source = (Path(settings.BASE_DIR) / "config" / "settings.py").read_text()
    hashers = source.split("PASSWORD_HASHERS = [", 1)[1]
    assert hashers.lstrip().startswith('"django.contrib.auth.hashers.Argon2PasswordHasher"')
