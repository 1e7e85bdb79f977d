"""The receipt on paper: A5, Vietnamese first and English second, with a QR code of where the petition can be followed.

Invariant: the file says nothing of the petitioner but the name that was handed in for it, and its metadata nothing at all.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

import font_roboto  # type: ignore[import-untyped]  # a package of font files
import segno
from fpdf import FPDF
from fpdf.enums import WrapMode
from fpdf.fonts import TTFFont

FONT = "Roboto"
MARGIN_MM = 14.0
QR_MM = 36.0
_WIDTH_MM, _HEIGHT_MM = 148.0, 210.0
_VI_SIZE, _EN_SIZE, _TITLE_SIZE, _CODE_SIZE = 10.5, 8.0, 15.0, 20.0
_BLACK, _GREY = 0, 90
_LACKING = "?"
_PHRASE = "Cụm từ bí mật / Secret phrase"

Words = tuple[str, str]

_HOW_TO_FOLLOW = (
    ("Theo dõi đơn: quét mã QR, hoặc mở địa chỉ dưới đây, hoặc đọc mã tra cứu cho cán bộ tiếp công dân.", _VI_SIZE, _BLACK),
    ("To follow your petition: scan the QR code, open the address below, or tell a clerk the code.", _EN_SIZE, _GREY),
    ("Ai có mã này đều xem được tiến độ: xin giữ kín.", _EN_SIZE, _BLACK),
    ("Whoever has the code can see the progress: keep it to yourself.", _EN_SIZE, _GREY),
)
_HOW_TO_FOLLOW_UNDER_SEAL = (
    ("Theo dõi đơn: quét mã QR hoặc mở địa chỉ dưới đây, rồi nhập cụm từ bí mật (không cần dấu).", _VI_SIZE, _BLACK),
    ("To follow it: scan the QR code or open the address below, then enter the secret phrase.", _EN_SIZE, _GREY),
    ("Cụm từ này không được lưu ở đâu khác: mất thì không cấp lại qua điện thoại. Đừng đọc cho ai.", _EN_SIZE, _BLACK),
    ("The phrase is written down nowhere else and is told to nobody over the phone: show it to no one.", _EN_SIZE, _GREY),
)


@dataclass(frozen=True, slots=True)
class Paper:
    """What is printed; pairs are Vietnamese and English. `received` is a day, with its hour where it is known.

    `code` None: a denunciation, whose `secret` is the phrase that stands in the code's place.
    """

    code: str | None
    kind: Words
    office: Words
    received: Words
    registered: datetime
    register_number: str | None
    name: str | None
    secret: str
    tracking_url: str


def receipt_pdf(paper: Paper) -> bytes:
    """Return the receipt as PDF. Takes some ten milliseconds: call it in a thread."""
    pdf = FPDF(format=(_WIDTH_MM, _HEIGHT_MM))
    pdf.set_margin(MARGIN_MM)
    pdf.set_auto_page_break(auto=False)
    pdf.add_font(FONT, "", font_roboto.Roboto)
    pdf.add_font(FONT, "B", font_roboto.RobotoBold)
    pdf.set_lang("vi")
    pdf.set_title("Giấy biên nhận đơn")
    pdf.set_producer("Cầu Nối")
    pdf.set_creation_date(paper.registered)
    pdf.add_page()
    _head(pdf, paper)
    for label, value in _said(paper):
        _pair(pdf, label, value)
    _following(pdf, paper)
    return bytes(pdf.output())


def _head(pdf: FPDF, paper: Paper) -> None:
    _text(pdf, paper.office[0], size=_VI_SIZE, style="B", align="C")
    _text(pdf, paper.office[1], size=_EN_SIZE, colour=_GREY, align="C")
    pdf.ln(5)
    _text(pdf, "GIẤY BIÊN NHẬN ĐƠN", size=_TITLE_SIZE, style="B", align="C")
    _text(pdf, "RECEIPT", size=_EN_SIZE, colour=_GREY, align="C")
    pdf.ln(4)
    handle, label = (paper.code, "Mã tra cứu / Tracking code") if paper.code else (paper.secret, _PHRASE)
    _text(pdf, handle, size=_CODE_SIZE if paper.code else _TITLE_SIZE, style="B", align="C")
    _text(pdf, label, size=_EN_SIZE, colour=_GREY, align="C")
    pdf.ln(4)


def _said(paper: Paper) -> list[tuple[Words, Words]]:
    said: list[tuple[Words, Words]] = []
    if paper.name:
        said.append((("Người gửi", "Petitioner"), (paper.name, "")))
    said.append((("Loại đơn", "Kind"), paper.kind))
    said.append((("Ngày nhận", "Received"), paper.received))
    if paper.register_number:
        said.append((("Số đăng ký", "Register number"), (paper.register_number, "")))
    if paper.code:
        said.append((("Mã bí mật", "Secret"), (paper.secret, "To withdraw, contest or judge the answer: for you alone.")))
    return said


def _pair(pdf: FPDF, label: Words, value: Words) -> None:
    column, top = 40.0, pdf.get_y()
    _text(pdf, label[0], size=_VI_SIZE, width=column)
    _text(pdf, label[1], size=_EN_SIZE, colour=_GREY, width=column)
    below = pdf.get_y()
    pdf.set_y(top)
    for words, size, colour in ((value[0], _VI_SIZE, _BLACK), (value[1], _EN_SIZE, _GREY)):
        pdf.set_x(MARGIN_MM + column)
        if words:
            _text(pdf, words, size=size, colour=colour, style="B" if size == _VI_SIZE else "")
    pdf.set_y(max(below, pdf.get_y()) + 2)


def _following(pdf: FPDF, paper: Paper) -> None:
    """Say how to follow the petition, beside the code that a telephone reads."""
    pdf.ln(2)
    top = pdf.get_y()
    _qr(pdf, paper.tracking_url, MARGIN_MM, top)
    left, width = MARGIN_MM + QR_MM + 6, _WIDTH_MM - 2 * MARGIN_MM - QR_MM - 6
    pdf.set_y(top)
    lines = _HOW_TO_FOLLOW if paper.code else _HOW_TO_FOLLOW_UNDER_SEAL
    for words, size, colour in (*lines[:2], (paper.tracking_url, _EN_SIZE, _BLACK), *lines[2:]):
        pdf.set_x(left)
        _text(pdf, words, size=size, colour=colour, width=width)
        pdf.ln(1)


def _text(
    pdf: FPDF, words: str, *, size: float, style: str = "", colour: int = _BLACK, width: float = 0, align: str = "L"
) -> None:
    pdf.set_font(FONT, style, size)
    pdf.set_text_color(colour)
    wrap = WrapMode.CHAR if "://" in words else WrapMode.WORD
    pdf.multi_cell(width, size * 0.5, _printable(pdf, words), align=align, new_x="LMARGIN", new_y="NEXT", wrapmode=wrap)


def _printable(pdf: FPDF, words: str) -> str:
    """Return `words` with a mark for each sign that the font lacks: the library would write those of a name into the log."""
    known = pdf.current_font.cmap if isinstance(pdf.current_font, TTFFont) else {}
    return "".join(letter if ord(letter) in known else _LACKING for letter in unicodedata.normalize("NFC", words))


def _qr(pdf: FPDF, content: str, left: float, top: float) -> None:
    """Draw the code as black runs: no picture, so it is sharp at any size."""
    rows = [bytes(row) for row in segno.make(content, error="m", micro=False).matrix]
    side = QR_MM / len(rows)
    pdf.set_fill_color(_BLACK)
    for down, row in enumerate(rows):
        start = 0
        while (start := row.find(1, start)) >= 0:
            end = row.find(0, start)
            end = len(row) if end < 0 else end
            pdf.rect(left + start * side, top + down * side, (end - start) * side, side, style="F")
            start = end
