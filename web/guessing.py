"""Against those who try one secret address after the other, and programs that ask without end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.core.cache import cache
from django.http import HttpRequest

from clinic.callers import address_of
from clinic.problems import Missing, Problem
from clinic.rates import uncounted_when_silent

UNKNOWN_TOKENS_PER_MINUTE: Final = 30


class TooMany(Problem):
    """Somebody or something is asking too fast."""

    status = 429
    code = "throttled"
    title = "Too many requests"


@contextmanager
def slow_down_guessing(request: HttpRequest) -> Iterator[None]:
    """Looks a token up inside: raises its `Missing`, and `TooMany` to who has missed too often."""
    try:
        yield
    except Missing:
        at_most(UNKNOWN_TOKENS_PER_MINUTE, what=f"unknown-tokens:{address_of(request)}")
        raise


def at_most(times: int, *, what: str) -> None:
    """Count one more of this in the minute; raises `TooMany` above so many. While Valkey is silent nobody is
    stopped: what is guessed here is longer than anybody can guess."""
    with uncounted_when_silent():
        cache.add(what, 0, timeout=60)
        try:
            count = cache.incr(what)
        except ValueError:  # the minute ended just now
            return
        if count > times:
            raise TooMany("Too many requests. Please wait a minute.")
