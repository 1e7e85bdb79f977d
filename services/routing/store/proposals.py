"""Acts that wait for a second person: their time lies further back than one alone may state, or their procedure wants two."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.identity import Sealed

_NAMES = (
    "id, petition_id, code, act, office, subject, roles, effective_at, evidence, wrapped_key, nonce, ciphertext, proposed_at, "
    "decided_at, decided_by, is_confirmed, why"
)
_SEALED = "(SELECT p.is_sealed FROM petitions p WHERE p.id = petition_id) AS is_sealed"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An act as it was proposed; `request` is the sealed body of the request.

    `why` is stated_time (then `effective_at` and `evidence` are given) or approval.
    """

    id: UUID
    petition_id: UUID
    code: str
    act: str
    office: str
    subject: str
    roles: str
    effective_at: datetime | None
    evidence: str | None
    request: Sealed
    is_sealed: bool
    proposed_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    is_confirmed: bool | None = None
    why: str = "stated_time"


async def put(connection: AsyncConnection, proposal: Proposal) -> None:
    """Keep a proposal; the same one again changes nothing."""
    query = text(
        """
        INSERT INTO act_proposals (id, petition_id, code, act, office, subject, roles, effective_at, evidence, wrapped_key, nonce,
            ciphertext, proposed_at, why)
        VALUES (:id, :petition_id, :code, :act, :office, :subject, :roles, :effective_at, :evidence, :wrapped_key, :nonce,
            :ciphertext, :proposed_at, :why)
        ON CONFLICT (id) DO NOTHING
        """
    )
    sealed = proposal.request
    values = {name: getattr(proposal, name) for name in ("id", "petition_id", "code", "act", "office", "subject", "roles")}
    values |= {name: getattr(proposal, name) for name in ("effective_at", "evidence", "proposed_at", "why")}
    values |= {"wrapped_key": sealed.wrapped_key, "nonce": sealed.nonce, "ciphertext": sealed.ciphertext}
    await connection.execute(query, values)


async def one(connection: AsyncConnection, proposal_id: UUID, *, for_update: bool = False) -> Proposal | None:
    """Return a proposal, locked where it is about to be decided."""
    query = f"SELECT {_NAMES}, {_SEALED} FROM act_proposals WHERE id = :id" + (" FOR UPDATE" if for_update else "")
    row = (await connection.execute(text(query), {"id": proposal_id})).one_or_none()
    return _proposal(row) if row else None


async def open_ones(connection: AsyncConnection, code: str) -> list[Proposal]:
    """Return the open proposals about a petition, oldest first."""
    query = f"SELECT {_NAMES}, {_SEALED} FROM act_proposals WHERE code = :code AND decided_at IS NULL ORDER BY proposed_at"
    return [_proposal(row) for row in await connection.execute(text(query), {"code": code})]


async def decide(connection: AsyncConnection, proposal_id: UUID, *, actor: str, is_confirmed: bool, now: datetime) -> None:
    """Note how a proposal was decided, and by whom."""
    query = text("UPDATE act_proposals SET decided_at = :now, decided_by = :actor, is_confirmed = :is_confirmed WHERE id = :id")
    await connection.execute(query, {"id": proposal_id, "actor": actor, "is_confirmed": is_confirmed, "now": now})


def _proposal(row: Row[Any]) -> Proposal:
    values = {name: getattr(row, name) for name in _NAMES.replace(" ", "").split(",")}
    sealed = Sealed(bytes(values.pop("wrapped_key")), bytes(values.pop("nonce")), bytes(values.pop("ciphertext")))
    return Proposal(request=sealed, is_sealed=bool(row.is_sealed), **values)
