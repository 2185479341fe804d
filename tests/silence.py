"""A Valkey that takes connections and never answers, as a stopped process does."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def silent(settings: Any) -> Iterator[socket.socket]:
    """What the cache is asked through while a story runs; whoever asks waits in vain."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        default = settings.CACHES["default"]
        settings.CACHES = {"default": {**default, "LOCATION": f"redis://127.0.0.1:{server.getsockname()[1]}"}}
        yield server


def nobody_asked(server: socket.socket) -> bool:
    """Whether no connection was even tried."""
    server.setblocking(False)
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return True
    return False
