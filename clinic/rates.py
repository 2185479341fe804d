"""How often somebody may ask, where the count may be lost: it is kept in Valkey, and while Valkey is silent
nobody is counted and nobody is stopped. What must be counted through that is counted in PostgreSQL.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache

from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from clinic import clock

logger = logging.getLogger(__name__)


class PatientsThrottle(AnonRateThrottle):
    """For what a patient sends by their link: a red answer is worth more than the count."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        allowed = True
        with uncounted_when_silent():
            allowed = super().allow_request(request, view)
        return allowed


@contextmanager
def uncounted_when_silent() -> Iterator[None]:
    """Around counting something in the cache: that it can't be asked stops nobody, and is logged."""
    try:
        yield
    except RedisError as error:
        _tell(type(error).__name__, clock.now().replace(second=0, microsecond=0))


@lru_cache(maxsize=1)
def _tell(error: str, minute: datetime) -> None:
    """Once a minute, however many ask."""
    logger.warning("Valkey is silent (%s): calls by patients' links are let through uncounted", error)
