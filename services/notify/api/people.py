"""Doors for officers, heads and leaders: the digest of the morning, its language, and an address of one's own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.notify.handlers import people
from services.notify.handlers.post import Post
from shared.contracts.words import Language, Role
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.web import requires

ADDRESS_CHARACTERS_MAX, CODE_CHARACTERS_MAX = 254, 12

OfOffice = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD, Role.LEADER))]
OPERATOR = Depends(requires(Role.OPERATOR))


@dataclass(frozen=True, slots=True)
class Doors:
    """What these doors share."""

    post: Post
    clock: Clock
    wake: Callable[[], None]


class Mine(BaseModel):
    """How one wants to be told. `address` left out: the one that is there."""

    model_config = ConfigDict(extra="forbid")

    address: str | None = Field(default=None, max_length=ADDRESS_CHARACTERS_MAX)
    language: Language = Language.VI
    wants_digest: bool = Field(default=True, description="one mail at 07:15 of every working day")


class Confirming(BaseModel):
    """The code that was sent to the address."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=CODE_CHARACTERS_MAX)


def router(doors: Doors) -> APIRouter:
    """Return the doors."""
    made = APIRouter(prefix="/api", tags=["people"])

    @made.get("/me")
    async def mine(person: OfOffice) -> dict[str, Any]:
        """Show how you are told; looking once in half a year keeps the digest coming."""
        return await people.shown(doors.post, person, now=doors.clock.now())

    @made.post("/me")
    async def want(person: OfOffice, said: Annotated[Mine, Body()]) -> dict[str, Any]:
        """Say whether you want the digest of the morning, and where; a new address is sent a code."""
        now = doors.clock.now()
        wanted = await people.want(
            doors.post, person, address=said.address, language=said.language, wants_digest=said.wants_digest, now=now
        )
        doors.wake()
        return wanted

    @made.post("/me/confirm")
    async def confirm(person: OfOffice, said: Annotated[Confirming, Body()]) -> dict[str, Any]:
        """Say that the address is yours, by the code that was sent there."""
        return await people.confirm(doors.post, person, said.code, now=doors.clock.now())

    @made.delete("/me", status_code=204)
    async def forget(person: OfOffice) -> None:
        """Forget your address and what you want."""
        await people.forget(doors.post, person.actor)

    @made.get("/people", dependencies=[OPERATOR])
    async def everybody() -> dict[str, Any]:
        """List who registered an address of his own, masked."""
        return {"items": await people.listed(doors.post)}

    @made.delete("/people/{account}", status_code=204, dependencies=[OPERATOR])
    async def remove(account: str) -> None:
        """Forget somebody who has left his office."""
        await people.forget(doors.post, account)

    return made
