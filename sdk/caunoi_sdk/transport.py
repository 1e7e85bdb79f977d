"""Requests that arrive: signed in, repeated under one key where the line breaks, and problems as exceptions.

Invariant: a POST is repeated under the same Idempotency-Key, so that however often it is sent it is done once.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import httpx

from caunoi_sdk.problems import Problem, Unreachable, problem_of
from caunoi_sdk.tokens import TokenProvider

TIMEOUT_SECONDS = 30.0
TRIES = 6
DELAY_FIRST_SECONDS = 0.25
DELAY_SECONDS_MAX = 20.0
PAGE = 200
_AGAIN = {429, 502, 503, 504}
_RUNNING = "idempotency_key_running"
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Transport:
    """One connection pool to the city. `tries` is how often a request is sent at most; `language` that of its answers."""

    def __init__(
        self,
        url: str,
        *,
        token: TokenProvider | None = None,
        language: str = "vi",
        tries: int = TRIES,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT_SECONDS)
        self._url = url.rstrip("/")
        self._token = token
        self._language = language
        self._tries = tries

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def get(self, path: str, parameters: Mapping[str, Any] = NOTHING) -> Any:
        """Return what a door answers. Raises Problem, Unreachable."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return (await self._sent("GET", path, params=given)).json()

    async def post(self, path: str, body: Any = None, *, key: str | None = None, **more: Any) -> Any:
        """Return what a door answers to a POST, None to an empty answer. `key`: your own Idempotency-Key, kept over restarts."""
        headers = {"Idempotency-Key": key or uuid4().hex}
        content = {"json": body} if body is not None else {}
        answer = await self._sent("POST", path, headers=headers, **content, **more)
        return answer.json() if answer.content else None

    async def pages(self, path: str, parameters: Mapping[str, Any] = NOTHING) -> AsyncIterator[Any]:
        """Yield the items of a list, page by page."""
        cursor: str | None = None
        while True:
            page = await self.get(path, {"limit": PAGE, **parameters, "cursor": cursor})
            for item in page["items"]:
                yield item
            cursor = page["next"]
            if cursor is None:
                return

    async def raw(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Send one request, signed in; return the answer whatever it is."""
        headers = {"Accept-Language": self._language, "Accept": "application/json", **arguments.pop("headers", {})}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {await self._token()}"
        return await self._http.request(method, f"{self._url}{path}", headers=headers, **arguments)

    async def _sent(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        last: Exception | None = None
        for attempt in range(1, self._tries + 1):
            try:
                answer = await self.raw(method, path, **arguments)
            except httpx.TransportError as error:
                last, wait = error, None
            else:
                if answer.is_success:
                    return answer
                problem = problem_of(answer)
                if answer.status_code not in _AGAIN and problem.code != _RUNNING:
                    raise problem
                last, wait = problem, problem.retry_after_seconds
            if attempt < self._tries:
                await asyncio.sleep(_delay(attempt) if wait is None else wait)
        if isinstance(last, Problem):
            raise last
        raise Unreachable(f"{method} {self._url}{path}: {last or 'no answer'} after {self._tries} tries") from last


def _delay(attempt: int) -> float:
    """Return how long to wait after a try: longer each time, and not all at the same moment."""
    most = min(DELAY_FIRST_SECONDS * 2.0 ** (attempt - 1), DELAY_SECONDS_MAX)
    return most * (0.5 + random.random() / 2)  # noqa: S311 - it spreads load, it guards nothing
