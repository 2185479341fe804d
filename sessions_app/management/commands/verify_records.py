"""`manage.py verify_records`: walk every chain of signed records and name the first broken link of each.

`--anchor` compares with what was kept elsewhere, `--write-anchor` writes what to keep (`signing.anchors`).
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic import clock
from sessions_app.signing import anchors
from sessions_app.signing.anchors import Anchor
from sessions_app.signing.verification import BrokenLink, verify_all

PROGRESS_EVERY = 500


class Command(BaseCommand):
    help = "Proves that every signed record is what was signed; fails and names the first broken link."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--anchor",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="Also compare with this anchor, kept elsewhere; may be given several times.",
        )
        parser.add_argument(
            "--write-anchor",
            type=Path,
            metavar="FILE",
            help="When all is well, write the ends of all chains into a new file, to be kept elsewhere.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kept = [_read(path) for path in options["anchor"]]
        # Taken before the walk: what is signed while it lasts has not been proven.
        anchor = Anchor(clock.now(), tuple(anchors.heads()))
        broken = 0
        count = 0
        for count, (_, link) in enumerate(verify_all(), start=1):
            if link is not None:
                broken += 1
                self._tell(link)
            if count % PROGRESS_EVERY == 0:
                self.stdout.write(f"{count} chains walked")
        departed = [link for each in kept for link in anchors.departures(each)]
        for link in departed:
            self._tell(link)
        if broken:
            raise CommandError(f"{broken} of {count} chains are broken.")
        if departed:
            raise CommandError(f"{len({link.patient_id for link in departed})} chains left their anchor.")
        if options["write_anchor"]:
            _write(options["write_anchor"], anchors.text_of(anchor))
        self.stdout.write(f"All {count} chains hold.")

    def _tell(self, link: BrokenLink) -> None:
        self.stdout.write(f"BROKEN patient {link.patient_id}, link {link.chain_position}: {link.what}")


def _read(path: Path) -> Anchor:
    try:
        return anchors.read(path.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} can't be read as an anchor. {error}") from error


def _write(path: Path, text: str) -> None:
    """Never over an older one: that one is what a later look needs."""
    try:
        with path.open("x") as file:
            file.write(text)
    except OSError as error:
        raise CommandError(f"The anchor can't be written to {path}: {error.strerror}.") from error
