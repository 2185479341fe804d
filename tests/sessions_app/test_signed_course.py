"""The picture of a signed session: drawn from the frozen content, on the printed page and in the PDF."""

import json
from typing import Any

from django.urls import reverse

from sessions_app.models import Session, SignedRecord
from sessions_app.signing import course_drawing
from sessions_app.signing.course import SignedCourse, course_of
from sessions_app.signing.frozen import Frozen
from tests.cast import House
from tests.sessions_app import stories
from tests.sessions_app.behind import full
from tests.sessions_app.test_printing import text_of
from tests.sessions_app.test_signing import amend, corrected_reading
from tests.web.pages import browser_of, words


def drawn(signed: SignedRecord, **changes: Any) -> SignedCourse:
    """The course of this version, with some of its parts said otherwise."""
    found = course_of(Frozen({**json.loads(signed.content), **changes}))
    assert found
    return found


def signed(house: House) -> tuple[Session, SignedRecord]:
    session = full(house)
    return session, stories.sign(house, session)


def test_the_course_is_what_was_measured_done_and_had(house: House) -> None:
    _, record = signed(house)

    course = drawn(record)

    assert course.measured[0].words == "09:10: 122/78 mmHg, mean 93, heart rate 71 /min, SpO₂ 98 %"
    assert {each.kind for each in course.happened} >= {"start", "stop", "medicine", "ended", "home"}
    assert course.happened[0].words.startswith("09:20 started")
    assert "stop SBP ≥ 180" in [limit.words for limit in course.limits]


def test_a_pause_is_shaded_until_the_pump_goes_on(house: House) -> None:
    _, record = signed(house)
    start, *others = json.loads(record.content)["infusion"]
    steps = [
        start,
        *(
            {**start, "id": kind, "kind": kind, "happened_at": f"2027-01-11T15:{minute}:00.000000Z"}
            for kind, minute in (("pause", 25), ("rate", 26), ("resume", 29))
        ),
        *others,
    ]

    course = drawn(record, infusion=steps)

    assert [(f"{begins:%H:%M}", f"{ends:%H:%M}") for begins, ends in course.pauses] == [("09:25", "09:29")]


def test_each_version_is_drawn_as_it_was_signed(house: House) -> None:
    session = stories.signed(house)
    first = session.signed_records.get()
    second = amend(house, session, corrected_reading(session, systolic_mmhg=190))

    assert [drawn(each).measured[0].values["pressure"] for each in (first, second)] == [(78, 122), (78, 190)]
    assert drawn(second).measured[0].past["pressure"] == "stop"


def test_where_nothing_was_measured_there_is_nothing_to_draw(house: House) -> None:
    _, record = signed(house)
    assert course_of(Frozen({**json.loads(record.content), "vital_signs": []})) is None


def test_the_paper_has_the_picture_with_its_words(house: House) -> None:
    session, record = signed(house)
    text = text_of(session)

    for said in ("Vital signs and what was done", "Pressure, mmHg", "stop SBP >= 180", "1 09:20 started"):
        assert said in text, said
    assert len(course_drawing.numbered(drawn(record))) == len(drawn(record).happened)


def test_the_printed_page_has_it_too(house: House) -> None:
    session, _ = signed(house)

    page = browser_of(house.nils).get(reverse("print_record", args=[session.pk]))

    assert page.content.decode().count("<polyline") == 3
    assert "09:20 started" in words(page)
