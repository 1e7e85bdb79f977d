"""Who is asking, as a dependency of a door."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from shared.contracts.words import Role
from shared.identity import NotAllowed, NotSignedIn, Principal, TokenVerifier
from shared.kernel.clock import Clock

_SCHEME = "bearer "


async def signed_in(request: Request) -> Principal:
    """Return who presents the bearer token. Raises NotSignedIn."""
    header = request.headers.get("authorization", "")
    if header[: len(_SCHEME)].lower() != _SCHEME:
        raise NotSignedIn("no bearer token")
    verifier: TokenVerifier = request.app.state.verifier
    clock: Clock = request.app.state.clock
    return await verifier.verify(header[len(_SCHEME) :].strip(), now=clock.now())


def requires(*roles: Role) -> Callable[[Request], Awaitable[Principal]]:
    """Return a dependency: somebody signed in who holds one of `roles`; NotAllowed for others."""

    async def holder(principal: Annotated[Principal, Depends(signed_in)]) -> Principal:
        if not principal.has(*roles):
            raise NotAllowed(f"needs one of: {', '.join(roles)}", facts={"roles": sorted(roles)})
        return principal

    return holder  # type: ignore[return-value]  # FastAPI reads the signature and fills it in
