"""The product as a browser meets it in production: its files collected, named by what is in them, compressed.

It serves the database that this process is connected to; what is in there is no business of this module.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django.test.testcases import LiveServerThread

COMPRESSED: Final = "whitenoise.storage.CompressedManifestStaticFilesStorage"


@contextmanager
def serving(files: Path, *, mode: str) -> Iterator[str]:
    """Yields the address. `files` is an empty folder for the static files; `mode` as in CHAIRSIDE_MODE."""
    as_in_production = override_settings(
        MODE=mode,
        STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": COMPRESSED}},
        STATIC_ROOT=files,
        WHITENOISE_AUTOREFRESH=False,
        WHITENOISE_USE_FINDERS=False,
    )
    with as_in_production:
        call_command("collectstatic", interactive=False, verbosity=0)
        server = LiveServerThread(
            "127.0.0.1",
            _whitenoise_serves_files,  # type: ignore[arg-type]  # a class or a function, it is only called
            connections_override={},
        )
        server.daemon = True
        server.start()
        server.is_ready.wait()
        if server.error:
            raise server.error
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            server.terminate()


def _whitenoise_serves_files(application: Any) -> Any:
    """In place of Django's own handler for tests, which sends the files as they lie in the source."""
    return application
