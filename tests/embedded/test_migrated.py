"""The migrated PostgreSQL that runs copy: good for the very files that made it, or not taken at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from embedded import migrated
from embedded.place import ROOT, Place
from embedded.progress import Progress
from embedded.supervisor import Supervisor

# Whatever of this repository is loaded by the time that the first migration is applied.
LOADED = """
import sys, django
django.setup()
from django.core.management import get_commands, load_command_class
from django.db.migrations.loader import MigrationLoader
load_command_class(get_commands()["migrate"], "migrate")
MigrationLoader(None)
print(*(module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None)), sep="\\n")
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of two files, with a folder to keep what its migrations make."""
    for name in ("clinic/migrations/0001_initial.py", "requirements.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("as it was")
    monkeypatch.setattr(migrated, "ROOT", tmp_path)
    monkeypatch.setattr(migrated, "KEPT", tmp_path / "kept")
    migrated.KEPT.mkdir()
    return tmp_path


@pytest.fixture
def made(tmp_path: Path) -> Place:
    """Data at rest; what is in them is PostgreSQL's business."""
    place = Place(tmp_path / "made")
    (place.postgres / "base").mkdir(parents=True)
    (place.postgres / "base" / "1").write_text("a table")
    place.secret("postgres")
    return place


def test_every_file_that_the_migrations_load_has_a_say() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    files = {Path(line) for line in loaded.splitlines()}
    ours = {path for path in files if path.is_relative_to(ROOT) and ".venv" not in path.parts}
    empty = {path for path in ours if path.name == "__init__.py" and not path.read_text()}
    assert len(ours) > 50
    assert sorted(ours - empty - set(migrated.sources())) == []


@pytest.mark.parametrize(
    "name", ["clinic/migrations/0001_initial.py", "clinic/migrations/0002_new.py", "requirements.txt"]
)
def test_a_changed_or_a_new_file_wants_tables_of_its_own(checkout: Path, name: str) -> None:
    before = migrated.fingerprint()
    assert migrated.fingerprint() == before
    (checkout / name).write_text("as it is now")
    assert migrated.fingerprint() != before


def test_what_is_kept_comes_back_with_what_opens_it(checkout: Path, made: Place) -> None:
    kept = migrated.KEPT / "whole"
    migrated._keep(made, kept)
    copy = Place(checkout / "copy")
    migrated._copy(kept, copy)
    assert (copy.postgres / "base" / "1").read_text() == "a table"
    assert copy.secret("postgres") == made.secret("postgres")


def test_who_is_killed_while_keeping_leaves_nothing_that_is_taken_for_whole(
    checkout: Path, made: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    kept = migrated.KEPT / "whole"
    with monkeypatch.context() as patch:
        patch.setattr(os, "sync", killed)
        with pytest.raises(KeyboardInterrupt):
            migrated._keep(made, kept)
    assert not kept.exists()
    migrated._keep(made, kept)
    assert [each.name for each in migrated.KEPT.iterdir()] == ["whole"]


def test_the_last_used_are_kept(checkout: Path, made: Place) -> None:
    for number in range(migrated.MOST_KEPT + 1):
        kept = migrated.KEPT / f"{number}"
        migrated._keep(made, kept)
        os.utime(kept, (number, number))
        if number == migrated.MOST_KEPT - 1:
            migrated._copy(migrated.KEPT / "0", Place(checkout / "copy"))
    assert sorted(each.name for each in migrated.KEPT.iterdir()) == ["0", "2", "3", "4"]


@pytest.mark.parametrize("edited", [False, True], ids=["left alone", "edited meanwhile"])
def test_tables_are_kept_for_the_very_files_that_they_were_made_of(
    checkout: Path, made: Place, monkeypatch: pytest.MonkeyPatch, edited: bool
) -> None:
    def migrate(*_: object) -> bool:
        if edited:
            (checkout / "requirements.txt").write_text("as it is now")
        return True

    monkeypatch.setattr(migrated, "_migrate", migrate)
    before = migrated.fingerprint()
    with Supervisor(Progress()) as supervisor:
        assert migrated.put_below(made, supervisor, Progress())
    kept = {each.name for each in migrated.KEPT.iterdir() if each.is_dir()}
    assert kept == (set() if edited else {before})
