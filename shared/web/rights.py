"""Which door is open to whom, read from the doors themselves: nothing is written down twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from shared.contracts.words import Role
from shared.web.signing_in import Requires, signed_in


@dataclass(frozen=True, slots=True)
class Door:
    """A door. `roles` None: everybody where `is_public`, else whoever is signed in, by right over the office concerned."""

    method: str
    path: str
    roles: frozenset[Role] | None
    is_public: bool
    words: str

    def is_open_to(self, role: Role | None) -> bool:
        """Whether the door lets somebody with a role in (None: nobody signed in); what he sees then is by office."""
        if role is None:
            return self.is_public
        return self.roles is None or role in self.roles


def doors_of(app: FastAPI) -> list[Door]:
    """Return the doors of an application in the order in which they were added; plain routes check for themselves."""
    return list(_doors(app.routes, ""))


def _doors(routes: Sequence[BaseRoute], prefix: str) -> Iterator[Door]:
    for route in routes:
        if isinstance(route, APIRoute):
            needed = list(_needed(route.dependant))
            roles = [need.roles for need in needed if isinstance(need, Requires)]
            narrowest = frozenset.intersection(*roles) if roles else None
            words = (route.endpoint.__doc__ or "").strip().splitlines()
            for method in sorted(route.methods or ()):
                yield Door(method, prefix + route.path, narrowest, not needed, words[0] if words else "")
        elif isinstance(route, Route) and route.include_in_schema and route.path.startswith("/api/"):
            for method in sorted(route.methods or ()):
                yield Door(method, prefix + route.path, None, is_public=True, words="")
        elif (included := getattr(route, "original_router", None)) is not None:
            context: Any = getattr(route, "include_context", None)
            yield from _doors(included.routes, prefix + getattr(context, "prefix", ""))


def _needed(dependant: Dependant) -> Iterator[object]:
    """Yield what must hold before the door opens: a role, or that somebody is signed in."""
    for dependency in dependant.dependencies:
        if dependency.call is signed_in or isinstance(dependency.call, Requires):
            yield dependency.call
        else:
            yield from _needed(dependency)
