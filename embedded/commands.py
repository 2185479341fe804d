"""What each command of bin/ does, in the order in which it happens."""

import sys
from collections.abc import Callable

from embedded import environment, process, scratch
from embedded.place import PYTHON
from embedded.progress import Progress, Stopped, Trouble


def test(arguments: list[str], progress: Progress) -> int:
    """pytest, with a PostgreSQL and a Valkey of its own."""
    environment.ensure(environment.DEVELOPMENT, progress)
    return scratch.run([str(PYTHON), "-m", "pytest", *arguments], progress)


def in_scratch(arguments: list[str], progress: Progress) -> int:
    """Any command, with a PostgreSQL and a Valkey of its own."""
    environment.ensure(environment.DEVELOPMENT, progress)
    return scratch.run(arguments, progress)


COMMANDS: dict[str, Callable[[list[str], Progress], int]] = {"test": test, "scratch": in_scratch}


def main(arguments: list[str]) -> int:
    name, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if name not in COMMANDS:
        print(f"usage: python3 -m embedded {{{','.join(COMMANDS)}}} ...", file=sys.stderr)
        return 2
    try:
        process.linux_only()
        return COMMANDS[name](rest, Progress())
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except (Stopped, KeyboardInterrupt):
        return 130
