"""What a page asks of the database: for stories of queries that must not grow with the page's rows."""

import re

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def asked(client: Client, address: str) -> list[str]:
    """The statements that a page sends, each without its values."""
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200, address
    sent = [each["sql"] for each in found.captured_queries if each["sql"]]  # a kept plan tells no statement
    return [shape(statement) for statement in sent if "SAVEPOINT" not in statement]


def shape(statement: str) -> str:
    """Texts, numbers and the names of cursors are values; a list of them is one, however long it is."""
    statement = re.sub(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b|\"_django_curs\w+\"", "?", statement)
    return re.sub(r"([(\[])\?(?:::\w+)?(?:, \?(?:::\w+)?)*([)\]])", r"\1?\2", statement)
