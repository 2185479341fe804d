"""A side effect on the session's page: told with what was done, and what became of it."""

import re
from datetime import timedelta
from typing import Any

from django.urls import reverse

from sessions_app.models import MedicineGiven
from tests.cast import House, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import HOME_AT, STARTED_AT
from tests.web.pages import browser_of, words
from tests.web.test_nurse import NAUSEA, Wall, send, wall

__all__ = ["wall"]  # the clock on the wall is a fixture of these stories too


def minute(minutes: float) -> Any:
    return STARTED_AT + timedelta(minutes=minutes)


def test_a_side_effect_with_its_peak_source_and_medicine_is_entered_on_the_page(
    house: House, wall: Wall
) -> None:
    session = stories.infusing(house)
    wall.shows = minute(10)
    given = MedicineGiven.objects.create(
        session=session,
        recorded_by=house.nils,
        recorded_at=minute(9),
        medicine="Ondansetron",
        amount=4,
        unit="mg",
        route="intravenous",
        given_at=minute(9),
        reason="Nausea",
    )
    more = {"source": "patient", "peak_grade": "2", "distress": "6", "action": "Head up"}
    nils = browser_of(house.nils)
    values = {**NAUSEA, **more, "medicine_id": str(given.pk)}
    sent = send(nils, session, "side_effect", values)
    assert sent.status_code == 302, sent.content.decode()
    line = session.side_effects.get()
    assert (line.source, line.peak_grade, line.distress, line.medicine) == ("patient", 2, 6, given)
    shown = words(nils.get(reverse("session", args=[session.pk])))
    assert "Nausea Reported by the patient" in shown
    assert "1, peak 2 distress 6 of 10" in shown


def test_a_correction_begins_with_the_peak_that_was_told(house: House, wall: Wall) -> None:
    """Sent as it came, with another word of what was done, it takes nothing of the peak away."""
    session = stories.infusing(house)
    wall.shows = minute(10)
    nils = browser_of(house.nils)
    assert send(nils, session, "side_effect", {**NAUSEA, "peak_grade": "3"}).status_code == 302
    first = session.side_effects.get()
    page = nils.get(reverse("session", args=[session.pk]), {"correct": str(first.pk)}).content.decode()
    form = page[page.index('id="part-side-effect"') :].split("</form>")[0]
    asked = form[form.index('name="peak_grade"') :].split("</select>")[0]
    assert re.findall(r'value="(\d?)" selected', asked) == ["3"]


def test_a_correction_begins_with_the_medicine_as_that_was_corrected(house: House, wall: Wall) -> None:
    """It was given for it, whatever its amount: the form must not say that none was."""
    session = stories.infusing(house)
    wall.shows = minute(10)
    given: dict[str, Any] = {
        "session": session,
        "recorded_by": house.nils,
        "recorded_at": minute(9),
        "medicine": "Ondansetron",
        "unit": "mg",
        "route": "intravenous",
        "given_at": minute(9),
        "reason": "Nausea",
    }
    wrong = MedicineGiven.objects.create(**given, amount=4)
    nils = browser_of(house.nils)
    assert send(nils, session, "side_effect", {**NAUSEA, "medicine_id": str(wrong.pk)}).status_code == 302
    right = MedicineGiven.objects.create(**given, amount=8, corrects=wrong, correction_reason="Read again")
    first = session.side_effects.get()
    page = nils.get(reverse("session", args=[session.pk]), {"correct": str(first.pk)}).content.decode()
    form = page[page.index('id="part-side-effect"') :].split("</form>")[0]
    assert f'<option value="{right.pk}" selected>Ondansetron 8 mg, 09:29</option>' in form


def test_what_becomes_of_a_side_effect_is_entered_without_a_reason_and_strikes_nothing_out(
    house: House, wall: Wall
) -> None:
    session = stories.infusing(house)
    wall.shows = minute(10)
    nils = browser_of(house.nils)
    assert send(nils, session, "side_effect", NAUSEA).status_code == 302
    first = session.side_effects.get()
    address = reverse("session", args=[session.pk])
    page = nils.get(address)
    assert f"?continue={first.pk}#part-course" in page.content.decode()
    asked = nils.get(address, {"continue": str(first.pk)}).content.decode()
    form = asked[asked.index('id="part-course"') :].split("</form>")[0]
    assert "Nausea: how is it now?" in form
    assert f'value="{first.pk}"' in form
    assert "correction_reason" not in form

    wall.shows = minute(20)
    sent = nils.post(
        reverse("session_course", args=[session.pk]),
        {"id": new_id(), "effect": str(first.pk), "grade": "2", "outcome": "ongoing"},
    )
    assert sent.status_code == 302, sent.content.decode()
    worse = session.side_effects.get(course_of=first)
    assert (worse.grade, worse.as_of, worse.corrects) == (2, minute(20), None)
    html = nils.get(address).content.decode()
    table = html[html.index('id="effects"') :].split("</table>")[0]
    assert 'class="corrected"' not in table
    assert f"?continue={worse.pk}" in table
    assert f"?continue={first.pk}" not in table
    shown = re.findall(r'data-label="(Since|As of)">(?:<[^>]*>)*([^<]*)', table)
    [began, at_first, began_too, now] = [moment for _, moment in shown]
    assert began == began_too == at_first != now


def test_what_becomes_of_it_once_the_patient_has_left_is_asked_with_its_moment(
    house: House, wall: Wall
) -> None:
    session = stories.discharged(house)
    wall.shows = HOME_AT + timedelta(hours=3)
    nils = browser_of(house.nils)
    assert send(nils, session, "side_effect", {**NAUSEA, "onset_at": "2027-01-11T10:00"}).status_code == 302
    first = session.side_effects.get()
    asked = nils.get(reverse("session", args=[session.pk]), {"continue": str(first.pk)}).content.decode()
    form = asked[asked.index('id="part-course"') :].split("</form>")[0]
    at_hand, _, folded = form.partition('class="rarely"')
    assert 'name="as_of"' in at_hand
    assert 'name="as_of"' not in folded
    sent = {"id": new_id(), "effect": str(first.pk), "grade": "1", "outcome": "recovering"}
    address = reverse("session_course", args=[session.pk])
    assert nils.post(address, sent).status_code == 400
    assert nils.post(address, {**sent, "as_of": "2027-01-11T12:15"}).status_code == 302
    assert session.side_effects.get(course_of=first).grade == 1
