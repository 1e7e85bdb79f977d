"""Doors for our own services: texts for classifying, contacts for telling. Every reading is recorded."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.intake.api.doors import Doors
from services.intake.handlers import petitioning, viewing
from services.intake.handlers.petitioning import Around, Said
from shared.contracts.words import Role
from shared.identity import Principal
from shared.web import requires

IDS_MAX = 1000
SECRET_CHARACTERS_MAX = 200

Service = Annotated[Principal, Depends(requires(Role.SERVICE))]


class Asked(BaseModel):
    """Whose data, and for what."""

    petition_ids: list[UUID] = Field(max_length=IDS_MAX)
    purpose: str = Field(min_length=3, max_length=100)


class Proof(BaseModel):
    """What a petitioner showed: code and secret, or the phrase of a denunciation without a code."""

    code: str | None = Field(default=None, max_length=SECRET_CHARACTERS_MAX)
    secret: str = Field(max_length=SECRET_CHARACTERS_MAX)


def internal_router(doors: Doors) -> APIRouter:
    """Return the doors between services."""
    router = APIRouter(prefix="/api/internal", include_in_schema=False)

    @router.post("/texts")
    async def texts(asked: Asked, service: Service) -> dict[str, Any]:
        """Return texts by petition id; none of a denunciation."""
        found = await viewing.read_texts(
            doors.database,
            doors.cipher,
            asked.petition_ids,
            reader=service.actor,
            purpose=asked.purpose,
            now=doors.clock.now(),
        )
        return {"texts": found}

    @router.post("/contacts")
    async def contacts(asked: Asked, service: Service) -> dict[str, Any]:
        """Return names and addresses by petition id."""
        found = await viewing.read_contacts(
            doors.database,
            doors.cipher,
            asked.petition_ids,
            reader=service.actor,
            purpose=asked.purpose,
            now=doors.clock.now(),
        )
        return {"contacts": found}

    _add_proofs(router, doors)
    return router


def _add_proofs(router: APIRouter, doors: Doors) -> None:
    @router.post("/proofs")
    async def proofs(shown: Proof, _service: Service) -> dict[str, Any]:
        """Say which petitioner of which petition knows the secret. Raises what the doors of petitioners do."""
        around = Around(doors.database, doors.cipher, doors.answers, doors.desk)
        said = Said(shown.code, shown.secret, None, "vi", doors.clock.now(), None)
        view = await petitioning.proved(said, around)
        return {
            "petition_id": view.petition.id,
            "petitioner_id": view.petitioner_id,
            "language": view.petition.language,
            "is_sealed": view.petition.is_sealed,
        }
