"""Where the bytes of attachments are kept: a disk here; the port is small enough for any S3."""

import asyncio
import os
import secrets
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

    async def delete(self, key: str) -> None:
        """Forget the bytes; what is not there is forgotten already. Raises Trouble."""
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

    async def delete(self, key: str) -> None:
        try:
            await asyncio.to_thread(self._path(key).unlink, missing_ok=True)
        except OSError as error:
            raise Trouble(f"attachments cannot be deleted: {error.strerror}", code="object_store") from error

    def _put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{key}.{secrets.token_hex(8)}.draft")  # the same key may be put by two at once
        try:
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(path.parent)

    def _path(self, key: str) -> Path:
        return self._root / key[-2:] / key


def _sync_folder(folder: Path) -> None:
    """Make the name durable: a file that is synced under a name that is not is lost by a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
