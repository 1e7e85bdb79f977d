"""Webhooks by Standard Webhooks 1.0: what the reference package signs is taken, what it refuses is refused."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook as Reference

from caunoi_sdk import Forged, Unreadable, Webhook
from caunoi_sdk.webhooks import sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FORMER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
NOW = datetime(2026, 11, 27, 2, 7, tzinfo=UTC)
MESSAGE = "msg_01a221d6"
BODY = json.dumps(
    {
        "specversion": "1.0",
        "id": str(UUID(int=1)),
        "type": "petitions.routing.petition.accepted.v1",
        "source": "routing",
        "subject": str(UUID(int=2)),
        "time": NOW.isoformat(),
        "effectiveat": NOW.isoformat(),
        "version": 3,
        "actor": "person:x",
        "office": "hanoi-so-xd",
        "data": {"office": "hanoi-so-xd"},
    }
).encode()


def headers(*signatures: str, at: datetime = NOW) -> dict[str, str]:
    return {"webhook-id": MESSAGE, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": " ".join(signatures)}


def at_noon(*secrets: str) -> Webhook:
    return Webhook(*secrets, clock=lambda: NOW)


@given(st.binary(max_size=300), st.text("abcdef0123456789_-", min_size=1, max_size=40))
def test_what_the_reference_signs_is_taken_and_ours_is_the_same(body: bytes, message_id: str) -> None:
    text = body.decode("latin-1")
    signed = Reference(SECRET).sign(message_id, NOW, text)
    assert sign(SECRET, message_id=message_id, at=NOW, body=text.encode()) == signed
    at_noon(SECRET).verify(text.encode(), headers(signed) | {"webhook-id": message_id})


def test_what_we_sign_the_reference_takes() -> None:
    now = datetime.now(UTC)  # noqa: TID251 - the reference reads the machine's clock
    given_headers = headers(sign(SECRET, message_id=MESSAGE, at=now, body=BODY), at=now)
    assert Reference(SECRET).verify(BODY, given_headers) == json.loads(BODY)


def test_an_event_is_read_once_it_is_verified() -> None:
    event = at_noon(SECRET).event(BODY, headers(sign(SECRET, message_id=MESSAGE, at=NOW, body=BODY)))
    assert event is not None
    assert (event.type, event.version, event.office) == ("petitions.routing.petition.accepted.v1", 3, "hanoi-so-xd")


def test_a_test_ping_is_no_event() -> None:
    ping = b'{"specversion": "1.0", "type": "caunoi.webhook.pinged.v1", "data": {}}'
    assert at_noon(SECRET).event(ping, headers(sign(SECRET, message_id=MESSAGE, at=NOW, body=ping))) is None


@pytest.mark.parametrize("receiver", [(SECRET,), (FORMER, SECRET), (SECRET, FORMER)])
def test_any_of_several_signatures_and_secrets_will_do(receiver: tuple[str, ...]) -> None:
    good = sign(SECRET, message_id=MESSAGE, at=NOW, body=BODY)
    former = sign("whsec_AAAA", message_id=MESSAGE, at=NOW, body=BODY)
    at_noon(*receiver).verify(BODY, headers("v1a,xxxx", "rubbish", "v1,@@@", former, good))


@pytest.mark.parametrize("lateness", [timedelta(seconds=-299), timedelta(seconds=299)])
def test_a_clock_that_is_a_little_wrong_does_no_harm(lateness: timedelta) -> None:
    sent_at = NOW - lateness
    at_noon(SECRET).verify(BODY, headers(sign(SECRET, message_id=MESSAGE, at=sent_at, body=BODY), at=sent_at))


GOOD = headers(sign(SECRET, message_id=MESSAGE, at=NOW, body=BODY))
OLD, EARLY = NOW - timedelta(seconds=301), NOW + timedelta(seconds=302)
FORGED: dict[str, tuple[bytes, Mapping[str, str]]] = {
    "another body": (BODY + b" ", GOOD),
    "another id": (BODY, GOOD | {"webhook-id": "msg_2"}),
    "another time": (BODY, GOOD | {"webhook-timestamp": str(int(NOW.timestamp()) + 1)}),
    "another secret": (BODY, headers(sign(FORMER, message_id=MESSAGE, at=NOW, body=BODY))),
    "too old": (BODY, headers(sign(SECRET, message_id=MESSAGE, at=OLD, body=BODY), at=OLD)),
    "of the future": (BODY, headers(sign(SECRET, message_id=MESSAGE, at=EARLY, body=BODY), at=EARLY)),
    "no signature": (BODY, GOOD | {"webhook-signature": ""}),
    "another scheme": (BODY, GOOD | {"webhook-signature": GOOD["webhook-signature"].replace("v1,", "v2,")}),
    "no time": (BODY, GOOD | {"webhook-timestamp": "yesterday"}),
    "a time beyond all": (BODY, GOOD | {"webhook-timestamp": "9" * 30}),
    "no id": (BODY, {name: value for name, value in GOOD.items() if name != "webhook-id"}),
}


@pytest.mark.parametrize("what", FORGED)
def test_what_is_forged_or_stale_is_refused(what: str) -> None:
    body, given_headers = FORGED[what]
    with pytest.raises(Forged):
        at_noon(SECRET).event(body, given_headers)


def test_header_names_know_no_case() -> None:
    at_noon(SECRET).verify(BODY, {name.title(): value for name, value in GOOD.items()})


@pytest.mark.parametrize("body", [b"no json", b"[]", b"{}", b'{"data": {}}'])
def test_what_is_verified_but_no_event_of_ours_is_said_so(body: bytes) -> None:
    with pytest.raises(Unreadable):
        at_noon(SECRET).event(body, headers(sign(SECRET, message_id=MESSAGE, at=NOW, body=body)))


def test_a_receiver_without_a_secret_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="secret"):
        Webhook()
    with pytest.raises(ValueError, match="base64"):
        Webhook("whsec_!!!")
