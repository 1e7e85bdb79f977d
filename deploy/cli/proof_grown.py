"""`caunoi proof grown`: whether the log that a receipt was given out of has only grown since. It asks for public tiles alone."""

from typing import Annotated

import httpx
import typer

from deploy.cli.client import TIMEOUT_SECONDS, city_url
from deploy.cli.groups import group
from deploy.cli.proof import fail, read_key, read_receipt
from shared.tlog import proofs
from shared.tlog.tiles import Tile
from shared.tlog.verify import (
    Checkpoint,
    ProofError,
    Unproven,
    Unreadable,
    Vkey,
    keys_of,
    open_checkpoint,
    receipt_text,
    verify_consistency,
    verify_receipt,
)


def register(root: typer.Typer) -> None:
    group(root, "proof").command("grown")(grown)


def grown(
    file: Annotated[str, typer.Argument(help="a receipt, what was scanned of one, or an older checkpoint; - reads stdin")],
    key: Annotated[str, typer.Option(help="the log's public key, or a file with it")],
    log: Annotated[str, typer.Option(help="address of the log; not given: that of the city, /audit/log")] = "",
) -> None:
    """Check that the log of today begins with the log of a receipt: nothing was taken out, changed or put in before it.

    Exit status 0: it only grew; 1: it did not, or something does not verify; 2: a file cannot be read.
    """
    said, keys = read_receipt(file), read_key(key)
    address = (log or f"{city_url()}/audit/log").rstrip("/")
    try:
        old = _checkpoint_in(said, keys)
        with httpx.Client(base_url=f"{address}/", timeout=TIMEOUT_SECONDS, follow_redirects=True) as http:
            new = _signed(_get(http, "checkpoint").decode("utf-8", "replace"), keys)
            _compare(http, old, new)
    except ProofError as error:
        fail(error)
    except httpx.HTTPError as error:
        fail(Unreadable("log_unreachable", f"{address}: {error}"))
    print(
        f"ĐÚNG: sổ chỉ dài thêm, từ {old.size} đến {new.size} mục.\n"
        f"PROVEN: the log has only grown, from {old.size} to {new.size} entries."
    )


def _checkpoint_in(said: bytes, keys: str) -> Checkpoint:
    """Return the checkpoint of a receipt, or the checkpoint itself. Raises Unreadable, Unproven."""
    try:
        receipt_text(said)
    except Unreadable as error:
        if error.code != "not_a_receipt":
            raise
        return _signed(said.decode("utf-8", "replace"), keys)
    return verify_receipt(said, keys).proven.opened.checkpoint


def _signed(note: str, keys: str) -> Checkpoint:
    """Return a checkpoint that one of the keys signed. Raises Unreadable, Unproven."""
    candidates: list[Vkey] = keys_of(keys)
    for number, key in enumerate(candidates, start=1):
        try:
            return open_checkpoint(note, key).checkpoint
        except Unproven as error:
            if error.code != "not_signed" or number == len(candidates):
                raise
    raise AssertionError("keys_of gives at least one")


def _compare(http: httpx.Client, old: Checkpoint, new: Checkpoint) -> None:
    """Raise Unproven unless `new` is `old` grown longer."""
    if new.size < old.size:
        raise Unproven("shrunk", f"it had {old.size} entries and shows {new.size}")
    stretches = proofs.consistency(old.size, new.size)
    tiles = {tile: _tile(http, tile) for tile in proofs.tiles_for(stretches, size=new.size)}
    hashes = proofs.hashes_of(stretches, tiles)
    verify_consistency(old_size=old.size, old_root=old.root, new_size=new.size, new_root=new.root, hashes=hashes)


def _tile(http: httpx.Client, tile: Tile) -> bytes:
    return _get(http, tile.path)


def _get(http: httpx.Client, path: str) -> bytes:
    return http.get(path).raise_for_status().content
