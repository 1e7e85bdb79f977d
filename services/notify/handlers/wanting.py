"""Petitioners say how they want to be told: who knows code and secret (of a denunciation the phrase) says it for himself.

Invariant: what the law has somebody told cannot be switched off, and at least one way stays open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.notify.domain.channels import MUST_TELL, OPTIONAL, ORDER, Channel, Preferences, Subscription
from services.notify.domain.delivery import masked
from services.notify.domain.telling import About
from services.notify.gateways.neighbours import Contact, Neighbours, Proof
from services.notify.gateways.push import PushKey, PushSettings, is_trusted
from services.notify.handlers.post import Post
from services.notify.store import attempts, wanting
from services.notify.wire.messages import mobile
from shared.identity import EnvelopeCipher
from shared.kernel.ids import derived
from shared.kernel.refusals import Malformed, Unknown

_REMEDY = (
    "xem trên biên nhận; tố cáo: không ghi mã, ghi cụm từ bí mật · it stands on the receipt; a denunciation: no code, the phrase"
)


class Prover(Neighbours, Protocol):
    """Intake, as far as it knows contacts and secrets."""

    async def proof(self, code: str | None, secret: str) -> Proof | None:
        """Return who knows the secret, None where it is none. Raises Trouble."""
        ...


@dataclass(frozen=True, slots=True)
class Wanting:
    """What the doors of petitioners use."""

    post: Post
    prover: Prover
    push: PushSettings
    push_key: PushKey | None


async def proved(around: Wanting, code: str | None, secret: str) -> Proof:
    """Return who knows the secret. Raises Malformed: no such petition and a wrong secret look the same."""
    proof = await around.prover.proof(code, secret)
    if proof is None:
        mistake = {"field": "secret", "reason": "wrong" if secret.strip() else "missing", "remedy": _REMEDY}
        raise Malformed("this is not the secret of the petition", code="not_the_petitioner", errors=[mistake])
    return proof


async def shown(around: Wanting, proof: Proof) -> dict[str, Any]:
    """Return what a petitioner wants, which ways he has (masked), and what cannot be switched off, with the article."""
    contact = (await around.prover.contacts([proof.petitioner_id])).get(proof.petitioner_id, Contact())
    async with around.post.database.reading() as connection:
        found = await wanting.preferences(connection, [proof.petitioner_id])
        browsers = await wanting.browsers(connection, [proof.petitioner_id], around.post.cipher)
    wanted = found.get(proof.petitioner_id, Preferences())
    return {
        **wanting.written_down(wanted),
        "language": wanted.language or proof.language,
        "has": _has(around.post, contact, len(browsers.get(proof.petitioner_id, []))),
        "optional": [] if proof.is_sealed else sorted(OPTIONAL),
        "must_be_told": {str(about): where for about, where in MUST_TELL.items()},
    }


def _has(post: Post, contact: Contact, browsers: int) -> dict[str, str | None]:
    """Return by which ways a petitioner can be reached, each masked; None: not by this one."""
    number = mobile(contact.phone)
    found: dict[str, str | None] = dict.fromkeys(map(str, ORDER))
    found[Channel.EMAIL] = masked(contact.email) if contact.email else None
    for channel in post.phones:
        found[channel] = masked(number) if number else None
    found[Channel.PUSH] = str(browsers) if browsers else None
    return found


async def want(around: Wanting, proof: Proof, wanted: Preferences, *, now: datetime) -> None:
    """Keep what a petitioner wants; what waits for his quiet hours is looked at anew. Raises Malformed."""
    _check(wanted, is_sealed=proof.is_sealed)
    async with around.post.database.transaction() as tx:
        await wanting.put_preferences(tx.connection, proof.petitioner_id, proof.petition_id, wanted, now=now)
        await attempts.release_petitioner(tx.connection, proof.petitioner_id, now=now)


def _check(wanted: Preferences, *, is_sealed: bool) -> None:
    mistakes = []
    if not wanted.channels or len(set(wanted.channels)) < len(wanted.channels) or set(wanted.channels) == {Channel.PUSH}:
        remedy = "chọn ít nhất một trong email, zalo, sms, mỗi cách một lần · choose at least one of email, zalo, sms, each once"
        mistakes.append({"field": "channels", "reason": "no_way", "remedy": remedy})
    for about in sorted(wanted.muted):
        if is_sealed or about not in OPTIONAL:
            law = MUST_TELL.get(about) or "Luật Tố cáo Đ. 24, 29, 30"
            remedy = f"không tắt được ({law}) · cannot be switched off ({law})"
            mistakes.append({"field": f"muted.{about}", "reason": "must_be_told", "remedy": remedy})
    if wanted.quiet is not None and wanted.quiet.begins == wanted.quiet.ends:
        remedy = "giờ bắt đầu và kết thúc phải khác nhau; bỏ giờ yên lặng: null · they must differ; no quiet hours: null"
        mistakes.append({"field": "quiet", "reason": "empty", "remedy": remedy})
    if mistakes:
        raise Malformed("these preferences cannot be kept", code="bad_preferences", errors=mistakes)


def muted_from(names: list[str]) -> frozenset[About]:
    """Return kinds of notices by name. Raises Malformed."""
    known = set(MUST_TELL) | OPTIONAL
    wrong = sorted(set(names) - {str(about) for about in known})
    if wrong:
        remedy = f"một trong: {', '.join(sorted(OPTIONAL))} · one of: {', '.join(sorted(OPTIONAL))}"
        errors = [{"field": f"muted.{name[:40]}", "reason": "unknown", "remedy": remedy} for name in wrong]
        raise Malformed("no such notice", code="bad_preferences", errors=errors)
    return frozenset(About(name) for name in names)


def browser_id(proof: Proof, endpoint: str) -> Subscription:
    """Return a browser of a petitioner, as yet without keys."""
    return Subscription(derived("browser", proof.petitioner_id, endpoint), endpoint, "", "")


async def subscribe(around: Wanting, proof: Proof, asked: Mapping[str, str], *, now: datetime) -> None:
    """Keep a browser that wants to be told. Raises Unknown (no web push here), Malformed (not a push service we trust)."""
    cipher = _offered(around)
    if not is_trusted(asked["endpoint"], around.push):
        remedy = "dùng trình duyệt phổ biến · use a common browser: its push service must be one that the city trusts"
        errors = [{"field": "subscription.endpoint", "reason": "not_trusted", "remedy": remedy}]
        raise Malformed("not a push service that the city trusts", code="bad_subscription", errors=errors)
    browser = Subscription(browser_id(proof, asked["endpoint"]).id, asked["endpoint"], asked["p256dh"], asked["auth"])
    async with around.post.database.transaction() as tx:
        await wanting.subscribe(tx.connection, browser, proof.petitioner_id, proof.petition_id, cipher=cipher, now=now)


async def unsubscribe(around: Wanting, proof: Proof, endpoint: str) -> None:
    """Forget a browser; one that is not there is forgotten already."""
    async with around.post.database.transaction() as tx:
        await wanting.unsubscribe(tx.connection, [browser_id(proof, endpoint).id])


def _offered(around: Wanting) -> EnvelopeCipher:
    if around.push_key is None or around.post.cipher is None:
        raise Unknown("this city offers no web push", code="push_not_offered")
    return around.post.cipher
