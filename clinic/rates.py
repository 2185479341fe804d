"""How often somebody may ask, where the count may be lost: it is kept in Valkey, and while Valkey is silent
nobody is counted and nobody is stopped. What must be counted through that is counted in PostgreSQL.

What comes with a secret that works is not counted here: a waiting room shares one address, and a red answer
is worth more than the count.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

from clinic import clock
from clinic.callers import address_of
from clinic.problems import Missing, Problem

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which reads these classes from the settings

UNKNOWN_TOKENS_PER_MINUTE: Final = 30
logger = logging.getLogger(__name__)


class TooMany(Problem):
    """Somebody or something is asking too fast."""

    status = 429
    code = "throttled"
    title = "Too many requests"
    wait = 60


class CountedThrottle(SimpleRateThrottle):
    """The API's throttles: an alert is acknowledged also while the count is lost."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        allowed = True
        with uncounted_when_silent():
            allowed = super().allow_request(request, view)
        return allowed


class AccountsThrottle(CountedThrottle, UserRateThrottle):
    """For each account."""


class StrangersThrottle(CountedThrottle, AnonRateThrottle):
    """For each address from which somebody calls without signing in."""


@contextmanager
def slow_down_guessing(request: HttpRequest | Request) -> Iterator[None]:
    """Looks a secret up inside: raises its `Missing`, and `TooMany` to who has missed too often. It spares
    work and shows in the log; what makes guessing hopeless is the secret's length (`clinic.secret_links`)."""
    try:
        yield
    except Missing:
        at_most(UNKNOWN_TOKENS_PER_MINUTE, what=f"unknown-tokens:{address_of(request)}")
        raise


def at_most(times: int, *, what: str) -> None:
    """Count one more of this in the minute; raises `TooMany` above so many."""
    with uncounted_when_silent():
        cache.add(what, 0, timeout=60)
        try:
            count = cache.incr(what)
        except ValueError:  # the minute ended just now
            return
        if count > times:
            raise TooMany("Too many requests. Please wait a minute.")


@contextmanager
def uncounted_when_silent() -> Iterator[None]:
    """Around counting something in the cache: that it can't be asked stops nobody, and is logged."""
    try:
        yield
    except RedisError as error:
        _tell(type(error).__name__, clock.minute(clock.now()))


@lru_cache(maxsize=1)
def _tell(error: str, minute: datetime) -> None:
    """Once a minute, however many ask."""
    logger.warning("Valkey is silent (%s): calls are let through uncounted", error)
