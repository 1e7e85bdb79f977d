"""A petition's life on paper: PDF/A-3 with the whole of it attached as JSON. Fonts are embedded, nothing is transparent.

Invariant: what the paper shows is in the attachment too, which also holds what proves it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import font_roboto  # type: ignore[import-untyped]  # a package of font files
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

FONT = "Roboto"
ATTACHMENT = "case.json"
COMPLIANCE = "PDF/A-3U"
_SIZE, _SMALL, _HEAD, _TITLE = 9, 7, 11, 15
_WIDTHS = (9, 33, 52, 42, 44)
_UNKNOWN = "\ufffd"


def case_pdf(case: Mapping[str, Any], attachment: bytes, *, words: Mapping[str, str], made_at: datetime, zone: ZoneInfo) -> bytes:
    """Return the file. `case` is the attachment read; `words` are the headings in the language of the paper."""
    pdf = FPDF(enforce_compliance=COMPLIANCE)
    pdf.set_creation_date(made_at)
    pdf.add_font(FONT, fname=font_roboto.Roboto)
    pdf.set_lang(words["lang"])
    pdf.set_title(f"{words['title']} {case['trace']['code'] or case['trace']['petition_id']}")
    pdf.set_auto_page_break(auto=True, margin=15)
    pdf.add_page()
    paper = _Paper(pdf, words, zone)
    paper.head(case)
    paper.remarks(case["trace"])
    paper.readings(case["trace"])
    paper.clocks(case["trace"])
    paper.events(case["trace"])
    pdf.embed_file(
        bytes=attachment,
        basename=ATTACHMENT,
        desc=words["attachment"],
        mime_type="application/json",
        associated_file_relationship="Data",
        modification_date=made_at,
        compress=True,
    )
    return bytes(pdf.output())


class _Paper:
    """The paper as it is written from the top."""

    def __init__(self, pdf: FPDF, words: Mapping[str, str], zone: ZoneInfo) -> None:
        self._pdf, self._words, self._zone = pdf, words, zone
        self._glyphs: frozenset[int] = frozenset(font_glyphs(pdf))

    def head(self, case: Mapping[str, Any]) -> None:
        trace, about = case["trace"], case["about"]
        self._line(f"{self._words['title']} {trace['code'] or ''}", _TITLE)
        self._line(f"{trace['petition_id']} · {trace['kind'] or ''} · {trace['office'] or ''}", _SIZE)
        self._line(trace["verdict_text"], _HEAD)
        self._line(
            f"{self._words['made']}: {self._at(about['asked_at'])} · {about['asked_by']} · {about['authority'] or ''}", _SMALL
        )
        self._line(f"{self._words['log']}: {about['log_size']}", _SMALL)
        for line in (case["checkpoint"] or self._words["no_checkpoint"]).splitlines():
            self._line(line, _SMALL)

    def remarks(self, trace: Mapping[str, Any]) -> None:
        self._section("remarks", len(trace["oddities"]) + len(trace["gaps"]))
        for gap in trace["gaps"]:
            self._line(gap["text"], _SIZE)
        for odd in trace["oddities"]:
            self._line(f"#{odd['position']} {odd['text']}. {odd['why']}", _SIZE)
        for record in trace["records"] or ():
            self._line(f"{record['service']}: {record['text']} ({record['events']})", _SMALL)

    def readings(self, trace: Mapping[str, Any]) -> None:
        self._section("readings", len(trace["readings"]))
        for item in trace["readings"]:
            who = f"{item['actor']} {item['authority'] or ''}"
            self._line(
                f"#{item['position']} {self._at(item['at'])} {who}: {', '.join(item['fields'])} ({item['purpose'] or '–'})", _SIZE
            )

    def clocks(self, trace: Mapping[str, Any]) -> None:
        self._section("clocks", len(trace["clocks"]))
        for clock in trace["clocks"]:
            stand = clock["stand"]
            due = self._at(stand["due_at"]) if stand["due_at"] else "–"
            self._line(f"{clock['rule']} {clock['step']}: {stand['outcome'] or stand['state']}, {due}", _SIZE)

    def events(self, trace: Mapping[str, Any]) -> None:
        self._section("events", len(trace["events"]))
        self._pdf.set_font(FONT, size=_SMALL)
        heads = ("#", *(self._words[name] for name in ("at", "event", "actor", "rule")))
        with self._pdf.table(col_widths=_WIDTHS, headings_style=FontFace(emphasis="", fill_color=(230, 230, 230))) as table:
            for cells in (heads, *map(self._cells, trace["events"])):
                row = table.row()
                for cell in cells:
                    row.cell(self._known(cell))

    def _cells(self, event: Mapping[str, Any]) -> Sequence[str]:
        rule = event["rule"] or {}
        name = str(rule.get("rule") or rule.get("ground") or rule.get("basis") or "")
        cause = f" ({self._words['cause']} #{event['cause']['position']})" if event["cause"] else ""
        return (
            str(event["position"]),
            self._at(event["effective_at"]),
            f"{event['title']}{cause}",
            f"{event['actor']} {event['authority'] or ''}".strip(),
            name,
        )

    def _section(self, name: str, number: int) -> None:
        self._pdf.ln(2)
        self._line(f"{self._words[name]}: {number}", _HEAD)

    def _line(self, text: str, size: int) -> None:
        self._pdf.set_font(FONT, size=size)
        self._pdf.multi_cell(0, size * 0.5, self._known(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _known(self, text: str) -> str:
        """Return text without what the font cannot show: PDF/A allows no missing glyph."""
        return "".join(sign if ord(sign) in self._glyphs else "?" for sign in text)

    def _at(self, text: str) -> str:
        return f"{datetime.fromisoformat(text).astimezone(self._zone):%d/%m/%Y %H:%M:%S}"


def font_glyphs(pdf: FPDF) -> Sequence[int]:
    """Return the characters that the font shows."""
    font: Any = next(iter(pdf.fonts.values()))
    return list(font.cmap)
