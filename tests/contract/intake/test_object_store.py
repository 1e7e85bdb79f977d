"""One suite over every object store: what attachments rely on, from a disk as from a store in memory."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from services.intake.gateways.object_store import DiskStore, ObjectStore
from shared.kernel.refusals import Trouble, Unknown


class MemoryStore:
    """The smallest store that keeps the contract, as a stand-in for one behind a network."""

    def __init__(self, _root: Path) -> None:
        self._kept: dict[str, bytes] = {}

    async def put(self, key: str, data: bytes) -> None:
        self._kept[key] = data

    async def get(self, key: str) -> bytes:
        if key not in self._kept:
            raise Unknown("there is no such file", code="attachment_not_found")
        return self._kept[key]


@pytest.fixture(params=[DiskStore, MemoryStore])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    make: Callable[[Path], ObjectStore] = request.param
    return make(tmp_path / "objects")


async def test_what_was_put_is_got_byte_for_byte(store: ObjectStore) -> None:
    key, data = str(uuid4()), os.urandom(100_000)
    await store.put(key, data)
    assert await store.get(key) == data


async def test_the_same_key_may_be_put_again_and_at_once(store: ObjectStore) -> None:
    key, data = str(uuid4()), os.urandom(50_000)
    await asyncio.gather(*[store.put(key, data) for _ in range(8)])
    assert await store.get(key) == data


async def test_what_was_never_put_is_unknown(store: ObjectStore) -> None:
    with pytest.raises(Unknown):
        await store.get(str(uuid4()))


async def test_keys_do_not_touch_each_other(store: ObjectStore) -> None:
    keys = [str(uuid4()) for _ in range(20)]
    for key in keys:
        await store.put(key, key.encode())
    assert [await store.get(key) for key in keys] == [key.encode() for key in keys]


async def test_a_disk_that_cannot_be_written_is_trouble_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    root = tmp_path / "objects"
    root.write_text("a file where the folder should be")
    with pytest.raises(Trouble):
        await DiskStore(root).put(str(uuid4()), b"data")


async def test_files_of_a_disk_are_for_the_service_alone(tmp_path: Path) -> None:
    key = str(uuid4())
    await DiskStore(tmp_path).put(key, b"data")
    folder = tmp_path / key[-2:]
    assert folder.stat().st_mode & 0o077 == 0
    assert (await asyncio.to_thread(os.listdir, folder)) == [key]
