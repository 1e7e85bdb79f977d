"""Doors to what is shown without its author: copies for verifiers (officers), results for the public (everybody)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api.doors import Doors
from services.intake.domain.lodging import TEXT_CHARACTERS_MAX
from services.intake.domain.stripping import Stripped
from services.intake.handlers import stripping, viewing
from services.intake.handlers.stripping import Strip, Vault
from services.intake.store import copies as store
from services.intake.store.copies import Publication
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown
from shared.telemetry import current_traceparent
from shared.web import requires
from shared.web.paging import cursor_of, place_of

WORDS_MAX = 100
WORDS_CHARACTERS_MAX = 200
VERIFIERS_MAX = 20
PAGE_MAX = 100
NO_NUL = r"^[^\x00]*$"

Officer = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD))]
Words = Annotated[str, Field(min_length=1, max_length=WORDS_CHARACTERS_MAX)]
Subject = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,255}$")]


class StripIn(BaseModel):
    """What a person adds to what is found by itself."""

    model_config = ConfigDict(extra="forbid")

    also: list[Words] = Field(default_factory=list, max_length=WORDS_MAX, description="what else shows who wrote it")
    keep: list[Words] = Field(default_factory=list, max_length=WORDS_MAX, description="what may stay although it was found")


class CopyIn(StripIn):
    """For whom the copy is made; for nobody: a look beforehand, nothing is kept."""

    verifiers: list[Subject] = Field(
        default_factory=list, max_length=VERIFIERS_MAX, description="ids of their accounts (`sub` of the token)"
    )


class PublicationIn(StripIn):
    """The result as the office writes it for the public; `is_final` false: a look beforehand, nothing is kept."""

    text: Annotated[str, Field(min_length=1, max_length=TEXT_CHARACTERS_MAX, pattern=NO_NUL)]
    is_final: bool = False


def stripping_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api", tags=["stripped"])
    vault = Vault(doors.database, doors.cipher)

    @router.post("/petitions/{code}/copies")
    async def copy(code: str, officer: Officer, asked: Annotated[CopyIn, Body()]) -> dict[str, Any]:
        """Make a copy for verifiers that does not show who wrote it (Law on Denunciations art. 56(2)); files are never in it."""
        command = await _command(doors, code, officer, asked)
        stripped, copy_id = await stripping.copy(command, asked.verifiers, vault)
        return _stripped(stripped) | {"copy_id": copy_id}

    @router.get("/copies")
    async def copies(
        verifier: Officer, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 20
    ) -> dict[str, Any]:
        """List the copies that were made for whoever asks, newest first."""
        found = await stripping.copies_of(verifier, vault, after=place_of(cursor), limit=limit)
        following = cursor_of(found[-1].made_at, found[-1].id) if len(found) == limit else None
        return {"items": [{"copy_id": item.id, "made_at": item.made_at} for item in found], "next": following}

    @router.get("/copies/{copy_id}")
    async def read(copy_id: UUID, verifier: Officer, response: Response) -> dict[str, Any]:
        """Read a copy as one of the verifiers that it was made for; the reading is an event."""
        response.headers["Cache-Control"] = "no-store"
        text = await stripping.read_copy(copy_id, verifier, vault, now=doors.clock.now(), traceparent=current_traceparent())
        return {"copy_id": copy_id, "text": text}

    @router.post("/petitions/{code}/publications")
    async def publish(code: str, officer: Officer, asked: Annotated[PublicationIn, Body()]) -> dict[str, Any]:
        """Publish the result of an answered petition; what the vault knows of the petitioner is taken out of it first."""
        command = await _command(doors, code, officer, asked)
        stripped, publication_id = await stripping.publish(command, asked.text, vault, is_final=asked.is_final)
        return _stripped(stripped) | {"publication_id": publication_id}

    return router


def publications_router(doors: Doors) -> APIRouter:
    """Return the public doors."""
    router = APIRouter(prefix="/api/publications", tags=["publications"])

    @router.get("")
    async def listed(
        office: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 20,
    ) -> dict[str, Any]:
        """List published results, newest first; of one office where it is named."""
        async with doors.database.reading() as connection:
            found = await store.publications(connection, office=office, after=place_of(cursor), limit=limit)
        more = cursor_of(found[-1].published_at, found[-1].id) if len(found) == limit else None
        return {"items": [_published(item) for item in found], "next": more}

    @router.get("/{publication_id}")
    async def one(publication_id: UUID) -> dict[str, Any]:
        """Read a published result."""
        async with doors.database.reading() as connection:
            found = await store.publication(connection, publication_id)
        if found is None:
            raise Unknown("there is no such publication", code="publication_not_found")
        return _published(found)

    return router


async def _command(doors: Doors, code: str, officer: Principal, asked: StripIn) -> Strip:
    petition = await viewing.of_office(doors.database, code, officer)
    return Strip(petition, officer, asked.also, asked.keep, doors.clock.now(), current_traceparent())


def _stripped(stripped: Stripped) -> dict[str, Any]:
    return {"text": stripped.text, "found": dict(stripped.found)}


def _published(item: Publication) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ("id", "kind", "office", "jurisdiction", "published_at", "body")}
