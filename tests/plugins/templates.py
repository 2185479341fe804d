"""A story fails in which a template asked for what isn't there: Django prints nothing in its place, and the
page looks as if there were nothing to say.

Django tells of it at DEBUG to the logger `django.template`, and is heard there. It counts of an object that
hasn't got it: a name that a page leaves out, a key that a mapping lacks and what is None are asked after on
purpose.
"""

import logging
from collections.abc import Iterator, Mapping
from typing import Final

import pytest
from django.template.base import VariableDoesNotExist
from django.template.context import BaseContext

# Of these a name is asked on purpose; the context is what a page was given.
NOT_THERE: Final = (type(None), str, Mapping, BaseContext)


class Missed(logging.Filter):
    """Keeps what was asked in vain, and lets none of it into any log: a page asks for much."""

    def __init__(self) -> None:
        super().__init__()
        self.told: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, VariableDoesNotExist):
            name, owner = error.params
            if not isinstance(owner, NOT_THERE):
                self.told.add(f"{record.args[1]}: {type(owner).__name__} has no {name}")  # type: ignore[index]
        return False


@pytest.fixture(autouse=True)
def _templates_ask_for_what_is_there() -> Iterator[None]:
    logger, missed = logging.getLogger("django.template"), Missed()
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addFilter(missed)
    yield
    logger.removeFilter(missed)
    logger.setLevel(level)
    assert not missed.told, f"A template asked for what isn't there: {', '.join(sorted(missed.told))}."
