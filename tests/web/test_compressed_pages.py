"""Pages leave compressed, and their length tells nobody what is in them; the API's answers leave as they
are.
"""

import gzip

from tests.cast import House
from tests.sessions_app import stories
from tests.web.pages import browser_of

GZIP = {"Accept-Encoding": "gzip, br"}


def test_a_page_is_compressed_for_a_browser_that_reads_that(house: House) -> None:
    ana = browser_of(house.ana)
    page = ana.get("/patients/", headers=GZIP)
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert b"Delgado" in gzip.decompress(page.content)
    plain = ana.get("/patients/")
    assert "Content-Encoding" not in plain
    assert len(page.content) < len(plain.content) / 2


def test_the_same_page_has_a_length_of_its_own_each_time(house: House) -> None:
    """So that nobody who counts bytes on the wire learns from them what a guess in the page's address was."""
    ana = browser_of(house.ana)
    lengths = {len(ana.get("/patients/", headers=GZIP).content) for _ in range(8)}
    assert max(lengths) - min(lengths) > 10


def test_an_answer_of_the_api_keeps_its_strong_mark(house: House) -> None:
    session = stories.infusing(house)
    answer = browser_of(house.nils).get(f"/api/v1/sessions/{session.pk}/", headers=GZIP)
    assert "Content-Encoding" not in answer
    assert answer["ETag"].startswith('"')
