"""Gunicorn's settings for `bin/run`: two workers that die with their master.

Behind docker-compose.yml the container does that, and the command line there says the rest.
"""

import os
import signal
from typing import Any

from embedded.process import die_with_parent

control_socket_disable = True
workers = 2
worker_class = "sync"
timeout = 60
graceful_timeout = 2


def post_fork(server: Any, worker: Any) -> None:
    # A killed master leaves workers that hold the port until they look around, half a minute later.
    die_with_parent(signal.SIGKILL, os.getppid())
