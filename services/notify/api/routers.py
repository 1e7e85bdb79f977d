"""All doors of notices, and what kinds they are."""

from collections.abc import Callable

from fastapi import APIRouter

from services.notify.api import notices, people, returning, wanting, wordings
from services.notify.gateways.push import PushSettings
from services.notify.handlers.outfit import Outfit
from services.notify.handlers.wanting import Prover, Wanting
from shared.kernel.clock import Clock
from shared.web.limiting import DOORS, Door

_GUESSES = ("/api/preferences", "/api/push/subscriptions", "/api/push/unsubscribe", "/api/me/confirm")


def door_of(method: str, path: str) -> Door | None:
    """Return what kind of door it is: by it requests are counted."""
    if path.startswith(_GUESSES) and method != "GET":
        return Door.GUESS
    return Door.LOOK if path.startswith(DOORS) else None


def build_routers(
    outfit: Outfit, *, prover: Prover, push: PushSettings, clock: Clock, wake: Callable[[], None]
) -> list[APIRouter]:
    """Return the doors."""
    post = outfit.post
    return [
        notices.router(notices.Doors(post.database)),
        wanting.router(wanting.Doors(Wanting(post, prover, push, outfit.push_key), clock)),
        returning.router(returning.Doors(post, outfit.keys, clock, wake)),
        wordings.router(wordings.Doors(post.database, clock)),
        people.router(people.Doors(post, clock, wake)),
    ]
