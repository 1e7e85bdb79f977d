"""Finding petitions by right: officers and heads those of their office, leaders those below theirs too, auditors all.

No denunciation is ever found, and nothing personal is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.intake.domain import code as codes
from services.intake.handlers.lodging import words_of
from services.intake.store import reading
from services.intake.store import searching as store
from services.intake.store.searching import Found, Question
from shared.contracts.words import Role
from shared.identity import Ciphers, Principal
from shared.kernel.refusals import Malformed, Unknown
from shared.persistence import Database
from shared.web.paging import cursor_of

_REMEDY = "viết ít nhất một từ, hoặc mã tra cứu · write at least one word, or a tracking code"


@dataclass(frozen=True, slots=True)
class Page:
    """Petitions, the names of their offices, and the cursor of the next page (None: there is none)."""

    found: Sequence[Found]
    office_names: Mapping[str, tuple[str, str]]
    next: str | None


async def find_petitions(
    question: Question, *, words: str | None, office: str | None, reader: Principal, database: Database, cipher: Ciphers
) -> Page:
    """Return a page of what `question` asks for, among what `reader` may see.

    `words` are words as people write them, or a code. Raises Unknown (an office that is not the reader's), Malformed, BadCode.
    """
    async with database.reading() as connection:
        leads = reader.office if reader.has(Role.LEADER) else None
        whole = await store.whole_of(connection, leads) if leads else None
        below = await store.offices_below(connection, leads) if leads else []
        asked = replace(_within(question, office, reader, whole=whole, below=below), reader=reader.actor)
        if words is not None:
            code = _code(words)
            is_known = code is not None and await reading.by_code(connection, code) is not None
            asked = replace(asked, code=code) if is_known else replace(asked, words=_digests(words, cipher))
        found = await store.search(connection, asked)
        offices = {item.office for item in found if item.office}
        names = await reading.office_names(connection, offices) if offices else {}
    is_full = len(found) == asked.limit
    return Page(found, names, _cursor(found[-1], asked) if is_full else None)


def _cursor(last: Found, question: Question) -> str:
    return cursor_of(last.due_at if question.is_by_due else last.lodged_at, last.petition_id)


def _within(question: Question, office: str | None, reader: Principal, *, whole: str | None, below: Sequence[str]) -> Question:
    """Return `question` bounded to what `reader` may see, and to `office` where one is named.

    Of a leader `below` is the own office and those below it, `whole` the jurisdiction where that is all of them.
    """
    if reader.has(Role.AUDITOR):
        return replace(question, offices=[office] if office else None)
    if reader.office is None:
        raise Unknown("this account has no office", code="office_not_found")
    offices = below or [reader.office]
    if office is not None and office not in offices:
        raise Unknown("this is not your office", code="office_not_found")
    if office is None and whole is not None:  # those, too, that no office has yet
        return replace(question, jurisdiction=whole)
    return replace(question, offices=[office] if office else offices)


def _digests(words: str, cipher: Ciphers) -> Sequence[int]:
    """Return the digests of the words asked for. Raises Malformed where there is none."""
    digests = words_of(cipher, words)
    if not digests:
        mistake = {"field": "q", "reason": "no_words", "remedy": _REMEDY}
        raise Malformed("there is no word in it", code="no_words", errors=[mistake])
    return digests


def _code(written: str) -> str | None:
    """Return the code that was written, None where it is none. Raises BadCode for what has the form of one but is wrong."""
    try:
        return codes.parse(written, field="q")
    except codes.BadCode:
        if codes.GROUPED.fullmatch(written.strip()):
            raise
        return None
