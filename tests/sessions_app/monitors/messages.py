"""ORU^R01 messages as a bedside monitor sends them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.cast import NOW

MONITOR = "BED4"
# Five minutes into the infusion of `tests.sessions_app.stories`.
DURING = NOW + timedelta(minutes=25)
CALM = (("8867-4", "71", "/min"), ("59408-5", "98", "%"))
Line = tuple[str, ...]  # code, value, unit, then what else of OBX: 11 status, 14 moment, 18 equipment


def stamp(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S%z}"


def oru(
    at: datetime | str | None,
    lines: Sequence[Line] = CALM,
    *,
    control_id: str = "1",
    sender: str = MONITOR,
    patient: str = "",
    header: str = "",
    kind: str = "NM",
) -> bytes:
    """One message with one OBR. `at` is OBR-7, as a moment or as it stands."""
    moment = stamp(at) if isinstance(at, datetime) else at or ""
    about = f"{sender}|WARD|CHAIRSIDE|CLINIC|20270111150000+0000||ORU^R01^ORU_R01|{control_id}|P|2.6"
    segments = [
        header or f"MSH|^~\\&|{about}",
        f"PID|||{patient}",
        "PV1||O|C4",
        f"OBR|1|||VITALS^Vital signs|||{moment}",
        *(obx(number, line, kind) for number, line in enumerate(lines, 1)),
    ]
    return ("\r".join(segments) + "\r").encode()


def obx(number: int, line: Line, kind: str = "NM") -> str:
    code, value, unit, status, moment, equipment = (*line, *("F", "", "")[len(line) - 3 :])
    return f"OBX|{number}|{kind}|{code}^name^LN||{value}|{unit}|||||{status}|||{moment}||||{equipment}"
