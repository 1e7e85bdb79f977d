"""What is printed on a receipt: the kind in words, the day and its hour, where to follow it."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from services.intake.domain.lodging import LEGAL_ZONE, SEALED_KIND
from services.intake.domain.receipts import Missing, Recorded
from services.intake.gateways.receipts import Paper, Words

CODE_PLACE = "{code}"
_ANY: Words = ("Đơn", "Petition")

# Of a denunciation the paper says no more than that it is one of the petitions.
_KINDS: Mapping[str, Words] = MappingProxyType(
    {
        "field_report": ("Phản ánh hiện trường", "Field report"),
        "recommendation": ("Đơn kiến nghị", "Recommendation"),
        "complaint": ("Đơn khiếu nại", "Complaint"),
        "voters_petition": ("Kiến nghị của cử tri", "Voters' petition"),
        "dialogue_question": ("Câu hỏi đối thoại", "Question for a dialogue"),
        "commitment": ("Cam kết", "Commitment"),
        SEALED_KIND: _ANY,
    }
)


def paper(
    *,
    code: str,
    kind: str,
    office: Words,
    lodged_at: datetime,
    register_number: str | None,
    name: str | None,
    secret: str,
    tracking_url: str,
    fetch_url: str,
    proof: Recorded | Missing,
) -> Paper:
    """Return the paper of a petition; `secret` of a denunciation is its phrase, and its code is not printed."""
    is_sealed = kind == SEALED_KIND
    return Paper(
        code=None if is_sealed else code,
        kind=_KINDS.get(kind, _ANY),
        office=office,
        received=_received(lodged_at),
        registered=lodged_at,
        register_number=register_number,
        name=name,
        secret=secret,
        tracking_url=tracking_url.partition(CODE_PLACE)[0] if is_sealed else tracking_url.replace(CODE_PLACE, code),
        fetch_url=fetch_url,
        proof=proof,
    )


def _received(lodged_at: datetime) -> Words:
    """Return day and hour; of a letter that came on an earlier day the register knows no hour."""
    local = lodged_at.astimezone(LEGAL_ZONE)
    day = local.date()
    is_at_midnight = (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    vietnamese, english = f"ngày {day:%d/%m/%Y}", f"{day.day} {day:%B %Y}"
    if is_at_midnight:
        return vietnamese, english
    return f"{local:%H} giờ {local:%M}, {vietnamese}", f"{local:%H:%M}, {english}"
