"""Who is asking, as a dependency of a door."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from shared.contracts.words import Role
from shared.identity import NotAllowed, NotSignedIn, Principal, TokenVerifier
from shared.kernel.clock import Clock

_SCHEME = "bearer "


def bearer_of(connection: HTTPConnection) -> str | None:
    """Return the bearer token that is presented, None where there is none."""
    header = connection.headers.get("authorization", "")
    return header[len(_SCHEME) :].strip() if header[: len(_SCHEME)].lower() == _SCHEME else None


async def signed_in(request: Request) -> Principal:
    """Return who presents the bearer token. Raises NotSignedIn."""
    token = bearer_of(request)
    if token is None:
        raise NotSignedIn("no bearer token")
    verifier: TokenVerifier = request.app.state.verifier
    clock: Clock = request.app.state.clock
    return await verifier.verify(token, now=clock.now())


@dataclass(frozen=True, slots=True)
class Requires:
    """A dependency: somebody signed in who holds one of `roles`; NotAllowed for others. The matrix of rights reads it."""

    roles: frozenset[Role]

    async def __call__(self, principal: Annotated[Principal, Depends(signed_in)]) -> Principal:
        if not principal.has(*self.roles):
            raise NotAllowed(f"needs one of: {', '.join(sorted(self.roles))}", facts={"roles": sorted(self.roles)})
        return principal.acting_as(self.roles)


def requires(*roles: Role) -> Requires:
    """Return a dependency: somebody signed in who holds one of `roles`."""
    return Requires(frozenset(roles))
