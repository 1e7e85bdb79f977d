"""Keys and claims as nats-server writes them. Whether the server takes them is tested against the server itself."""

from datetime import UTC, datetime
from pathlib import Path

import nkeys  # type: ignore[import-untyped]  # the reference that ours is compared with
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.refusals import Malformed
from shared.messaging.accounts import claims, layout
from shared.messaging.accounts.keys import Key, Kind, Secret, is_public, secrets_in
from shared.messaging.accounts.server import configuration, services_credentials

NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
IDENTITY, SIGNING = Secret(b"i" * 32), Secret(b"s" * 32)


@given(raw=st.binary(min_size=32, max_size=32), kind=st.sampled_from(Kind))
def test_a_key_is_written_as_the_library_of_nats_writes_it(raw: bytes, kind: Kind) -> None:
    key = Key(kind, raw)
    theirs = nkeys.from_seed(nkeys.encode_seed(raw, int(kind)))
    assert key.seed == bytes(theirs.seed).decode()
    assert key.public == bytes(theirs.public_key).decode()
    assert key.sign(b"words") == bytes(theirs.sign(b"words"))


@given(
    raw=st.binary(min_size=32, max_size=32),
    kind=st.sampled_from(Kind),
    place=st.integers(0, 55),
    letter=st.sampled_from("ABC234"),
)
def test_a_slip_in_a_public_key_is_seen(raw: bytes, kind: Kind, place: int, letter: str) -> None:
    public = Key(kind, raw).public
    slipped = public[:place] + letter + public[place + 1 :]
    assert is_public(public, kind)
    assert is_public(slipped, kind) is (slipped == public)
    assert not any(is_public(public, other) for other in Kind if other is not kind)
    assert not is_public(public[:-1], kind)


def test_no_seed_is_taken_for_a_public_key() -> None:
    assert not is_public(Key.new(Kind.USER).seed, Kind.USER)
    assert not is_public("", Kind.USER)
    assert not is_public("không phải khoá", Kind.USER)


def test_a_file_of_secrets_names_the_one_in_use_first(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{'ab' * 32}\n{'cd' * 32}\n")
    assert [secret.content[:1] for secret in secrets_in(file)] == [b"\xab", b"\xcd"]
    for wrong in ("", "ab" * 31, "zz" * 32):
        file.write_text(wrong)
        with pytest.raises(Malformed, match="64 hexadecimal digits"):
            secrets_in(file)


def test_a_token_says_the_same_whenever_it_was_signed() -> None:
    agency = layout.Agency("hanoi-so-xd", Key.new(Kind.ACCOUNT).public, "g1")
    signers = layout.Signers.of(SIGNING)

    def token(of: layout.Agency, now: datetime) -> str:
        return layout.agency_token(of, "ACORE", signers, scoped=(signers.scoped.public,), now=now)

    later = NOW.replace(year=2027)
    assert token(agency, NOW) == token(agency, NOW)
    assert token(agency, NOW) != token(agency, later)
    assert claims.say_the_same(token(agency, NOW), token(agency, later))
    revoked = layout.Agency(agency.office, agency.account, agency.generation, {"U": NOW})
    assert not claims.say_the_same(token(agency, NOW), token(revoked, NOW))


def test_an_account_names_its_own_office_in_everything_that_it_imports() -> None:
    agency = layout.Agency("hanoi-so-xd", "A", "g1")
    signers = layout.Signers.of(SIGNING)
    found = claims.content_of(layout.agency_token(agency, "ACORE", signers, scoped=("K",), now=NOW))["nats"]
    subjects = {item["name"]: item["subject"] for item in found["imports"]}
    assert all(f".{agency.office}." in subject for name, subject in subjects.items() if name != "flow"), subjects
    assert "exports" not in found
    scope = found["signing_keys"][1]["template"]
    of_all = {"$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST"}
    assert all(".AGENCY" in subject or f".{agency.office}." in subject for subject in set(scope["pub"]["allow"]) - of_all)
    assert scope["sub"]["allow"] == ["_INBOX.>"]


def test_who_we_are_stays_the_same_when_another_key_signs() -> None:
    one = configuration(IDENTITY, SIGNING, directory="/d", now=NOW)
    other = configuration(IDENTITY, Secret(b"t" * 32), directory="/d", now=NOW)
    assert one["system_account"] == other["system_account"]
    assert set(one["resolver_preload"]) == set(other["resolver_preload"])
    assert one["operator"] != other["operator"]


def test_credentials_hold_the_token_and_the_seed() -> None:
    text = services_credentials(IDENTITY, SIGNING, now=NOW)
    user = SIGNING.key(Kind.USER, layout.SERVICES_USER)
    assert claims.content_of(claims.token_in(text))["sub"] == user.public
    assert user.seed in text
    with pytest.raises(Malformed):
        claims.token_in("không phải")
    with pytest.raises(Malformed):
        claims.content_of("a.b")
