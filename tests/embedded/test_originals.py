"""A data folder that was copied or put back is known from the one that was last run."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded import originals
from embedded.place import Place
from tests.embedded.conftest import Run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of data that is run for the second time by now; `backup` is from the first."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "row").write_text("of the first run")
    originals.declare(folder)
    subprocess.run(["cp", "-a", folder, tmp_path / "backup"], check=True)
    (folder / "row").write_text("of the second")
    originals.declare(folder)
    return folder


def beside(backup: Path, data: Path) -> None:
    """cp -a backup elsewhere"""
    shutil.rmtree(data)
    subprocess.run(["cp", "-a", backup, data], check=True)


def over(backup: Path, data: Path) -> None:
    """cp -a backup/. data/"""
    subprocess.run(["cp", "-a", f"{backup}/.", data], check=True)


def what_differs(backup: Path, data: Path) -> None:
    """As rsync -a does: files of the same size and time are left alone, others replaced."""
    for file in backup.iterdir():
        there = data / file.name
        looks_alike = there.exists() and (there.stat().st_size, there.stat().st_mtime_ns) == (
            file.stat().st_size,
            file.stat().st_mtime_ns,
        )
        if not looks_alike:
            there.unlink(missing_ok=True)
            shutil.copy2(file, there)


def from_an_archive(backup: Path, data: Path) -> None:
    """tar -x over it"""
    archive = backup.with_suffix(".tar")
    subprocess.run(["tar", "-C", backup, "-cf", archive, "."], check=True)
    subprocess.run(["tar", "-C", data, "-xpf", archive], check=True)


def in_its_place(backup: Path, data: Path) -> None:
    """mv data elsewhere; mv backup data"""
    data.rename(data.with_suffix(".old"))
    backup.rename(data)


@pytest.mark.parametrize("put_back", [beside, over, what_differs, from_an_archive, in_its_place])
def test_a_backup_that_is_put_back_is_no_original(
    data: Path, tmp_path: Path, put_back: Callable[[Path, Path], None]
) -> None:
    assert originals.is_original(data)
    put_back(tmp_path / "backup", data)
    assert (data / "row").read_text() == "of the first run"
    assert not originals.is_original(data)
    originals.declare(data)
    assert originals.is_original(data)


def test_a_folder_that_was_moved_is_still_the_one(data: Path, tmp_path: Path) -> None:
    assert originals.is_original(data.rename(tmp_path / "elsewhere"))


def test_data_without_a_slip_is_nobodys_original(tmp_path: Path) -> None:
    assert not originals.is_original(tmp_path)


def test_a_run_that_is_killed_while_it_declares_leaves_the_original_one(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    for name in ("_told_of", "_write_out"):
        with monkeypatch.context() as patch:
            patch.setattr(originals, name, die)
            with pytest.raises(Killed):
                originals.declare(data)
        assert originals.is_original(data)
    originals.declare(data)
    assert len(list(data.glob(f"{originals.SLIP}-*"))) == 1


def test_a_clinics_data_is_an_original_from_its_first_start_on_and_postgresql_leaves_it_so(run: Run) -> None:
    """The seconds are a real start."""
    data = Place(run.folder).postgres
    run.start()
    run.stop()
    assert originals.is_original(data)
    copy = data.with_name("copy")
    subprocess.run(["cp", "-a", data, copy], check=True)
    assert not originals.is_original(copy)
