"""Before an act that moves a clock: what does the law say? Asked outside every transaction; the version closes the gap."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.routing.domain.commands import Command, Document, Extend, Resume, Suspend
from services.routing.domain.deciding import ACT_OF, provided
from services.routing.domain.definition import Procedures
from services.routing.gateways import Law, LegalQuestion
from services.routing.handlers.acting import OfficersAct
from services.routing.store import answers
from services.routing.store import petitions as store
from services.routing.store.petitions import Petition
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Database

ACTS: Mapping[type[Command], str] = {Suspend: "suspend", Resume: "resume", Extend: "extend"}


async def with_effects(
    database: Database, law: Law, procedures: Procedures, wanted: OfficersAct, *, language: str
) -> OfficersAct:
    """Return the act with what it does to the clocks; as it was where it moves none.

    Raises Refused with the article where the law does not provide for it, Trouble while escalation is away or behind.
    """
    if type(wanted.command) not in ACTS:
        return wanted  # the clocks do not decide about it
    async with database.reading() as connection:
        if wanted.key is not None and await answers.act_of(connection, wanted.key) is not None:
            return wanted  # it was done: it is answered as it was then
        petition = await store.by_code(connection, wanted.code)
    if petition is None or petition.office != wanted.officer.office:
        raise Unknown("no petition has this code", code="petition_not_found")
    if wanted.version is not None and wanted.version != petition.version:
        case = petition.case()
        possible = case.possible(procedures[case.procedure])
        facts = {"version": petition.version, "state": petition.state, "possible": list(possible)}
        raise Refused("somebody acted in the meantime", code="version_conflict", facts=facts)
    case = petition.case()
    provided(case, ACT_OF[type(wanted.command)], procedures[case.procedure], roles=frozenset(map(str, wanted.officer.roles)))
    effects = await law.effects(_question(wanted, petition), language=language)
    return replace(wanted, effects=effects, command=_in_unit(wanted.command, effects), version=petition.version)


def _question(wanted: OfficersAct, petition: Petition) -> LegalQuestion:
    command = wanted.command
    document: Document | None = getattr(command, "document", None)
    return LegalQuestion(
        petition_id=petition.id,
        act=ACTS[type(command)],
        effective_at=wanted.stated.effective_at if wanted.stated else wanted.now,
        roles=sorted(map(str, wanted.officer.roles)),
        heard=petition.version,
        ground=command.ground if isinstance(command, Suspend | Extend) else None,
        rule=command.rule if isinstance(command, Extend) else None,
        amount=command.amount if isinstance(command, Extend) else None,
        document=(document.number, document.issued_on) if document else None,
    )


def _in_unit(command: Command, effects: Sequence[Mapping[str, object]]) -> Command:
    """Return an extension in the unit in which its rule counts."""
    if not isinstance(command, Extend) or not effects:
        return command
    return replace(command, unit=str(effects[0].get("unit", "")))
