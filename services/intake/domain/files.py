"""What may be attached: how many files, how large, of which kinds."""

from services.intake.domain.mistakes import Mistake

FILES_MAX = 10
FILE_BYTES_MAX = 10 * 1024 * 1024
IMAGE_PIXELS_MAX = 50_000_000
FORM_BYTES_MAX = FILES_MAX * FILE_BYTES_MAX + 1024 * 1024

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
DOCUMENT_TYPES = ("application/pdf",)
PURPOSES = ("petition", "evidence")
_MEGABYTE = 1024 * 1024


def too_many(present: int, added: int) -> Mistake | None:
    """Return what is wrong where a petition with `present` files gets `added` more."""
    if present + added <= FILES_MAX:
        return None
    return Mistake("files", "too_many_files", {"limit": FILES_MAX, "present": present})


def too_large(field: str, size_bytes: int) -> Mistake | None:
    """Return what is wrong with a file of `size_bytes`: empty or too large."""
    if size_bytes == 0:
        return Mistake(field, "empty_file")
    if size_bytes > FILE_BYTES_MAX:
        return Mistake(field, "file_too_large", {"limit": FILE_BYTES_MAX // _MEGABYTE})
    return None
