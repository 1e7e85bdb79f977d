"""Who is asking: providers of access tokens for the city's doors."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import httpx

from caunoi_sdk.clock import Clock, utc_now
from caunoi_sdk.problems import problem_of

TokenProvider = Callable[[], Awaitable[str]]
"""Returns a token that is good now; asked before each request, so it keeps what it has."""
EARLY = timedelta(seconds=30)
_USUAL_SECONDS = 300


def fixed(token: str) -> TokenProvider:
    """Return a provider of one token, as somebody else got it."""

    async def given() -> str:
        return token

    return given


class TokenEndpoint:
    """Fetches tokens from an OAuth 2.0 token endpoint and keeps each until shortly before it ends.

    `form` is what is posted: ``grant_type=client_credentials`` with your client's id and secret, or what your provider asks for.
    """

    def __init__(self, url: str, form: Mapping[str, str], *, clock: Clock = utc_now) -> None:
        self._url = url
        self._form = dict(form)
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._until = clock()

    async def __call__(self) -> str:
        """Return a token that is good now. Raises Problem where the endpoint refuses, httpx.TransportError where it is away."""
        async with self._lock:
            if self._clock() >= self._until:
                async with httpx.AsyncClient(timeout=30) as http:
                    answer = await http.post(self._url, data=self._form)
                if not answer.is_success:
                    raise problem_of(answer)
                given = answer.json()
                self._token = str(given["access_token"])
                self._until = self._clock() + timedelta(seconds=float(given.get("expires_in", _USUAL_SECONDS))) - EARLY
            return self._token
