"""Where the bytes of attachments are kept: a disk here; the port is small enough for any S3."""

import asyncio
import os
from pathlib import Path
from typing import Protocol

from shared.kernel.refusals import Trouble, Unknown


class ObjectStore(Protocol):
    """Write once, read many. Keys are lower-case letters, digits and dashes."""

    async def put(self, key: str, data: bytes) -> None:
        """Store `data`, durably, or raise Trouble. The same key twice means the same bytes twice."""
        ...

    async def get(self, key: str) -> bytes:
        """Return the bytes. Raises Unknown."""
        ...


class DiskStore:
    """Files below `root`, in 256 folders. A file is there whole or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: str, data: bytes) -> None:
        try:
            await asyncio.to_thread(self._put, key, data)
        except OSError as error:
            raise Trouble(f"attachments cannot be stored: {error.strerror}", code="object_store") from error

    async def get(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(self._path(key).read_bytes)
        except FileNotFoundError as error:
            raise Unknown("there is no such file", code="attachment_not_found") from error

    def _put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def _path(self, key: str) -> Path:
        return self._root / key[-2:] / key
