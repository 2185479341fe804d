"""The commands behind bin/: `python3 -m embedded COMMAND`. They say what to do; the other modules do it."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - said in plain words before anything needs it
    sys.exit(f"Chairside needs Python 3.11 or newer; this is {sys.version.split()[0]}.")

from embedded import commands

sys.exit(commands.main(sys.argv[1:]))
