"""A signed version as PDF: the same version gives the same bytes, on any day and any machine.

The words are `sheet`'s. The font comes in a wheel and holds the letters of most names written in Latin, Greek
and Cyrillic; a sign that it doesn't hold is printed as its number, such as [U+674E], never left out.
"""

import json
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from sessions_app.models import SignedRecord
from sessions_app.signing import course_drawing, sheet
from sessions_app.signing.course import SignedCourse, course_of
from sessions_app.signing.frozen import Frozen
from sessions_app.signing.sheet_parts import VITAL_SIGNS

FONT: Final = "Noto Sans"
COURSE: Final = "Vital signs and what was done"
MARGIN: Final = 15 * mm
PADDING: Final = 6  # of the frame that the library lays its story in, in points
CELL_PADDING: Final = 2.5
MOST_SIGNS: Final = 40  # beyond them a column says no more: its lines are broken anyway
LONG_WORDS: Final = 4  # what is longer than a quarter of the page, such as a hash, is broken
GREY: Final = colors.HexColor("#555555")
LINE: Final = colors.HexColor("#bbbbbb")

_face: Final = TTFont(FONT, str(files("fontpkg_noto_sans") / "files" / "NotoSans[wdth,wght].ttf"))
pdfmetrics.registerFont(_face)

BODY: Final = ParagraphStyle("body", fontName=FONT, fontSize=8, leading=10.5)
HEAD: Final = ParagraphStyle("head", parent=BODY, textColor=GREY)
HASH: Final = ParagraphStyle("hash", parent=BODY, fontSize=6, leading=8, wordWrap="CJK")
SECTION: Final = ParagraphStyle("section", parent=BODY, fontSize=11, leading=14, spaceBefore=9, spaceAfter=3)
TITLE: Final = ParagraphStyle("title", parent=BODY, fontSize=16, leading=20)


class _Paper(Canvas):
    """Pages that know how many they are, each but the first headed by whose they are and of which visit. The
    file is dated at the signature: it is the same bytes whenever it is printed."""

    def __init__(self, *args: Any, about: str, footer: str, signed_at: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.about, self.footer = printable(about), printable(footer)
        self.kept: list[dict[str, Any]] = []
        dated = f"D:{signed_at.astimezone(UTC):%Y%m%d%H%M%S}+00'00'"
        self.setDateFormatter(lambda *_: dated)

    def showPage(self) -> None:
        self.kept.append(dict(vars(self)))
        self._startPage()  # type: ignore[attr-defined]  # not in the library's stubs

    def save(self) -> None:
        kept = self.kept
        for number, page in enumerate(kept, start=1):
            vars(self).update(page)
            self._number(number, len(kept))
            super().showPage()
        super().save()

    def _number(self, number: int, count: int) -> None:
        self.setFont(FONT, 7)
        self.setFillColor(GREY)
        if number > 1:
            self.drawString(MARGIN, A4[1] - 9 * mm, self.about)
        self.drawString(MARGIN, 8 * mm, self.footer)
        self.drawRightString(A4[0] - MARGIN, 8 * mm, f"Page {number} of {count}")


def pdf_of(versions: Sequence[SignedRecord]) -> bytes:
    """The last of these versions of one record, the signature first, as a PDF."""
    page = sheet.sheet_of(versions)
    out = BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=page.title,
        author=page.clinic,
        invariant=1,  # no date of printing: the same bytes each time
    )
    paper = partial(
        _Paper,
        about=page.about,
        footer=f"{page.clinic} · {page.title} · SHA-256 {versions[-1].sha256[:16]}…",
        signed_at=page.signed_at,
    )
    story: list[Flowable] = [_words(page.clinic, HEAD), _words(page.title, TITLE), Spacer(0, 2 * mm)]
    course = course_of(Frozen(json.loads(versions[-1].content)))
    for table in page.tables:
        if course is not None and table.title == VITAL_SIGNS.title:
            story.append(_picture(course, document.width - 2 * PADDING))
        story += [_words(table.title, SECTION), _drawn(table, document.width - 2 * PADDING)]
    document.build(story, canvasmaker=paper)
    return out.getvalue()


def printable(text: str) -> str:
    """The text composed, with each sign that the font lacks as its number."""
    glyphs = _face.face.charToGlyph
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        sign if ord(sign) in glyphs or sign.isspace() else f"[U+{ord(sign):04X}]" for sign in composed
    )


def _words(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(printable(text)).replace("\n", "<br/>"), style)


def _picture(course: SignedCourse, width: float) -> Flowable:
    """The course with its words below it, on one page."""
    words = "; ".join(course_drawing.numbered(course))
    return KeepTogether(
        [
            _words(COURSE, SECTION),
            course_drawing.drawing_of(course, width=width, font=FONT),
            _words(words, BODY),
            _words(course_drawing.KEY, HEAD),
        ]
    )


def _drawn(table: sheet.Table, width: float) -> Table:
    rows = [
        [_words(cell, _style(table, index)) for index, cell in enumerate(row.cells)] for row in table.rows
    ]
    if not table.columns:
        return Table(rows, colWidths=[width * 0.25, width * 0.75], style=_lines(heading=False))
    head = [_words(column, HEAD) for column in table.columns]
    return Table([head, *rows], colWidths=_widths(table, width), repeatRows=1, style=_lines(heading=True))


def _style(table: sheet.Table, column: int) -> ParagraphStyle:
    return HASH if table.columns and table.columns[column] == "SHA-256" else BODY


def _widths(table: sheet.Table, width: float) -> list[float]:
    """Room for the longest word of each column, so that none is broken; the rest for those that say most."""
    cells = [
        [printable(cell) for cell in (column, *(row.cells[index] for row in table.rows))]
        for index, column in enumerate(table.columns)
    ]
    least = [_longest_word(column, most=width / LONG_WORDS) for column in cells]
    said = [min(MOST_SIGNS, max(map(len, column))) for column in cells]
    spare = max(width - sum(least), 0)
    wanted = [room + spare * share / sum(said) for room, share in zip(least, said, strict=True)]
    return [width * each / sum(wanted) for each in wanted]


def _longest_word(cells: Sequence[str], *, most: float) -> float:
    words = (word for cell in cells for word in cell.split())
    longest = max((pdfmetrics.stringWidth(word, FONT, BODY.fontSize) for word in words), default=0)
    return min(longest, most) + 2 * CELL_PADDING


def _lines(*, heading: bool) -> TableStyle:
    style: list[Any] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, LINE),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
        ("LEFTPADDING", (0, 0), (-1, -1), CELL_PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), CELL_PADDING),
    ]
    if heading:
        style.append(("LINEBELOW", (0, 0), (-1, 0), 0.75, GREY))
    return TableStyle(style)
