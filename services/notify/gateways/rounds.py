"""A round of messages over several lines at once, each told as soon as it is known: what gateways and push services share."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from time import perf_counter

from services.notify.domain.delivery import Mail, Reply
from services.notify.gateways.mail import NO_ANSWER, NOT_HANDED_OVER, Tell

HandOver = Callable[[Mail], Awaitable[Reply]]
MESSAGES_PER_LINE = 8
"""Messages of one round over one line. Few: as many as a kill can make uncertain. Many: fewer transactions per message."""


async def send_round(mails: Sequence[Mail], hand_over: HandOver, *, lines: int, within: timedelta, tell: Tell) -> None:
    """Hand over `mails` over so many lines `within` a time; `tell` the reply to each.

    Who does not work when the round begins is spared the rest of it.
    """
    waiting = deque(enumerate(mails))
    is_away = asyncio.Event()

    async def line() -> None:
        while waiting and not is_away.is_set():
            place, mail = waiting.popleft()
            begun_at, reply = perf_counter(), NO_ANSWER
            try:
                reply = await hand_over(mail)
            finally:  # also where the time was up in the middle of it
                tell(place, replace(reply, took=timedelta(seconds=perf_counter() - begun_at)))
            if reply.is_away:
                is_away.set()

    try:
        async with asyncio.timeout(within.total_seconds()), asyncio.TaskGroup() as group:
            for _ in range(min(lines, len(mails))):
                group.create_task(line())
    except TimeoutError:
        pass  # what was in hand has told how far it came
    for place, _ in waiting:
        tell(place, replace(NOT_HANDED_OVER, is_away=is_away.is_set()))
