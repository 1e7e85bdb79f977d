"""Doors for petitioners: how they want to be told, by code and secret. Secrets travel in bodies, which nobody writes down."""

from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse

from services.notify.domain.channels import NIGHT_BEGINS, NIGHT_ENDS, ORDER, Channel, Preferences, Quiet
from services.notify.gateways.push import PushKey
from services.notify.handlers import wanting
from services.notify.handlers.wanting import Wanting
from services.notify.wire.messages import base64url
from shared.contracts.words import Language
from shared.kernel.clock import Clock
from shared.kernel.refusals import Unknown

WORKER = Path(__file__).resolve().parent.parent / "templates" / "worker.js"
SECRET_CHARACTERS_MAX, ENDPOINT_CHARACTERS_MAX, KEY_CHARACTERS_MAX = 200, 1000, 120
LISTED_MAX = 20


@dataclass(frozen=True, slots=True)
class Doors:
    """What the doors of petitioners share."""

    around: Wanting
    clock: Clock


class Shown(BaseModel):
    """What proves who somebody is: code and secret of the receipt; of a denunciation its phrase, without a code."""

    model_config = ConfigDict(extra="forbid")

    code: str | None = Field(default=None, max_length=SECRET_CHARACTERS_MAX)
    secret: str = Field(max_length=SECRET_CHARACTERS_MAX)


class QuietHours(BaseModel):
    """From when to when some ways stay silent, on the wall clock; over midnight where it ends before it begins."""

    model_config = ConfigDict(extra="forbid")

    begins: time = NIGHT_BEGINS
    ends: time = NIGHT_ENDS
    channels: list[Channel] = Field(default=[Channel.SMS, Channel.ZALO, Channel.PUSH], max_length=LISTED_MAX)


class Wanted(Shown):
    """How a petitioner wants to be told. `quiet` null: at any hour; `muted`: what he does not want to hear."""

    channels: list[Channel] = Field(default=list(ORDER), max_length=LISTED_MAX, description="best first")
    language: Language | None = None
    muted: list[str] = Field(default=[], max_length=LISTED_MAX)
    quiet: QuietHours | None = QuietHours()


class Keys(BaseModel):
    """The keys of a browser, as it gives them (base64url)."""

    p256dh: str = Field(max_length=KEY_CHARACTERS_MAX, pattern=r"^[A-Za-z0-9_\-]{86,88}=*$")
    auth: str = Field(max_length=KEY_CHARACTERS_MAX, pattern=r"^[A-Za-z0-9_\-]{21,24}=*$")


class PushSubscription(BaseModel):
    """What a browser gives (PushSubscription.toJSON)."""

    endpoint: str = Field(max_length=ENDPOINT_CHARACTERS_MAX)
    keys: Keys


class Subscribing(Shown):
    """A browser that wants to be told."""

    subscription: PushSubscription


class Unsubscribing(Shown):
    """A browser that does not want to be told any more."""

    endpoint: str = Field(max_length=ENDPOINT_CHARACTERS_MAX)


def router(doors: Doors) -> APIRouter:
    """Return the doors."""
    made, around = APIRouter(prefix="/api", tags=["petitioner"]), doors.around

    @made.post("/preferences/read")
    async def read(said: Annotated[Shown, Body()]) -> dict[str, Any]:
        """Show how a petitioner is told, by which ways he can be (masked), and what cannot be switched off."""
        return await wanting.shown(around, await wanting.proved(around, said.code, said.secret))

    @made.post("/preferences")
    async def write(said: Annotated[Wanted, Body()]) -> dict[str, Any]:
        """Say how you want to be told. What the law has you told cannot be switched off."""
        proof = await wanting.proved(around, said.code, said.secret)
        quiet = Quiet(said.quiet.begins, said.quiet.ends, frozenset(said.quiet.channels)) if said.quiet else None
        muted = wanting.muted_from(said.muted)
        wanted = Preferences(tuple(said.channels), said.language, muted, quiet)
        await wanting.want(around, proof, wanted, now=doors.clock.now())
        return await wanting.shown(around, proof)

    _add_push(made, doors)
    return made


def _add_push(made: APIRouter, doors: Doors) -> None:
    around = doors.around

    @made.post("/push/subscriptions", status_code=204)
    async def subscribe(said: Annotated[Subscribing, Body()]) -> None:
        """Tell this browser, too. It learns only that there is news where the petition is a denunciation."""
        proof = await wanting.proved(around, said.code, said.secret)
        asked = {"endpoint": said.subscription.endpoint, **said.subscription.keys.model_dump()}
        await wanting.subscribe(around, proof, asked, now=doors.clock.now())

    @made.post("/push/unsubscribe", status_code=204)
    async def unsubscribe(said: Annotated[Unsubscribing, Body()]) -> None:
        """Tell this browser nothing more."""
        proof = await wanting.proved(around, said.code, said.secret)
        await wanting.unsubscribe(around, proof, said.endpoint)

    @made.get("/push/key")
    async def key() -> dict[str, str]:
        """Return the city's key at push services, which a browser needs to subscribe (applicationServerKey)."""
        return {"key": base64url(_key(around.push_key).point)}

    @made.get("/push/worker.js", include_in_schema=False)
    async def worker() -> FileResponse:
        """The script that shows notices in a browser; it may be registered for the whole site."""
        headers = {"Service-Worker-Allowed": "/", "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return FileResponse(WORKER, media_type="text/javascript", headers=headers)


def _key(key: PushKey | None) -> PushKey:
    if key is None:
        raise Unknown("this city offers no web push", code="push_not_offered")
    return key
