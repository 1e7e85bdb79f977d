"""Waiting on a condition with a deadline, so that no test sleeps and none waits for ever."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

DEADLINE_SECONDS = 15.0
FIRST_PAUSE_SECONDS = 0.002
PAUSE_SECONDS_MAX = 0.1
_GROWTH = 1.5


@overload
async def wait_until(
    condition: Callable[[], Awaitable[T | None]], deadline_seconds: float = DEADLINE_SECONDS, *, what: str = ""
) -> T: ...


@overload
async def wait_until(condition: Callable[[], T | None], deadline_seconds: float = DEADLINE_SECONDS, *, what: str = "") -> T: ...


async def wait_until(condition: Callable[[], object], deadline_seconds: float = DEADLINE_SECONDS, *, what: str = "") -> object:
    """Ask `condition` until it returns something true, and return that.

    Raises AssertionError with `what` (or the name of the condition) and the last answer after `deadline_seconds`.
    """
    ends = time.monotonic() + deadline_seconds
    pause = FIRST_PAUSE_SECONDS
    while True:
        answer = condition()
        found = await answer if inspect.isawaitable(answer) else answer
        if found:
            return found
        if time.monotonic() > ends:
            name = what or getattr(condition, "__name__", repr(condition))
            raise AssertionError(f"not within {deadline_seconds:g} s: {name} (last answer: {found!r})")
        await asyncio.sleep(pause)
        pause = min(pause * _GROWTH, PAUSE_SECONDS_MAX)
