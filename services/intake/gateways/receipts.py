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

from services.intake.domain.lodging import LEGAL_ZONE
from services.intake.domain.receipts import Missing, Recorded

FONT = "Roboto"
MARGIN_MM = 14.0
QR_MM = 36.0
PROOF_QR_MM = 108.0
"""145 to 157 modules: each 0.7 mm wide, which a telephone reads at arm's length."""
_WIDTH_MM, _HEIGHT_MM = 148.0, 210.0
_VI_SIZE, _EN_SIZE, _TITLE_SIZE, _CODE_SIZE, _SMALL_SIZE = 10.5, 8.0, 15.0, 20.0, 7.5
_LONG = 80
"""Characters of a name from which on it is set smaller, so that all stays on the page."""
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


_PROOF = {
    Missing.SOON: (
        "Chứng nhận ghi sổ có sau khoảng 10 giây: xin in lại tại quầy, hoặc lấy tệp tại địa chỉ dưới đây.",
        "The proof of record is ready some ten seconds after lodging: have this printed again, or fetch the file below.",
    ),
    Missing.LATE: (
        "Chưa có chứng nhận ghi sổ vào lúc in. Đơn đã được tiếp nhận; xin lấy tệp chứng nhận tại địa chỉ dưới đây.",
        "The proof of record was not there yet when this was printed. Your petition is lodged; fetch the file below.",
    ),
    Missing.AWAY: (
        "Sổ ghi tạm thời không trả lời nên chưa in được chứng nhận. Đơn đã được tiếp nhận; xin lấy tệp sau tại địa chỉ dưới đây.",
        "The log did not answer, so the proof of record is not printed. Your petition is lodged; fetch the file later, below.",
    ),
    Missing.UNASKED: (
        "Tệp chứng nhận ghi sổ: lấy tại địa chỉ dưới đây, hoặc hỏi cán bộ.",
        "The proof of record: fetch the file below, or ask the clerk.",
    ),
}
_PROOF_FOLLOWS = (
    "Trang sau là chứng nhận ghi sổ: ai cũng kiểm tra được, không cần hệ thống này. Lấy tệp tại địa chỉ dưới đây.",
    "The next page is the proof of record: anybody can check it without this system. Fetch the file below.",
)
_HOW_TO_CHECK = (
    ("Quét mã để kiểm tra: mọi phép tính chạy trên máy của bạn.", _VI_SIZE, _BLACK),
    ("Scan the code to check it: all is computed on your own telephone, nothing is sent.", _EN_SIZE, _GREY),
    (
        "Không có mạng: caunoi proof verify TỆP --key KHOÁ. Nên hỏi khoá công khai của sổ từ nhiều nguồn.",
        _EN_SIZE,
        _BLACK,
    ),
    (
        "Offline: caunoi proof verify FILE --key KEY. Get the log's public key from several sources.",
        _EN_SIZE,
        _GREY,
    ),
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
    fetch_url: str
    """Where the receipt's file is fetched."""
    proof: Recorded | Missing


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
    _fetching(pdf, paper)
    if isinstance(paper.proof, Recorded):
        _proof_page(pdf, paper, paper.proof)
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
            fitting = size if len(words) <= _LONG else _EN_SIZE
            _text(pdf, words, size=fitting, colour=colour, style="B" if size == _VI_SIZE else "")
    pdf.set_y(max(below, pdf.get_y()) + 2)


def _following(pdf: FPDF, paper: Paper) -> None:
    """Say how to follow the petition, beside the code that a telephone reads."""
    pdf.ln(2)
    top = pdf.get_y()
    _qr(pdf, paper.tracking_url, MARGIN_MM, top, side=QR_MM, error="m")
    left, width = MARGIN_MM + QR_MM + 6, _WIDTH_MM - 2 * MARGIN_MM - QR_MM - 6
    pdf.set_y(top)
    lines = _HOW_TO_FOLLOW if paper.code else _HOW_TO_FOLLOW_UNDER_SEAL
    for words, size, colour in (*lines[:2], (paper.tracking_url, _EN_SIZE, _BLACK), *lines[2:]):
        pdf.set_x(left)
        _text(pdf, words, size=size, colour=colour, width=width)
        pdf.ln(1)


def _fetching(pdf: FPDF, paper: Paper) -> None:
    """Say where the proof is: on the next page, or where to get it."""
    vietnamese, english = _PROOF_FOLLOWS if isinstance(paper.proof, Recorded) else _PROOF[paper.proof]
    pdf.ln(3)
    _text(pdf, vietnamese, size=_EN_SIZE)
    _text(pdf, english, size=_EN_SIZE, colour=_GREY)
    _text(pdf, paper.fetch_url, size=_EN_SIZE)


def _proof_page(pdf: FPDF, paper: Paper, proof: Recorded) -> None:
    """Draw the page that proves without us that it was recorded."""
    pdf.add_page()
    _text(pdf, "CHỨNG NHẬN GHI SỔ", size=_TITLE_SIZE, style="B", align="C")
    _text(pdf, "PROOF OF RECORD", size=_EN_SIZE, colour=_GREY, align="C")
    if paper.code:
        pdf.ln(1)
        _text(pdf, paper.code, size=_TITLE_SIZE, style="B", align="C")
    pdf.ln(2)
    _qr(pdf, [(proof.link, None), (proof.digits, None)], (_WIDTH_MM - PROOF_QR_MM) / 2, pdf.get_y(), side=PROOF_QR_MM, error="l")
    pdf.set_y(pdf.get_y() + PROOF_QR_MM + 3)
    for words, size, colour in _HOW_TO_CHECK:
        _text(pdf, words, size=size, colour=colour)
    pdf.ln(1.5)
    local = proof.recorded_at.astimezone(LEGAL_ZONE)
    said = [
        ("Ghi sổ lúc / Recorded", f"{local:%H:%M:%S %d/%m/%Y} (+07:00)"),
        ("Mục / Entry", f"{proof.number} / {proof.size}"),
        ("Sổ, khoá / Log, key", f"{proof.origin} {proof.key_id}"),
        *_digest_lines(proof.digest or ""),
    ]
    for label, value in said:
        _line(pdf, label, value)


def _digest_lines(digest: str) -> list[tuple[str, str]]:
    """Return a digest as people compare it: eight signs at a time, two lines."""
    groups = [digest[start : start + 8] for start in range(0, len(digest), 8)]
    lines = [" ".join(groups[:4]), " ".join(groups[4:])]
    return [(label, line) for label, line in zip(("Dấu nội dung / Content", ""), lines, strict=True) if line]


def _line(pdf: FPDF, label: str, value: str) -> None:
    top = pdf.get_y()
    _text(pdf, label, size=_SMALL_SIZE, colour=_GREY, width=32)
    pdf.set_y(top)
    pdf.set_x(MARGIN_MM + 32)
    _text(pdf, value, size=_SMALL_SIZE)


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


def _qr(pdf: FPDF, content: str | list[tuple[str, None]], left: float, top: float, *, side: float, error: str) -> None:
    """Draw the code as black runs: no picture, so it is sharp at any size. Several parts are each coded as fits them best."""
    rows = [bytes(row) for row in segno.make(content, error=error, micro=False).matrix]  # type: ignore[arg-type]  # parts are fine
    side /= len(rows)
    pdf.set_fill_color(_BLACK)
    for down, row in enumerate(rows):
        start = 0
        while (start := row.find(1, start)) >= 0:
            end = row.find(0, start)
            end = len(row) if end < 0 else end
            pdf.rect(left + start * side, top + down * side, (end - start) * side, side, style="F")
            start = end
