"""docs/operations.md's backup: dumped from one server, restored into a new one."""

import os
import subprocess

import psycopg
import pytest

from embedded.place import Place, postgres_program
from tests.embedded.conftest import Run


def tool(run: Run, name: str, *arguments: str) -> None:
    place = Place(run.folder)
    subprocess.run(
        [postgres_program(name), f"--host={place.sockets}", "--username=postgres", *arguments],
        env={"PATH": os.defpath, "PGPASSWORD": place.secret("postgres")},
        check=True,
    )


def test_a_dump_is_restored_whole_and_refuses_what_it_refused_before(run: Run) -> None:
    run.start()
    run.write("a reading")
    dump = run.folder.parent / "chairside.dump"
    tool(run, "pg_dump", "--format=custom", f"--file={dump}", "chairside")
    run.stop()
    restored = Run(run.folder.parent / "another machine")

    restored.start()
    try:
        tool(restored, "pg_restore", "--dbname=chairside", "--clean", "--if-exists", str(dump))
        assert restored.rows() == ["a reading"]
        with (
            psycopg.connect(restored.found.app_url) as app,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            app.execute("TRUNCATE kept")
    finally:
        restored.stop()
