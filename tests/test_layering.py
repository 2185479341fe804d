"""Imports run one way, and pure modules import no Django."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ["clinic", "scheduler", "sessions_app", "notifications", "web", "config"]
# The folders of the floors that have any, from the ground up.
FOLDERS = {
    "scheduler": [
        "models",
        "protocols",
        "evaluating",
        "prescribing",
        "finding",
        "visits",
        "working_hours",
        "series",
        "waitlist",
        "repairing",
        "reporting",
        "levelling",
        "calendars",
        "api",
    ],
    "sessions_app": [
        "models",
        "observing",
        "preparing",
        "infusing",
        "leaving",
        "signing",
        "monitors",
        "outcomes",
        "reporting",
        "api",
    ],
    "notifications": [
        "models",
        "wording",
        "planning",
        "channels",
        "delivering",
        "escalating",
        "answering",
        "talking",
        "watching",
        "reporting",
        "api",
    ],
}
PURE = [
    "clinic/era.py",
    "clinic/importing/as_read.py",
    "clinic/importing/fhir.py",
    "clinic/importing/fhir_files.py",
    "clinic/importing/reading.py",
    "clinic/importing/records.py",
    "clinic/importing/table.py",
    "clinic/letters.py",
    "clinic/lock_screens.py",
    "clinic/visible_text.py",
    "notifications/planning/jurisdictions.py",
    "scheduler/evaluating/days.py",
    "scheduler/finding/availability.py",
    "scheduler/finding/frequency.py",
    "scheduler/working_hours/declarable.py",
    "scheduler/working_hours/hours.py",
    "scheduler/levelling/laying_out.py",
    "scheduler/levelling/programme.py",
    "scheduler/levelling/search.py",
    "scheduler/levelling/template.py",
    "scheduler/waitlist/offering.py",
    "scheduler/finding/packing.py",
    "scheduler/repairing/__init__.py",
    "scheduler/repairing/breaking.py",
    "scheduler/repairing/choices.py",
    "scheduler/repairing/day.py",
    "scheduler/repairing/laying.py",
    "scheduler/repairing/modelling.py",
    "scheduler/repairing/naming.py",
    "scheduler/repairing/planning.py",
    "scheduler/repairing/programme.py",
    "scheduler/repairing/rooms.py",
    "scheduler/protocols/differing_content.py",
    "scheduler/protocols/eased_content.py",
    "scheduler/protocols/limit_content.py",
    "scheduler/protocols/protocol_content.py",
    "scheduler/prescribing/screening.py",
    "scheduler/vocabulary.py",
    "scheduler/finding/serving.py",
    "scheduler/finding/starts.py",
    "scheduler/finding/wishes.py",
    "scheduler/series/planning.py",
    "scheduler/series/spaced_days.py",
    "sessions_app/states.py",
    "sessions_app/preparing/dosing.py",
    "sessions_app/observing/alert_rules.py",
    "sessions_app/observing/due_times.py",
    "sessions_app/observing/trends.py",
    "sessions_app/observing/vital_limits.py",
    "sessions_app/infusing/hard_stop.py",
    "sessions_app/infusing/pump.py",
    "sessions_app/monitors/framing.py",
    "sessions_app/monitors/hl7.py",
    "sessions_app/monitors/readings.py",
    "sessions_app/leaving/home_readiness.py",
    "sessions_app/leaving/instructions.py",
    "sessions_app/signing/comparing.py",
    "sessions_app/signing/forms.py",
    "sessions_app/signing/meanings.py",
    "sessions_app/signing/record.py",
    "sessions_app/outcomes/instruments.py",
    "sessions_app/outcomes/scoring.py",
    "sessions_app/outcomes/diary_counts.py",
    "sessions_app/outcomes/statistics.py",
    "sessions_app/outcomes/cohort.py",
    "sessions_app/outcomes/cohort_table.py",
    "notifications/planning/reasons.py",
    "notifications/planning/rules.py",
    "notifications/planning/stage_words.py",
    "notifications/planning/timing.py",
    "notifications/planning/choosing.py",
    "notifications/wording/crisis_words.py",
    "notifications/wording/danger_words.py",
    "notifications/wording/filling.py",
    "notifications/wording/gsm7.py",
    "notifications/wording/plain_words.py",
    "notifications/wording/spanish.py",
    "notifications/wording/texts.py",
    "notifications/wording/unwell_words.py",
    "notifications/wording/writing.py",
    "notifications/answering/comparing.py",
    "notifications/answering/grading.py",
    "notifications/answering/question_sets.py",
    "notifications/answering/questionnaire_words.py",
    "notifications/talking/opt_out_words.py",
    "notifications/talking/own_words.py",
    "notifications/talking/reply_phrases.py",
    "notifications/escalating/task_kinds.py",
    "notifications/talking/reading_words.py",
    "notifications/escalating/ladder.py",
    "web/lengths.py",
    "web/months.py",
    "web/plots/boxes.py",
    "web/plots/columns.py",
    "web/plots/course_bars.py",
    "web/plots/heat.py",
    "web/plots/intervals.py",
    "web/plots/lanes.py",
    "web/plots/live_chart.py",
    "web/plots/marks.py",
    "web/plots/paths.py",
    "web/plots/scale.py",
    "web/plots/spark.py",
    "web/plots/stacked.py",
    "web/plots/survival.py",
    "web/plots/week_bars.py",
    "web/board/__init__.py",
    "web/board/layout.py",
    "web/board/load.py",
    "web/board/week.py",
]


@cache
def imported(path: Path) -> list[tuple[int, str, bool]]:
    """(line, module, inside a function) of every import in a file."""
    return list(_imported(path))


def _imported(path: Path) -> Iterator[tuple[int, str, bool]]:
    tree = ast.parse(path.read_text())
    inside = {
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, node in inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: say the whole path"
            # `from notifications.planning import timing` names the module notifications.planning.timing.
            module = node.module or ""
            folder = module.split(".")[0] in FLOORS and (ROOT / module.replace(".", "/")).is_dir()
            for name in [f"{module}.{alias.name}" for alias in node.names] if folder else [module]:
                yield node.lineno, name, node in inside


def sources(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("floor", FLOORS)
def test_no_floor_imports_from_above(floor: str) -> None:
    above = [*FLOORS[FLOORS.index(floor) + 1 :], "tests", "embedded"]
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sources(floor)
        for line, module, _ in imported(path)
        if module.split(".")[0] in above
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("floor", "folder"), [(floor, folder) for floor, folders in FOLDERS.items() for folder in folders]
)
def test_no_folder_imports_from_one_above_it(floor: str, folder: str) -> None:
    order = FOLDERS[floor]
    above = [f"{floor}.{name}" for name in order[order.index(folder) + 1 :]]
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sources(f"{floor}/{folder}")
        for line, module, _ in imported(path)
        if ".".join(module.split(".")[:2]) in above
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("floor", FOLDERS)
def test_every_folder_of_a_floor_has_its_place_in_the_order(floor: str) -> None:
    folders = {path.parent.name for path in (ROOT / floor).glob("*/__init__.py")}
    assert folders - {"migrations", "management"} == set(FOLDERS[floor])


def test_the_rooms_of_the_pages_never_ask_each_other_in_a_circle() -> None:
    """A folder of `web/views` is one room, and so is a file beside the folders."""
    asks: dict[str, set[str]] = {}
    for path in sources("web/views"):
        room = path.relative_to(ROOT / "web/views").parts[0].removesuffix(".py")
        asked = {name.split(".")[2] for _, name, _ in imported(path) if name.startswith("web.views.")}
        asks.setdefault(room, set()).update(asked - {room})
    TopologicalSorter(asks).prepare()  # raises CycleError, which names them


@pytest.mark.parametrize("floor", FLOORS)
def test_no_import_hides_inside_a_function(floor: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sources(floor)
        for line, module, inside in imported(path)
        if inside
    ]
    assert not found, "\n".join(found)


def test_the_machine_room_imports_nothing_of_the_product() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sources("embedded")
        for line, module, _ in imported(path)
        if module.split(".")[0] in [*FLOORS, "django", "celery"]
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_import_no_orm(module: str) -> None:
    """Arithmetic may use the standard library and other pure modules, nothing that knows a database."""
    pure_names = {name.removesuffix(".py").replace("/", ".") for name in PURE}
    found = [
        f"{module}:{line} imports {name}"
        for line, name, _ in imported(ROOT / module)
        if name.split(".")[0] in {"django", "rest_framework", "celery", "pghistory", "psycopg"}
        or (name.split(".")[0] in FLOORS and name not in pure_names)
    ]
    assert not found, "\n".join(found)
