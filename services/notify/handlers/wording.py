"""The words of notices: what there is, what it looks like, and the city's own in place of the shipped ones.

Invariant: own words come in both languages at once, tell nothing about a person, and can be used; a version never changes.
"""

from datetime import datetime
from typing import Any

from services.notify.store import wordings as store
from services.notify.wire.specimens import SEGMENTS_MAX, known_in, mistakes_in, preview
from services.notify.wire.wordings import Book, Wording, shipped
from services.notify.wire.words import LANGUAGES
from shared.kernel.refusals import Malformed, Unknown
from shared.persistence import Database

_REMEDIES = {
    "too_long": "viết ngắn hơn · write less",
    "syntax": "sửa cú pháp {{ … }} · mend the {{ … }}",
    "not_allowed": "chỉ dùng {{ … }}, if, for như mẫu có sẵn · use {{ … }}, if, for and filters as the shipped words do",
    "personal": "thông báo không nói gì về cá nhân · notices tell nothing about a person",
    "unknown": "xem placeholders của mẫu này · see the placeholders of this template",
    "missing": "mẫu này phải có · this template must have it",
    "cannot_be_written": "thử với preview · try it with a preview",
    "too_many_parts": f"tin nhắn dài nhất {SEGMENTS_MAX} phần · a message has at most {SEGMENTS_MAX} parts",
    "empty": "thư cần tiêu đề ở dòng đầu và nội dung · a mail needs a subject in its first line, and a text",
    "no_language": "cần cả tiếng Việt và tiếng Anh · it takes Vietnamese and English",
}


def kinds() -> list[str]:
    """Return the names of templates without their language."""
    return sorted({name.rpartition(".")[0] for name in shipped()})


def known(kind: str) -> str:
    """Return the kind. Raises Unknown."""
    if kind not in kinds():
        raise Unknown("no such template", code="template_not_found")
    return kind


async def listed(database: Database) -> list[dict[str, Any]]:
    """Return every template with the version that counts in each language."""
    book = await _book(database)
    return [
        {"name": kind, "counts": {language: book.counts(f"{kind}.{language}").label for language in LANGUAGES}}
        for kind in kinds()
    ]


async def history(database: Database, kind: str) -> dict[str, Any]:
    """Return every version of a template in both languages, with who wrote it. Raises Unknown."""
    book, own = await _book(database), []
    async with database.reading() as connection:
        for language in LANGUAGES:
            own += [{"language": language, **row} for row in await store.history(connection, f"{known(kind)}.{language}")]
    versions = [
        {"template": each.label, "language": language, "text": each.text}
        for language in LANGUAGES
        for each in book.history(f"{kind}.{language}")
    ]
    counts = {language: book.counts(f"{kind}.{language}").label for language in LANGUAGES}
    placeholders = {language: sorted(known_in(f"{kind}.{language}")) for language in LANGUAGES}
    return {"name": kind, "counts": counts, "placeholders": placeholders, "versions": versions, "own": own}


async def previews(database: Database, kind: str) -> list[dict[str, object]]:
    """Return what a template looks like that counts, in both languages, with facts of an invented petition. Raises Unknown."""
    book = await _book(database)
    return [preview(book.counts(f"{known(kind)}.{language}")) for language in LANGUAGES]


def proposed(kind: str, texts: dict[str, str]) -> list[dict[str, object]]:
    """Return what own words would look like. Raises Unknown, Malformed naming every mistake."""
    _check(known(kind), texts)
    return [preview(Wording(f"{kind}.{language}", "-", texts[language])) for language in LANGUAGES]


async def replace(
    database: Database, kind: str, texts: dict[str, str] | None, *, actor: str, note: str, now: datetime
) -> dict[str, str]:
    """Write the city's own words; None: the shipped ones count again. Raises Unknown, Malformed naming every mistake."""
    if texts is not None:
        _check(known(kind), texts)
    async with database.transaction() as tx:
        for language in LANGUAGES:
            content = texts[language] if texts is not None else None
            await store.add(tx.connection, f"{known(kind)}.{language}", content, actor=actor, note=note, now=now)
    book = await _book(database)
    return {language: book.counts(f"{kind}.{language}").label for language in LANGUAGES}


async def _book(database: Database) -> Book:
    async with database.reading() as connection:
        return Book(await store.own(connection))


def _check(kind: str, texts: dict[str, str]) -> None:
    errors = []
    for language in LANGUAGES:
        if not texts.get(language, "").strip():
            errors.append({"field": language, "reason": "no_language", "remedy": _REMEDIES["no_language"]})
            continue
        for reason, detail in mistakes_in(Wording(f"{kind}.{language}", "-", texts[language])):
            errors.append({"field": f"{language}: {detail}", "reason": reason, "remedy": _REMEDIES[reason]})
    if errors:
        raise Malformed("these words cannot be used", code="bad_wording", errors=errors)
