"""The desk: requests that arrive together share one transaction and are answered after its commit.

Invariant: a receipt is given only for what is committed; a request that cannot be stored does not take its neighbours down.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence

from services.intake.handlers.lodging import Answer, LodgePetition, Receipt, lodge
from shared.identity import Ciphers
from shared.kernel.refusals import Refused, Trouble
from shared.persistence import Database

GROUP_MAX = 200
CLERKS = 3


class Desk:
    """Collects what arrives while earlier groups are being committed, and commits it as the next one.

    A few clerks take turns, so that one group is read and sealed while PostgreSQL writes another.
    """

    def __init__(self, database: Database, cipher: Ciphers) -> None:
        self._database = database
        self._cipher = cipher
        self._waiting: deque[tuple[LodgePetition, asyncio.Future[Answer]]] = deque()
        self._woken = asyncio.Event()
        self._clerks: list[asyncio.Task[None]] = []
        self._is_open = False

    def start(self) -> None:
        """Begin to take petitions."""
        self._is_open = True
        self._clerks = [asyncio.create_task(self._work(), name=f"intake-desk-{number}") for number in range(CLERKS)]

    async def stop(self) -> None:
        """Commit and answer what was handed in, take nothing more."""
        self._is_open = False
        self._woken.set()
        if self._clerks:
            await asyncio.wait(self._clerks)

    async def lodge(self, command: LodgePetition) -> Receipt:
        """Return the receipt after the commit. Raises Refused (key used for another body) and Trouble."""
        if not self._is_open:
            raise Trouble("intake is stopping", code="stopping")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        self._woken.set()
        given = await answer
        if isinstance(given, Refused):
            raise given
        return given

    async def _work(self) -> None:
        while self._is_open or self._waiting:
            await self._woken.wait()
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_MAX))]
                await self._serve(group)
            if self._is_open:
                self._woken.clear()

    async def _serve(self, group: Sequence[tuple[LodgePetition, asyncio.Future[Answer]]]) -> None:
        """Commit the group; where it fails for another reason than trouble, each of it by itself."""
        committing = {asyncio.ensure_future(self._commit([command for command, _ in group]))}
        (task,), _ = await asyncio.wait(committing)
        error = task.exception()
        if error is None:
            _tell(zip((answer for _, answer in group), task.result(), strict=True))
        elif isinstance(error, Trouble) or len(group) == 1:
            _tell((answer, error) for _, answer in group)
        else:
            for one in group:
                await self._serve([one])

    async def _commit(self, commands: Sequence[LodgePetition]) -> list[Answer]:
        async with self._database.transaction() as tx:
            return await lodge(tx, commands, self._cipher)


def _tell(answers: Iterable[tuple[asyncio.Future[Answer], Answer | BaseException]]) -> None:
    for future, answer in answers:
        if future.done():
            continue
        if isinstance(answer, BaseException) and not isinstance(answer, Refused):
            future.set_exception(answer)
        else:
            future.set_result(answer)
