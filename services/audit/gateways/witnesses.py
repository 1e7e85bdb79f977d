"""Witnesses: who else signs our checkpoints, and how they are asked to (c2sp.org/tlog-witness)."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from shared.kernel.refusals import Malformed, Trouble
from shared.tlog.verify import Unreadable, Vkey

TIMEOUT_SECONDS = 10.0
ANSWER_CHARACTERS_MAX = 20_000
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n?")


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness whom we believe. `url` None: it comes to us by itself."""

    vkey: Vkey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Cosigned:
    """It signed: lines of a note."""

    lines: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The size that was said to be its latest is not: `size` is; None where it has another tree of the same size."""

    size: int | None


class Asking(Protocol):
    """Asks a witness for its signature."""

    async def add_checkpoint(self, witness: Witness, *, old: int, hashes: Sequence[bytes], note: str) -> Cosigned | Conflict:
        """Show a checkpoint, with the proof that it grew out of the one of `old` entries. Raises Trouble."""
        ...


class HttpWitnesses:
    """Witnesses over HTTP."""

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False)

    async def add_checkpoint(self, witness: Witness, *, old: int, hashes: Sequence[bytes], note: str) -> Cosigned | Conflict:
        lines = [f"old {old}", *(b64encode(found).decode() for found in hashes), "", note]
        url = f"{(witness.url or '').rstrip('/')}/add-checkpoint"
        try:
            answer = await self._http.post(url, content="\n".join(lines).encode(), headers={"Content-Type": "text/plain"})
        except httpx.HTTPError as error:
            raise Trouble(f"{witness.vkey.name} does not answer: {type(error).__name__}", code="witness_unreachable") from error
        text = answer.text[:ANSWER_CHARACTERS_MAX]
        if answer.status_code == httpx.codes.OK:
            return Cosigned(text)
        if answer.status_code == httpx.codes.CONFLICT:
            found = _SIZE.fullmatch(text)
            return Conflict(int(found[1]) if found else None)
        raise Trouble(f"{witness.vkey.name} answers {answer.status_code}", code="witness_refuses")

    async def close(self) -> None:
        await self._http.aclose()


def read_witnesses(file: Path) -> tuple[Witness, ...]:
    """Read a file of witnesses: on each line a public key and, where it is to be asked, its address. Raises Malformed."""
    try:
        lines = [line.split("#", 1)[0].split() for line in file.read_text(encoding="utf-8").splitlines()]
        return tuple(Witness(Vkey.parse(words[0]), words[1] if words[1:] else None) for words in lines if words)
    except (OSError, Unreadable, UnicodeDecodeError) as error:
        raise Malformed(f"AUDIT_LOG_WITNESSES_FILE: {file}: {error}", code="bad_settings") from error
