"""What a notice tells: facts about petitions, offices and days. Nothing about a person is among them."""

from collections.abc import Mapping
from datetime import datetime

from services.notify.domain.telling import About, Gathered, Line, is_gathered
from services.notify.handlers.addressing import Known
from services.notify.handlers.post import Post
from services.notify.store.knowledge import Office
from services.notify.store.notices import Waiting
from services.notify.wire.mails import gathered_facts
from services.notify.wire.words import BODIES, local

OFFICES = ("from_office", "to_office", "to_body")


def facts_of(post: Post, item: Waiting, known: Known, language: str, now: datetime) -> dict[str, object]:
    """Return what fills the words of a notice."""
    notice = item.notice
    names = {code: name_in(known.offices, code, language) for code in known.offices}
    return {
        "due_at": local(item.due_at) if item.due_at else None,
        **notice.facts,
        "office_name": name_in(known.offices, notice.office, language),
        "from_office_name": name_in(known.offices, notice.facts.get("from_office"), language),
        "to_body": _body(known.offices, notice.facts.get("to_body"), language),
        "link": f"{post.home}/intake/api/petitions/{notice.facts['code']}",
        "home": post.home,
        **(_together(item, known, language, now) if is_gathered(notice) else {}),
        **({"names": names} if is_gathered(notice) or notice.about is About.MORNING else {}),
    }


def _together(item: Waiting, known: Known, language: str, now: datetime) -> dict[str, object]:
    """Return what a mail tells together. A notice from before notices were gathered tells its own facts, as its only line."""
    notice, gathered = item.notice, known.gathered.get(item.id)
    if gathered is None:
        only = Line(notice.about, notice.facts["code"], {"to_office": notice.office or "", **notice.facts}, None, now)
        gathered = Gathered(now, [only], {notice.about: 1})
    return gathered_facts(gathered, language)


def _body(offices: Mapping[str, Office], body: str | None, language: str) -> str:
    """Return the name of where a petitioner is guided: a body of the list, an office, or what was written before."""
    return BODIES[language].get(body or "") or name_in(offices, body, language)


def name_in(offices: Mapping[str, Office], code: str | None, language: str) -> str:
    """Return the name of an office in a language."""
    office = offices.get(code or "")
    if office is None:
        return code or ""
    return office.name_en if language == "en" else office.name_vi
