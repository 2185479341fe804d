"""Finds a Chromium for the tests marked `browser`; without one they are skipped and the summary says so.

What the browser tests do does not belong here.
"""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HOW_TO_GET_ONE = (
    "No Chromium was found, so {count} browser tests were SKIPPED. Install one (on Debian and Ubuntu:"
    " apt install chromium) or say where it is: CHROMIUM=/path/to/chromium bin/test"
)
WHY = "no Chromium"


def find_chromium() -> str | None:
    """CHROMIUM when it names a program, otherwise the first usual name on the PATH."""
    for name in filter(None, (os.environ.get("CHROMIUM"), *NAMES)):
        if found := shutil.which(name):
            return found
    return None


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program that playwright is to launch: `executable_path=chromium`."""
    found = find_chromium()
    if found is None:
        pytest.skip(WHY)
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if find_chromium():
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=WHY))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Counted from what was reported: with several processes this one has collected nothing itself."""
    skipped = [report.longrepr for report in terminalreporter.getreports("skipped")]
    if count := sum(isinstance(why, tuple) and str(why[2]).endswith(WHY) for why in skipped):
        terminalreporter.write_sep("!", "browser tests")
        terminalreporter.write_line(HOW_TO_GET_ONE.format(count=count), yellow=True)
