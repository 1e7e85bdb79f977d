"""Finding petitions: by code, words, office, state, clock, place and date; who finds which; entries kept right by events."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake.timers import Filling
from shared.contracts import EventBody
from shared.contracts.escalation import DeadlineEndedV1, DeadlineMovedV1, MoveReason
from shared.contracts.routing import PetitionAcceptedV1, PetitionAnsweredV1
from shared.contracts.words import Kind, Role
from shared.kernel.clock import SystemClock
from shared.kernel.ids import derived
from shared.testing import wait_until
from tests.component.intake.conftest import Intake
from tests.component.intake.test_hearing import DUE, NOW, WARD, Telling, deadline, office, routed, telling

__all__ = ["telling"]

OTHER, CITY, DEPARTMENT = "hanoi-00004", "hanoi", "hanoi-so-xd"


async def _lodged(intake: Intake, text: str, **more: Any) -> tuple[str, UUID]:
    response = await intake.http.post("/api/petitions", json={"kind": "field_report", "text": text} | more)
    assert response.status_code == 201, response.text
    return response.json()["code"], UUID(response.json()["petition_id"])


async def _search(intake: Intake, role: Role = Role.AUDITOR, at: str | None = None, **asked: Any) -> dict[str, Any]:
    response = await intake.http.get("/api/search", params=asked, headers=intake.as_person(role, office=at))
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def _codes(intake: Intake, role: Role = Role.AUDITOR, at: str | None = None, **asked: Any) -> list[str]:
    return [item["code"] for item in (await _search(intake, role, at, **asked))["items"]]


@pytest.fixture
async def placed(intake: Intake, telling: Telling) -> Telling:
    """The directory is heard: a city with a department and two wards."""
    for code, parent in ((CITY, None), (DEPARTMENT, CITY), (WARD, CITY), (OTHER, DEPARTMENT)):
        await telling.say(derived("office", code), office(code, f"Cơ quan {code}", parent=parent))
    return telling


async def _with(intake: Intake, telling: Telling, petition: tuple[str, UUID], office_code: str) -> None:
    code, petition_id = petition
    said = routed(code)
    await telling.say(petition_id, said.model_copy(update={"route": said.route.model_copy(update={"office": office_code})}))
    await wait_until(lambda: _is_with(intake, code, office_code))


async def _is_with(intake: Intake, code: str, office_code: str) -> bool:
    items = (await _search(intake, q=code))["items"]
    return bool(items) and items[0]["office"] is not None and items[0]["office"]["code"] == office_code


async def test_words_are_found_without_accents_and_case_and_all_must_occur(intake: Intake) -> None:
    lamp, _ = await _lodged(intake, "Đèn đường hỏng, rất NGUY HIỂM!", place="ngõ 12 Hàng Bài")
    pit, _ = await _lodged(intake, "Đường có ổ gà nguy hiểm")

    assert await _codes(intake, q="duong nguy hiem") == [pit, lamp]
    assert await _codes(intake, q="ĐÈN Đường") == [lamp]
    assert await _codes(intake, q="hang bai") == [lamp]
    assert await _codes(intake, q="đèn ổ gà") == []


async def test_no_word_of_a_long_question_is_passed_over(intake: Intake) -> None:
    many = " ".join(f"t{number}" for number in range(30))
    code, _ = await _lodged(intake, many)

    assert await _codes(intake, q=many) == [code]
    assert await _codes(intake, q=f"{many} khác") == []


async def test_a_code_finds_its_petition_however_it_is_written_and_a_misread_one_is_named(intake: Intake) -> None:
    code, _ = await _lodged(intake, "Đèn hỏng")

    assert await _codes(intake, q=code.lower().replace("-", " ")) == [code]
    misread = code[:-1] + ("0" if code[-1] != "0" else "1")
    response = await intake.http.get("/api/search", params={"q": misread}, headers=intake.as_person(Role.AUDITOR))
    assert response.status_code == 422
    assert response.json()["code"] == "bad_code"
    assert response.json()["errors"][0]["field"] == "q"


async def test_nobody_s_name_and_no_denunciation_is_found(intake: Intake) -> None:
    await _lodged(intake, "Cây đổ", petitioner={"name": "Trần Quang Khải"})
    await intake.http.post("/api/petitions", json={"kind": "denunciation", "text": "Ông ấy nhận tiền"})
    async with intake.database.reading() as connection:
        denounced = (await connection.exec_driver_sql("SELECT code FROM petitions WHERE is_sealed")).scalar_one()

    assert await _codes(intake, q="khải") == []
    assert await _codes(intake, q="tiền") == []
    assert await _codes(intake, q=denounced) == []
    assert len(await _codes(intake)) == 1
    async with intake.database.reading() as connection:
        listed = await connection.exec_driver_sql("SELECT count(*) FROM search_words")
        assert listed.scalar_one() == 1


async def test_officers_find_those_of_their_office_leaders_those_below_auditors_all(intake: Intake, placed: Telling) -> None:
    ours, theirs, nobodys = [await _lodged(intake, f"Đèn {name}") for name in ("một", "hai", "ba")]
    await _with(intake, placed, ours, WARD)
    await _with(intake, placed, theirs, OTHER)

    assert await _codes(intake, Role.OFFICER, WARD) == [ours[0]]
    assert await _codes(intake, Role.OFFICER, WARD, q=theirs[0]) == []
    assert await _codes(intake, Role.LEADER, DEPARTMENT) == [theirs[0]]
    assert await _codes(intake, Role.LEADER, CITY) == [nobodys[0], theirs[0], ours[0]]
    assert await _codes(intake, Role.LEADER, CITY, office=WARD) == [ours[0]]
    assert await _codes(intake, Role.AUDITOR) == [nobodys[0], theirs[0], ours[0]]


@pytest.mark.parametrize(
    ("role", "at", "asked"),
    [
        (Role.OFFICER, WARD, OTHER),
        (Role.LEADER, DEPARTMENT, WARD),
        (Role.LEADER, CITY, "nowhere"),
        (Role.OFFICER, None, WARD),
        (Role.OFFICER, None, None),
    ],
)
async def test_an_office_that_is_not_theirs_is_not_there(
    intake: Intake, placed: Telling, role: Role, at: str | None, asked: str | None
) -> None:
    params = {"office": asked} if asked else {}
    response = await intake.http.get("/api/search", params=params, headers=intake.as_person(role, office=at))

    assert response.status_code == 404
    assert response.json()["code"] == "office_not_found"


async def test_state_office_and_nearest_deadline_follow_what_is_heard(intake: Intake, placed: Telling) -> None:
    code, petition_id = petition = await _lodged(intake, "Đèn hỏng")
    await _with(intake, placed, petition, WARD)
    near, far = uuid4(), uuid4()
    await placed.say(petition_id, deadline(far, "resolve", DUE))
    inner = deadline(near, "classify", DUE - timedelta(days=5)).model_copy(update={"concerns_petitioner": False})
    await placed.say(petition_id, inner)
    window = deadline(uuid4(), "contest", DUE - timedelta(days=6)).model_copy(update={"nature": "window"})
    await placed.say(petition_id, window)
    await _until(intake, code, "routed", DUE - timedelta(days=5))

    await placed.say(petition_id, _moved(near, DUE - timedelta(days=3)))
    await _until(intake, code, "routed", DUE - timedelta(days=3))
    await placed.say(petition_id, PetitionAcceptedV1(code=code, kind=Kind.FIELD_REPORT, office=WARD))
    await placed.say(petition_id, _ended(near))
    await _until(intake, code, "accepted", DUE)
    shown = (await intake.http.get(f"/api/petitions/{code}")).json()
    assert shown["due_rule"] == "resolve"

    await placed.say(petition_id, _answered(code))
    await _until(intake, code, "answered", DUE)
    assert await _codes(intake, order="due") == []
    assert await _codes(intake, state="answered") == [code]


async def _until(intake: Intake, code: str, state: str, due_at: datetime) -> None:
    async def is_so() -> bool:
        item = (await _search(intake, q=code))["items"][0]
        return item["state"] == state and datetime.fromisoformat(item["due_at"] or NOW.isoformat()) == due_at

    await wait_until(is_so)


def _moved(deadline_id: UUID, due_at: datetime) -> EventBody:
    return DeadlineMovedV1(
        deadline_id=deadline_id,
        rule="classify",
        rule_version=1,
        office=WARD,
        plan=2,
        reason=next(iter(MoveReason)),
        from_due_at=due_at,
        due_at=due_at,
        due_without_extension_at=due_at,
        limit="3 working_day",
        calendar="hanoi",
        calendar_version="1",
        derivation_sha256="0" * 64,
        concerns_petitioner=False,
    )


def _ended(deadline_id: UUID) -> EventBody:
    return DeadlineEndedV1(deadline_id=deadline_id, rule="classify", due_at=DUE, ended_at=NOW, ended_by="-", reason="void")


def _answered(code: str) -> EventBody:
    return PetitionAnsweredV1(code=code, kind=Kind.FIELD_REPORT, office=WARD, answer_sha256="0" * 64)


async def test_the_queue_by_nearest_deadline_comes_in_pages_those_without_a_clock_last(intake: Intake, placed: Telling) -> None:
    petitions = [await _lodged(intake, f"Đèn số {number}") for number in range(5)]
    for number, petition in enumerate(petitions):
        await _with(intake, placed, petition, WARD)
        if number < 3:
            await placed.say(petition[1], deadline(uuid4(), "resolve", DUE - timedelta(days=number)))
    wanted = [petitions[number][0] for number in (2, 1, 0)]

    async def is_heard() -> bool:
        return (await _codes(intake, Role.OFFICER, WARD, order="due"))[:3] == wanted

    await wait_until(is_heard)
    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await _search(intake, Role.OFFICER, WARD, order="due", limit=2, **cursor)
        pages.append([item["code"] for item in page["items"]])
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    unclocked = sorted((petition[1], petition[0]) for petition in petitions[3:])
    assert [code for page in pages for code in page] == wanted + [code for _, code in unclocked]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert await _codes(intake, due_by=(DUE - timedelta(days=1)).date().isoformat()) == wanted[:2]
    assert await _codes(intake, overdue="true") == []


async def test_a_withdrawn_petition_is_found_as_such(intake: Intake) -> None:
    receipt = (await intake.http.post("/api/petitions", json={"kind": "field_report", "text": "Đèn hỏng"})).json()
    await intake.http.post(f"/api/petitions/{receipt['code']}/withdraw", json={"secret": receipt["secret"]})

    assert await _codes(intake, state="withdrawn") == [receipt["code"]]
    assert await _codes(intake, order="due") == []


async def test_commune_by_name_or_code_and_days_in_hanoi(intake: Intake, placed: Telling) -> None:
    await placed.say(derived("office", "hanoi-00082"), office("hanoi-00082", "Uỷ ban nhân dân phường Hoàn Kiếm"))
    code, _ = await _lodged(intake, "Đèn hỏng", commune="00082")
    today = (SystemClock().now() + timedelta(hours=7)).date()

    async def is_known() -> bool:
        response = await intake.http.get("/api/search", params={"commune": "hoan kiem"}, headers=intake.as_person(Role.AUDITOR))
        return response.status_code == 200

    await wait_until(is_known, 30)
    assert await _codes(intake, commune="hoan kiem", kind="field_report") == [code]
    assert await _codes(intake, commune="Phường Hoàn Kiếm") == [code]
    assert await _codes(intake, commune="00082", lodged_from=today.isoformat(), lodged_to=today.isoformat()) == [code]
    assert await _codes(intake, lodged_to=(today - timedelta(days=1)).isoformat()) == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"q": "..."}, "q"),
        ({"cursor": "x"}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"state": "lost"}, "state"),
        ({"lodged_from": "9999-12-31"}, "lodged_from"),
        ({"commune": "Nowhere"}, "commune"),
        ({"ofice": WARD}, "ofice"),
    ],
)
async def test_what_cannot_be_read_is_named(intake: Intake, asked: dict[str, str], field: str) -> None:
    response = await intake.http.get("/api/search", params=asked, headers=intake.as_person(Role.AUDITOR))

    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["field"].endswith(field)


async def test_common_words_are_met_on_the_way(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.intake.store.searching.DENSE", 2)
    codes = [(await _lodged(intake, f"Đèn đường số {number}"))[0] for number in range(6)]

    first = await _search(intake, q="đèn đường", limit=4)
    second = await _search(intake, q="đèn đường", limit=4, cursor=first["next"])
    assert [item["code"] for page in (first, second) for item in page["items"]] == codes[::-1]


async def test_petitions_of_before_there_was_a_search_become_findable(intake: Intake, placed: Telling) -> None:
    code, _ = petition = await _lodged(intake, "Đèn hỏng", commune="00070")
    await _with(intake, placed, petition, WARD)
    before = (await _search(intake, q="den hong"))["items"]
    async with intake.database.transaction() as tx:
        await tx.connection.exec_driver_sql("TRUNCATE search_entries, search_words")
    assert await _codes(intake) == []

    filling = Filling(intake.database, intake.ciphers)
    await filling.start()

    async def is_found_again() -> bool:
        return await _codes(intake, q="den hong") == [code]

    await wait_until(is_found_again)
    await filling.stop()
    assert (await _search(intake, q="den hong"))["items"] == before
    assert before[0]["code"] == code
