"""Signing in, rights, health, readiness, metrics, the operators' doors, and the language of an answer."""

from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from shared.kernel.refusals import Refused, Unknown
from shared.web.language import preferred
from shared.web.paging import Place
from tests.unit.web.house import NOW, asking, service

MESSAGE_ID = UUID(int=7)
MESSAGE = SimpleNamespace(
    id=MESSAGE_ID,
    consumer="test",
    stream="PETITIONS",
    stream_seq=5,
    subject="petitions.intake.petition.lodged.v1._.x",
    headers={"ce-id": "1"},
    body=b'{"a":1}\xff',
    reason="schema_mismatch: x",
    deliveries=1,
    aggregate_id=None,
    parked_at=NOW,
    replayed_at=None,
)


class Parked:
    def __init__(self) -> None:
        self.replayed: list[tuple[UUID, datetime]] = []

    async def list(self, limit: int, *, after: Place | None = None) -> Sequence[Any]:
        return [] if after else [MESSAGE] * min(limit, 2)

    async def get(self, message_id: UUID) -> Any:
        if message_id != MESSAGE_ID:
            raise Unknown("none", code="parked_not_found")
        return MESSAGE

    async def replay(self, message_id: UUID, now: datetime) -> int:
        if self.replayed:
            raise Refused("before", code="parked_already_replayed")
        self.replayed.append((message_id, now))
        return 3


async def test_who_presents_a_token_is_known_by_it() -> None:
    answer = await asking(service(), token="officer:hanoi-00070").get("/api/me")
    assert answer.json() == {"actor": "person:canbo", "office": "hanoi-00070"}


@pytest.mark.parametrize("header", [None, "officer", "Basic officer", "Bearer", "Bearer nonsense"])
async def test_without_a_token_that_holds_the_answer_is_401(header: str | None) -> None:
    http = asking(service())
    answer = await http.get("/api/me", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["code"] == "not_signed_in"


async def test_a_door_for_some_roles_is_closed_to_others() -> None:
    assert (await asking(service(), token="leader:hanoi").get("/api/heads")).status_code == 200
    refused = await asking(service(), token="officer:hanoi").get("/api/heads")
    assert (refused.status_code, refused.json()["roles"]) == (403, ["head", "leader"])
    assert (await asking(service()).get("/api/heads")).status_code == 401


async def test_health_is_that_the_process_lives_and_readiness_lists_problems_in_words() -> None:
    broken = asking(service(problems_now=["the bus cannot be reached"]))
    assert (await broken.get("/health")).status_code == 200
    not_ready, ready = await broken.get("/ready"), await asking(service()).get("/ready")
    assert (not_ready.status_code, not_ready.json()["problems"]) == (503, ["the bus cannot be reached"])
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "problems": []})


async def test_metrics_are_prometheus_text() -> None:
    answer = await asking(service()).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


async def test_operators_list_show_and_replay_parked_messages() -> None:
    parked = Parked()
    http = asking(service(parked=parked), token="operator")
    page = (await http.get("/api/ops/parked?limit=1")).json()
    assert [(item["id"], item["reason"]) for item in page["items"]] == [(str(MESSAGE_ID), "schema_mismatch: x")]
    rest = (await http.get("/api/ops/parked", params={"cursor": page["next"]})).json()
    assert rest == {"items": [], "next": None}
    shown = (await http.get(f"/api/ops/parked/{MESSAGE_ID}")).json()
    assert (shown["headers"], shown["body"]) == ({"ce-id": "1"}, '{"a":1}\ufffd')
    assert (await http.post(f"/api/ops/parked/{MESSAGE_ID}/replay")).json() == {"replayed": 3}
    assert parked.replayed == [(MESSAGE_ID, NOW)]
    again = await http.post(f"/api/ops/parked/{MESSAGE_ID}/replay")
    assert (again.status_code, again.json()["code"]) == (409, "parked_already_replayed")
    missing = await http.get(f"/api/ops/parked/{UUID(int=8)}")
    assert (missing.status_code, missing.json()["code"]) == (404, "parked_not_found")


@pytest.mark.parametrize("path", ["", f"/{MESSAGE_ID}", f"/{MESSAGE_ID}/replay"])
async def test_parked_messages_are_for_operators_only(path: str) -> None:
    app = service(parked=Parked())
    method = "POST" if "replay" in path else "GET"
    assert (await asking(app, token="auditor").request(method, f"/api/ops/parked{path}")).status_code == 403
    assert (await asking(app).request(method, f"/api/ops/parked{path}")).status_code == 401


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "vi"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("fr", "vi"),
        ("vi;q=0.1, en;q=0.9", "en"),
        ("en;q=0.5, vi", "vi"),
        ("en;q=0", "vi"),
        ("en;q=nonsense", "vi"),
        ("EN", "en"),
        (",;=q,", "vi"),
    ],
)
def test_the_language_is_the_preferred_one_that_we_speak_and_vietnamese_otherwise(header: str, language: str) -> None:
    assert preferred(header) == language
