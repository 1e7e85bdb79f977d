"""Static files: read once, served under names that hold a digest of their content, so that browsers keep them for good.

Invariant: what is kept for good never changes under its name. A page of an older version asks for a digest that is not ours: it
gets the present file, to be asked for again next time.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from shared.kernel.refusals import Unknown

DIGEST_CHARACTERS = 16
FOR_GOOD = "public, max-age=31536000, immutable"
NOT_KEPT = "no-cache"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
_DIGESTED = re.compile(rf"(?P<stem>.+)\.(?P<digest>[0-9a-f]{{{DIGEST_CHARACTERS}}})(?P<suffix>\.[a-z]+)")


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    digest: str
    media_type: str


class Static:
    """The files of some folders, by name; of two with one name the later counts."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._files: dict[str, _File] = {}
        for folder in folders:
            for path in sorted(folder.iterdir()):
                if path.suffix in _TYPES:
                    content = path.read_bytes()
                    digest = hashlib.sha256(content).hexdigest()[:DIGEST_CHARACTERS]
                    self._files[path.name] = _File(content, digest, _TYPES[path.suffix])

    def name(self, plain: str) -> str:
        """Return the name with its digest. Raises KeyError where there is no such file: a template's mistake."""
        stem, dot, suffix = plain.rpartition(".")
        return f"{stem}.{self._files[plain].digest}{dot}{suffix}"

    def text(self, plain: str) -> str:
        """Return what a file says."""
        return self._files[plain].content.decode()

    def answer(self, asked: str) -> Response:
        """Return the file that is called `asked`, with or without a digest. Raises Unknown."""
        found = _DIGESTED.fullmatch(asked)
        plain, digest = (found["stem"] + found["suffix"], found["digest"]) if found else (asked, "")
        file = self._files.get(plain)
        if file is None:
            raise Unknown("there is no such file")
        kept = FOR_GOOD if digest == file.digest else NOT_KEPT
        headers = {"Cache-Control": kept, "Cross-Origin-Resource-Policy": "same-origin"}
        return Response(file.content, media_type=file.media_type, headers=headers)
