"""Doors to the directory, for everybody; loading one, for operators."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from services.routing.api.doors import Doors
from services.routing.domain.directory import Office
from services.routing.handlers.directing import load
from services.routing.wire.directory_file import read_directory
from shared.contracts.words import Role
from shared.identity import Principal
from shared.web import requires

DIRECTORY_CHARACTERS_MAX = 900_000


class DirectoryIn(BaseModel):
    """A directory file as it stands, YAML."""

    model_config = ConfigDict(extra="forbid")

    content: str = Field(max_length=DIRECTORY_CHARACTERS_MAX)
    is_check_only: bool = False


def directory_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api", tags=["directory"])

    @router.get("/offices")
    async def offices(jurisdiction: Annotated[str, Query(max_length=32)] = "hanoi") -> dict[str, Any]:
        """List the offices of a jurisdiction, past ones too."""
        directory = await doors.book.directory(doors.clock.now())
        return {"items": [_office(office) for office in directory.all() if office.jurisdiction == jurisdiction]}

    @router.post("/directory")
    async def load_directory(
        asked: DirectoryIn, operator: Annotated[Principal, Depends(requires(Role.OPERATOR))]
    ) -> dict[str, Any]:
        """Check a directory and load what is new or changed in it; every mistake is named."""
        loaded = read_directory(asked.content)
        changed = 0
        if not asked.is_check_only:
            async with doors.database.transaction() as tx:
                changed = await load(tx, loaded, actor=operator.actor, authority=operator.authority, now=doors.clock.now())
            doors.book.forget()
        names = {"jurisdiction": loaded.jurisdiction, "version": loaded.version}
        return {**names, "offices": len(loaded.offices), "changed": changed}

    return router


def _office(office: Office) -> dict[str, Any]:
    names = ("code", "kind", "name_vi", "name_en", "parent", "is_reception", "valid_from", "valid_to")
    return {**{name: getattr(office, name) for name in names}, "successors": list(office.successors)}
