"""Denunciations: a secret phrase and no code; nobody else sees that there is one, not even from the time of an answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from services.intake.domain import code as codes
from services.intake.domain import secret as secrets
from services.intake.domain.phrase import folded
from services.intake.domain.progress import Step, What
from services.intake.store import hearing
from services.intake.timers import Filling
from shared.contracts.words import Role
from shared.identity import Sealed
from shared.kernel.clock import SystemClock
from shared.kernel.refusals import Malformed
from shared.testing import wait_until
from tests.component.intake.conftest import Intake
from tests.component.intake.test_attaching import PDF

OFFICE = "hanoi-00070"
SENT = {
    "kind": "denunciation",
    "text": "Tố cáo ông X nhận tiền.",
    "petitioner": {"name": "Đỗ Thị Mận", "phone": "0912345678"},
    "place": "12 Hàng Bài",
}


async def denounced(intake: Intake, **more: Any) -> str:
    answer = await intake.http.post("/api/petitions", json=SENT | more)
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == {"phrase", "lodged_at"}
    assert "location" not in answer.headers
    return str(answer.json()["phrase"])


async def routed(intake: Intake, office: str = OFFICE) -> dict[str, str]:
    petition = await intake.only()
    step = Step("routing", 1, What.ROUTED, SystemClock().now(), office)
    async with intake.database.transaction() as tx:
        await hearing.add_steps(tx.connection, [(UUID(petition["petition_id"]), step)])
    return petition


async def test_the_phrase_shows_how_far_it_has_come_and_names_neither_code_nor_kind(intake: Intake) -> None:
    phrase = await denounced(intake)
    await routed(intake)
    answer = await intake.http.post("/api/sealed/status", json={"phrase": folded(phrase).upper()})
    assert answer.json()["state"] == "routed"
    assert not {"code", "kind"} & set(answer.json())
    assert "denunciation" not in answer.text


async def test_the_same_key_gets_the_same_phrase(intake: Intake) -> None:
    headers = {"Idempotency-Key": "key-00000001"}
    first, again = [await intake.http.post("/api/petitions", json=SENT, headers=headers) for _ in range(2)]
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_the_code_leads_nobody_to_it_also_with_the_secret_that_other_petitions_have(intake: Intake) -> None:
    await denounced(intake)
    petition = await routed(intake)
    path, nothing = f"/api/petitions/{petition['code']}", f"/api/petitions/{codes.mint(bytes(16))}"
    secret = secrets.secret_of(intake.ciphers.stamp(secrets.context_of(UUID(petition["petition_id"]).bytes)))
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "", {}),
        ("POST", "/withdraw", {"json": {"secret": secret}}),
        ("POST", "/verdict", {"json": {"secret": secret, "is_satisfied": True}}),
        ("POST", "/contest", {"json": {"secret": secret, "text": "x"}}),
        ("POST", "/attachments", {"files": [("files", ("a.pdf", PDF, "application/pdf"))], "data": {"secret": secret}}),
        ("POST", "/answer", {"json": {"secret": secret}}),
        (
            "POST",
            "/reveal",
            {"json": {"fields": ["name"], "purpose": "dealing"}, "headers": intake.as_person(Role.OFFICER, "hanoi-00004")},
        ),
    ]
    for method, door, sent in asked:
        there, not_there = [await intake.http.request(method, base + door, **sent) for base in (path, nothing)]
        assert (there.status_code, not_there.status_code) == (404, 404), door
        assert _words(there) == _words(not_there)


def _words(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in ("instance", "trace_id")}


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect every statement that is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("method", "door", "role"),
    [("GET", "", None), ("POST", "/reveal", Role.OFFICER), ("GET", "/receipt", Role.CLERK)],
)
async def test_what_is_not_there_and_what_is_not_yours_ask_the_database_the_same(
    intake: Intake, method: str, door: str, role: Role | None
) -> None:
    await denounced(intake)
    petition = await routed(intake)
    asked = []
    for code in (petition["code"], codes.mint(bytes(16))):
        path = f"/api/counter/petitions/{code}/receipt.pdf" if door == "/receipt" else f"/api/petitions/{code}{door}"
        headers = intake.as_person(role, "hanoi-00004") if role else {}
        body: dict[str, Any] = {"json": {"fields": ["name"], "purpose": "dealing"}} if method == "POST" else {}
        with statements() as sent:
            assert (await intake.http.request(method, path, headers=headers, **body)).status_code == 404
        asked.append(sent)
    assert asked[0] == asked[1] != []


async def test_who_has_the_phrase_adds_files_and_withdraws_and_only_a_decision_ends_it(intake: Intake, tmp_path: Path) -> None:
    phrase = await denounced(intake)
    petition = await routed(intake)
    added = await intake.http.post("/api/sealed/attachments", data={"phrase": phrase}, files=[("files", ("a.pdf", PDF))])
    assert added.status_code == 201, added.text
    (stored,) = [path.read_bytes() for path in (tmp_path / "attachments").rglob("*") if path.is_file()]
    assert b"endobj" not in stored
    fetched = await intake.http.get(
        f"/api/petitions/{petition['code']}/attachments/{added.json()['attachments'][0]['id']}",
        params={"purpose": "verifying"},
        headers=intake.as_person(Role.HEAD, OFFICE),
    )
    assert fetched.content == PDF
    withdrawn = await intake.http.post("/api/sealed/withdraw", json={"phrase": phrase, "text": "Tôi sợ."})
    assert withdrawn.json()["state"] == "routed"
    assert "Điều 33" in withdrawn.json()["note"]
    english = {"Accept-Language": "en"}
    again = await intake.http.post("/api/sealed/withdraw", json={"phrase": phrase}, headers=english)
    assert "Only a decision" in again.json()["note"]
    assert "note" not in (await intake.http.post("/api/sealed/status", json={"phrase": phrase})).json()
    async with intake.database.reading() as connection:
        said = [
            (row.type, row.is_sealed) for row in await connection.execute(text("SELECT type, is_sealed FROM events ORDER BY seq"))
        ]
    assert [name.rsplit(".", 2)[1] for name, _ in said] == ["lodged", "supplemented", "revealed", "withdrawn"]
    assert all(is_sealed for _, is_sealed in said)


@pytest.mark.parametrize(("phrase", "status", "code"), [("một hai ba", 422, "bad_phrase"), ("{other}", 404, "phrase_not_found")])
async def test_a_phrase_that_is_wrong_is_told_apart_from_one_that_nobody_has(
    intake: Intake, phrase: str, status: int, code: str
) -> None:
    other = "cánh diều gạo sóng lúa tre vườn thảm"
    answer = await intake.http.post("/api/sealed/status", json={"phrase": phrase.format(other=other)})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert phrase.split(maxsplit=1)[0] not in answer.text


async def test_what_is_sealed_opens_under_the_key_of_denunciations_alone(intake: Intake) -> None:
    await denounced(intake)
    petition = await intake.only()
    context = UUID(petition["petition_id"]).bytes
    async with intake.database.reading() as connection:
        (row,) = await connection.execute(text("SELECT wrapped_key, nonce, ciphertext FROM vault"))
        (digest,) = (await connection.execute(text("SELECT digest FROM phrases"))).scalars()
    sealed = Sealed(row.wrapped_key, row.nonce, row.ciphertext)
    assert "Mận" in intake.ciphers.denunciations.open(sealed, context=context).decode()
    with pytest.raises(Malformed):
        intake.ciphers.ordinary.open(sealed, context=context)
    assert len(digest) == 32


async def test_the_clerk_hands_out_a_phrase_and_no_secret(intake: Intake) -> None:
    clerk = intake.as_person(Role.CLERK, "hanoi-reception")
    answer = await intake.http.post("/api/counter/petitions", json={"petitions": [{**SENT, "channel": "counter"}]}, headers=clerk)
    (line,) = answer.json()["lines"]
    assert "secret" not in line
    assert (await intake.http.post("/api/sealed/status", json={"phrase": line["phrase"]})).json()["state"] == "lodged"


@pytest.mark.parametrize(
    "path",
    [
        "/api/sealed/status",
        "/api/sealed/answer",
        *(f"/api/petitions/HN8K-2FQ7-XM3P/{door}" for door in ("withdraw", "contest", "answer", "attachments")),
    ],
)
async def test_secrets_are_not_tried_out(intake: Intake, path: str) -> None:
    headers = {"X-Forwarded-For": "203.0.113.7"}
    statuses = [(await intake.http.post(path, json={}, headers=headers)).status_code for _ in range(21)]
    assert statuses == [422] * 20 + [429]


async def test_what_was_denounced_before_there_were_phrases_is_found_by_the_one_that_the_counter_prints(intake: Intake) -> None:
    phrase = await denounced(intake)
    async with intake.database.transaction() as tx:
        await tx.connection.exec_driver_sql("TRUNCATE phrases")
    assert (await intake.http.post("/api/sealed/status", json={"phrase": phrase})).status_code == 404
    filling = Filling(intake.database, intake.ciphers)
    await filling.start()

    async def is_found() -> bool:
        return (await intake.http.post("/api/sealed/status", json={"phrase": phrase})).status_code == 200

    await wait_until(is_found)
    await filling.stop()
