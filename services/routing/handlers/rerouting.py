"""Where a petition goes by an act: the office that was named, the one that sent it, the one above, or the competent one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.routing.domain.commands import Classify, Command, Contest, Convert, Guide, Return, Transfer
from services.routing.domain.competence import Basis, Route, Table, decides_first, is_denounced, route
from services.routing.domain.definition import Procedures
from services.routing.domain.directory import Directory
from services.routing.store.petitions import Petition
from services.routing.wire.events import zone_of
from shared.contracts.words import OutsideBody
from shared.identity import Ciphers
from shared.kernel.refusals import Refused

SECOND_COMPLAINT = "complaint.second"
SECOND_TO_SUPERIOR = "complaint.second.superior"
DENOUNCED_ARTICLE = "Nghị định 31/2019/NĐ-CP, Điều 5 và Điều 10 khoản 3"


@dataclass(frozen=True, slots=True)
class Rules:
    """What acting needs: procedures, competence, the directory, the keys, how far back one person alone may state a time."""

    procedures: Procedures
    tables: Sequence[Table]
    directory: Directory
    cipher: Ciphers
    alone_within: timedelta


def with_route(command: Command, petition: Petition, rules: Rules, *, now: datetime) -> Command:
    """Return the command; with the whole route where it moves the petition. Raises Refused where that office is not there."""
    today = now.astimezone(zone_of(petition.jurisdiction)).date()
    if isinstance(command, Guide):
        _known(command.to_body, petition, rules.directory)
    match command:
        case Transfer(route=Route(office=code)):
            is_first = decides_first(code, petition.question, directory=rules.directory, today=today)
            return replace(command, route=_to(code, petition, rules.directory, today), decides_first=is_first)
        case Return() if petition.came_from is not None:
            office = rules.directory.competent(petition.came_from, today=today)
            return replace(command, route=_to(office.code if office else petition.came_from, petition, rules.directory, today))
        case Convert():
            return _converted(command, petition, rules, today)
        case Classify(topic=topic) if petition.case().is_unassigned:
            return replace(command, route=_competent(petition, topic, rules, today))
        case Contest():
            above = list(rules.directory.superiors(petition.office, today=today))
            return replace(command, route=_to(above[0], petition, rules.directory, today) if above else None)
        case _:
            return command


def _known(code: str, petition: Petition, directory: Directory) -> None:
    """Raise Refused where nobody knows the body that a petitioner is guided to: only codes and words of a list are said."""
    office = directory.get(code)
    if code not in set(OutsideBody) and (office is None or office.jurisdiction != petition.jurisdiction):
        raise Refused("there is no such body", code="unknown_body", facts={"possible": ", ".join(OutsideBody)})


def competent_for(petition: Petition, topic: str, rules: Rules, *, now: datetime) -> str | None:
    """Return the office that the competence table gives for a petition about `topic`, None where it gives none."""
    today = now.astimezone(zone_of(petition.jurisdiction)).date()
    found = _competent(petition, topic, rules, today)
    return found.office if found else None


def _above(petition: Petition, directory: Directory, today: date) -> Route | None:
    """Return the office above the one that decided first: a second complaint is its own (Law on Complaints art. 33)."""
    above = list(directory.superiors(petition.against or petition.office, today=today))
    return Route(above[0], tuple(above[1:]), Basis.COMPETENCE, SECOND_TO_SUPERIOR) if above else None


def _competent(petition: Petition, topic: str, rules: Rules, today: date) -> Route | None:
    question = replace(petition.question, topic=topic)
    found = route(question, tables=rules.tables, directory=rules.directory, today=today)
    return found if found and found.basis is Basis.COMPETENCE else None


def _to(code: str, petition: Petition, directory: Directory, today: date) -> Route:
    office = directory.get(code)
    if office is None or office.jurisdiction != petition.jurisdiction:
        raise Refused("there is no such office", code="unknown_office", facts={"office": code})
    if not office.is_valid_on(today):
        facts = {"office": code, "successors": ", ".join(office.successors) or "-"}
        raise Refused("this office is not competent today", code="closed_office", facts=facts)
    if is_denounced(code, petition.question, directory=directory, today=today):
        facts = {"office": code, "article": DENOUNCED_ARTICLE}
        raise Refused("who is denounced leads this office, or the one above it", code="denounced_office", facts=facts)
    return Route(code, tuple(directory.superiors(code, today=today)), Basis.TRANSFER)


def _converted(command: Convert, petition: Petition, rules: Rules, today: date) -> Convert:
    """Return the conversion with its kind and route: by competence for another kind, with the same office within its kind."""
    procedure = rules.procedures.get(command.procedure)
    if procedure is None:
        return command
    if procedure.id == SECOND_COMPLAINT:
        return replace(command, kind=procedure.kind, route=_above(petition, rules.directory, today))
    if procedure.kind == petition.kind:
        superiors = tuple(rules.directory.superiors(petition.office, today=today))
        return replace(command, kind=procedure.kind, route=Route(petition.office, superiors, Basis(petition.basis)))
    question = replace(petition.question, kind=procedure.kind)
    found = route(question, tables=rules.tables, directory=rules.directory, today=today)
    return replace(command, kind=procedure.kind, route=found)
