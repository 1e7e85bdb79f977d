"""What a file is, told from its content, and images made anew without their metadata (where it was taken, by which phone)."""

import asyncio
import io
import warnings

import puremagic
from PIL import Image, ImageOps, UnidentifiedImageError

from services.intake.domain.files import DOCUMENT_TYPES, IMAGE_PIXELS_MAX, IMAGE_TYPES
from services.intake.domain.mistakes import Mistake

JPEG_QUALITY = 88
AT_ONCE_MAX = 2
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_MODES = {"JPEG": ("RGB", "L"), "PNG": ("RGB", "RGBA", "L", "LA", "P"), "WEBP": ("RGB", "RGBA")}
_MILLION = 1_000_000


class Cleaner:
    """Cleans files beside the event loop, a few at a time: an image of the largest size takes some hundred megabytes."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE_MAX)

    async def cleaned(self, field: str, data: bytes) -> tuple[str, bytes] | Mistake:
        """Return media type and the bytes to store, or what is wrong."""
        async with self._turns:
            return await asyncio.to_thread(cleaned, field, data)


def cleaned(field: str, data: bytes) -> tuple[str, bytes] | Mistake:
    """Return media type and the bytes to store, or what is wrong. Blocks for the time that an image takes: run in a thread."""
    media_type = _media_type(data)
    if media_type in IMAGE_TYPES:
        return _cleaned_image(field, media_type, data)
    if media_type in DOCUMENT_TYPES:
        return media_type, data
    return Mistake(field, "file_type", {"found": media_type or "?"})


def _media_type(data: bytes) -> str:
    try:
        return str(puremagic.from_string(data, mime=True)).lower()
    except (puremagic.PureError, ValueError):
        return ""


def _cleaned_image(field: str, media_type: str, data: bytes) -> tuple[str, bytes] | Mistake:
    form = _FORMATS[media_type]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit here is stricter
            with Image.open(io.BytesIO(data), formats=[form]) as image:
                if image.width * image.height > IMAGE_PIXELS_MAX:
                    return Mistake(field, "huge_image", {"limit": IMAGE_PIXELS_MAX // _MILLION})
                upright = ImageOps.exif_transpose(image)
                return media_type, _encoded(upright, form)
    except Image.DecompressionBombError:
        return Mistake(field, "huge_image", {"limit": IMAGE_PIXELS_MAX // _MILLION})
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return Mistake(field, "bad_image")


def _encoded(image: Image.Image, form: str) -> bytes:
    """Return the pixels, and nothing but the pixels, encoded anew."""
    fitting = image if image.mode in _MODES[form] else image.convert("RGB")
    bare = Image.new(fitting.mode, fitting.size)
    if fitting.mode == "P":
        fitting = fitting.convert("RGBA")
        bare = Image.new("RGBA", fitting.size)
    bare.paste(fitting)
    out = io.BytesIO()
    bare.save(out, format=form, quality=JPEG_QUALITY) if form != "PNG" else bare.save(out, format=form)
    return out.getvalue()
