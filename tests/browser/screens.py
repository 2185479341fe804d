"""Pictures of every page of the list at three widths, from the synthetic clinic's running day: `bin/screens`.

    bin/screens [--dark] [name ...]

They go to docs/screens/NAME-WIDTH.png, in the dark to NAME-WIDTH-dark.png. Always the same rows at the same
minute; the product that they are taken of is started here and ends here.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from bench.scratch import migrate  # before anything of the product: it sets Django up

# isort: split
import time_machine
from playwright.sync_api import sync_playwright

from tests.browser import demo, product
from tests.browser.conftest import SIZES, Windows, launched
from tests.browser.pages import PAGES
from tests.browser.touring import Tour
from tests.plugins.chromium import find_chromium

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "screens"


def main(names: list[str], *, dark: bool) -> None:
    chosen = [page for page in PAGES if not names or page.name in names]
    if unknown := set(names) - {page.name for page in chosen}:
        sys.exit(f"tests/browser/pages.py has no {', '.join(sorted(unknown))}.")
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium was found. Install one, or say where it is with CHROMIUM=/path/to/chromium.")
    migrate()
    # Playwright's own event loop runs in this thread; Django would take it for an async view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with (
        tempfile.TemporaryDirectory() as files,
        time_machine.travel(demo.MIDDAY, tick=False),
        sync_playwright() as playwright,
    ):
        made = demo.make()
        browser = launched(playwright, chromium)
        with product.serving(Path(files), mode="demo") as address:
            tour = Tour(Windows(browser, address), made)
            for listed, page, _ in tour.through(chosen):
                for scheme in ("light", "dark") if dark else ("light",):
                    page.emulate_media(color_scheme=scheme)
                    for name, (width, height) in SIZES.items():
                        page.set_viewport_size({"width": width, "height": height})
                        suffix = "-dark" if scheme == "dark" else ""
                        page.screenshot(
                            path=FOLDER / f"{listed.name}-{name}{suffix}.png", animations="disabled"
                        )
                sys.stdout.write(f"{listed.name}\n")
            tour.windows.close()
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("names", nargs="*")
    main(**vars(parser.parse_args()))
