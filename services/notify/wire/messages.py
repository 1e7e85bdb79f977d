"""Notices to short messages: for gateways of SMS and Zalo and for web push. Pure."""

import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
import phonenumbers

from services.notify.domain.channels import Subscription

REGION = "VN"
_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_TWICE = frozenset("^{}\\[~]|€")
"""3GPP TS 23.038, 6.2.1: the alphabet of SMS, and what takes the place of two letters in it."""
_ONE, _EACH = 0, 1
_GSM7_LENGTH, _UCS2_LENGTH = (160, 153), (70, 67)
_MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})
_SHARED = ("code", "office_name", "due_at", "home", "paused_on", "how")
"""Facts that a gateway whose provider has templates of its own (Zalo) may fill them with: nothing about a person."""


def mobile(written: str | None) -> str | None:
    """Return a number in international form (E.164), None where it is none that takes messages."""
    if not written:
        return None
    try:
        number = phonenumbers.parse(written, REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _MOBILE:
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def plain(text: str) -> str:
    """Return a text without accents, as Vietnamese is read in SMS: it fits the alphabet that takes less room."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter)).replace("…", "...").replace("’", "'")


def segments(text: str) -> int:
    """Return how many parts an SMS has: 160 letters of its alphabet in one, else 153 in each; of all others 70, else 67."""
    if all(letter in _GSM7 or letter in _GSM7_TWICE for letter in text):
        length, limits = len(text) + sum(letter in _GSM7_TWICE for letter in text), _GSM7_LENGTH
    else:
        length, limits = len(text.encode("utf-16-be")) // 2, _UCS2_LENGTH
    return 1 if length <= limits[_ONE] else -(-length // limits[_EACH])


def base64url(data: bytes) -> str:
    """Return bytes as browsers write them (RFC 4648, 5, without padding)."""
    return urlsafe_b64encode(data).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Short:
    """What a gateway is given, beside the number."""

    key: str
    channel: str
    sender: str
    template: str
    language: str
    text: str
    callback: str


def to_gateway(short: Short, to: str, facts: Mapping[str, object], *, is_sealed: bool) -> bytes:
    """Return a message as the protocol has it (docs/notices.md); of a denunciation no fact goes along."""
    parameters = {} if is_sealed else {name: facts[name] for name in _SHARED if facts.get(name)}
    said = {
        "id": short.key,
        "channel": short.channel,
        "to": to,
        "sender": short.sender,
        "template": short.template,
        "language": short.language,
        "text": short.text,
        "parameters": parameters,
        "callback": short.callback,
    }
    return orjson.dumps(said)


def to_browsers(text: str, home: str, key: str, subscriptions: Sequence[Subscription]) -> bytes:
    """Return what is said to browsers, and to which."""
    message = {"title": "Cầu Nối", "body": text, "url": home, "tag": key}
    to = [{"id": str(each.id), "endpoint": each.endpoint, "p256dh": each.p256dh, "auth": each.auth} for each in subscriptions]
    return orjson.dumps({"message": message, "to": to})
