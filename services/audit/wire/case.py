"""A petition's whole life as one file: the trace, what it was asked for by, the checkpoint, and a proof for every event."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import orjson

PAPER: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "lang": "vi",
        "title": "Hồ sơ kiểm toán đơn",
        "made": "Lập lúc, bởi",
        "log": "Số sự kiện trong nhật ký dưới điểm kiểm tra",
        "no_checkpoint": "Nhật ký chưa có điểm kiểm tra.",
        "remarks": "Điều cần giải thích và phần thiếu",
        "readings": "Ai đã xem dữ liệu cá nhân",
        "clocks": "Thời hạn",
        "events": "Sự kiện",
        "at": "Hiệu lực lúc",
        "event": "Sự kiện",
        "actor": "Ai, quyền đã dùng",
        "rule": "Căn cứ",
        "cause": "do",
        "attachment": "Toàn bộ hồ sơ dạng JSON, kèm điểm kiểm tra và chứng minh của từng sự kiện",
    },
    "en": {
        "lang": "en",
        "title": "Audit file of petition",
        "made": "Made at, by",
        "log": "Events in the log under the checkpoint",
        "no_checkpoint": "The log has no checkpoint yet.",
        "remarks": "What calls for a word, and what is missing",
        "readings": "Who read personal data",
        "clocks": "Clocks",
        "events": "Events",
        "at": "Effective at",
        "event": "Event",
        "actor": "Actor, right used",
        "rule": "Rule",
        "cause": "by",
        "attachment": "The whole file as JSON, with the checkpoint and a proof for every event",
    },
}


class Proven(Protocol):
    """An event with what proves it."""

    @property
    def index(self) -> int: ...
    @property
    def record(self) -> bytes: ...
    @property
    def salt(self) -> bytes: ...
    @property
    def hashes(self) -> Sequence[bytes]: ...
    @property
    def proof(self) -> str: ...


def case_json(
    about: Mapping[str, object], trace: Mapping[str, Any], checkpoint: str | None, proofs: Mapping[UUID, Proven]
) -> bytes:
    """Return the file. What is not under the checkpoint yet has no proof."""
    whole = {
        "about": about,
        "checkpoint": checkpoint,
        "trace": trace,
        "proofs": [
            {
                "event_id": str(event_id),
                "index": found.index,
                "record": found.record.decode(),
                "salt": found.salt.hex(),
                "hashes": [b64encode(each).decode() for each in found.hashes],
                "proof": found.proof,
            }
            for event_id, found in proofs.items()
        ],
    }
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2)
