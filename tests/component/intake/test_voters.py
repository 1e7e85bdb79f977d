"""Voters' petitions from spreadsheets, by the door and by the command line: none lost, none doubled, repeats marked."""

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import text
from typer.testing import CliRunner, Result

from deploy.cli.main import build
from shared.contracts.words import Role
from tests.component.intake.conftest import Intake, Served

HEAD = "Kỳ họp;Ngày tiếp xúc;Phường, xã;Nội dung;Số"
TEXT = "Đề nghị thành phố sớm sửa chữa mặt đường và hệ thống thoát nước tại ngõ 12 phố Hàng Bài"
OTHER = "Đề nghị xây thêm trường mầm non công lập ở khu dân cư mới phía bắc"


def _line(number: int, words: str = TEXT, *, day: str = "05/10/2026", commune: str = "00070", session: str = "Thứ 5") -> str:
    return f"{session};{day};{commune};{words};{number}"


def _file(*lines: str) -> bytes:
    return "\r\n".join([HEAD, *lines]).encode("utf-8-sig")


async def _post(intake: Intake, data: bytes, *, role: Role = Role.CLERK, **parameters: int) -> Any:
    answer = await intake.http.post("/api/voters/files", content=data, params=parameters, headers=intake.as_person(role))
    return answer.json()


async def _events(intake: Intake) -> list[dict[str, Any]]:
    async with intake.database.reading() as connection:
        return [json.loads(row.body) for row in await connection.execute(text("SELECT body FROM events ORDER BY seq"))]


async def _run(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, build(list(words)), list(words))


async def test_good_lines_are_lodged_and_bad_ones_come_back_to_be_mended(intake: Intake) -> None:
    done = await _post(intake, _file(_line(1), _line(2, day="hôm qua"), _line(3, OTHER), "a;b;c;d;e;f;g"))
    assert (done["lines"], done["lodged"], done["rejected"], done["next"]) == (4, 2, 2, None)
    head, *rows = csv.reader(io.StringIO(done["reject_file"], newline=""))
    assert [row[-1].split(":")[0] for row in rows] == ["Dòng 3", "Dòng 5"]
    assert len(head) == 6
    kinds = {(event["kind"], event["commune"], event["source"]["system"]) for event in await _events(intake)}
    assert kinds == {("voters_petition", "00070", "voters")}


async def test_the_same_file_again_lodges_nothing(intake: Intake) -> None:
    data = _file(*[_line(number, f"{OTHER} {number}") for number in range(10)])
    first, second = await _post(intake, data), await _post(intake, data)
    assert (first["lodged"], second["lodged"], second["known"]) == (10, 0, 10)
    assert first["taken"] == second["taken"]
    done = await asyncio.gather(*[_post(intake, _file(_line(77))) for _ in range(4)])
    assert sum(answer["lodged"] for answer in done) == 1
    assert len(await _events(intake)) == 11


async def test_the_same_number_with_another_text_is_named_and_not_taken(intake: Intake) -> None:
    await _post(intake, _file(_line(1)))
    done = await _post(intake, _file(_line(1, OTHER), _line(2, OTHER), _line(2, TEXT)))
    assert (done["lodged"], done["known"], done["rejected"]) == (1, 0, 2)
    assert done["reject_file"].count("số hiệu này đã nhập với nội dung khác") == 2


async def test_what_an_earlier_meeting_of_the_commune_said_is_marked_and_linked(intake: Intake) -> None:
    first = await _post(intake, _file(_line(1), _line(2, OTHER)))
    later = {"day": "20/10/2026", "session": "Thứ 6"}
    lines = [
        _line(1, TEXT.upper() + "!", **later),
        _line(2, f"{TEXT} ạ", **later),
        _line(3, "Việc khác hẳn", **later),
        _line(4, commune="00004", **later),
    ]
    done = await _post(intake, _file(*lines))
    assert [(item["line"], item["repeats"]) for item in done["repeated"]] == [(2, first["taken"][0]["code"])] * 1 + [
        (3, first["taken"][0]["code"])
    ]
    assert done["repeated"][0]["likeness"] == 1
    assert 0.8 <= done["repeated"][1]["likeness"] < 1
    assert (await _post(intake, _file(*lines)))["repeated"] == done["repeated"]


async def test_two_meetings_in_one_file_are_compared_too(intake: Intake) -> None:
    done = await _post(intake, _file(_line(1, day="20/10/2026"), _line(1)))
    assert [(item["line"], item["repeats"]) for item in done["repeated"]] == [(2, done["taken"][1]["code"])]


async def test_texts_are_in_the_vault_only(intake: Intake) -> None:
    await _post(intake, _file(_line(1, "Bí mật của bà Bưởi", session="Họp của ông Bòng")))
    async with intake.database.reading() as connection:
        dumped = (await connection.execute(text("SELECT body FROM events"))).scalars().all()
        kept = (await connection.execute(text("SELECT v::text FROM voters_petitions v"))).scalars().all()
    assert not any(word in str(row) for row in dumped for word in ("Bưởi", "Bòng"))
    assert not any("Bưởi" in row for row in kept)


async def test_a_file_is_taken_part_by_part(intake: Intake) -> None:
    data = _file(*[_line(number) for number in range(5)])
    after, lodged = 0, []
    while after is not None:
        done = await _post(intake, data, after=after, limit=2)
        lodged.append(done["lodged"])
        after = done["next"]
    assert lodged == [2, 2, 1]


async def test_voters_petitions_are_for_clerks_and_operators(intake: Intake) -> None:
    assert (await _post(intake, _file(_line(1)), role=Role.OPERATOR))["lodged"] == 1
    assert (await _post(intake, _file(_line(1)), role=Role.OFFICER))["status"] == 403


@pytest.mark.parametrize(
    ("data", "code"), [(b"PK\x03\x04", "spreadsheet_unreadable"), (b"a;b", "voters_head"), (b"", "voters_head")]
)
async def test_a_file_that_is_refused_as_a_whole_says_why(intake: Intake, data: bytes, code: str) -> None:
    done = await _post(intake, data)
    assert (done["status"], done["code"]) == (422, code)
    assert done["detail"]


async def test_the_command_line_imports_a_workbook_and_writes_the_reject_file_beside_it(served: Served, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (HEAD, _line(1), _line(2, "=1+1", day="?"), _line(1, day="20/10/2026")):
        sheet.append([cell if cell != "=1+1" else "'=1+1" for cell in line.split(";")])
    file = tmp_path / "cu-tri.xlsx"
    book.save(file)
    result = await _run("voters", "import", str(file))
    assert (result.exit_code, "2 lodged" in result.output, "1 rejected" in result.output) == (1, True, True)
    assert "repeats" in result.output
    rejects = tmp_path / "cu-tri.xlsx.rejects.csv"
    (row,) = list(csv.reader(io.StringIO(rejects.read_text(encoding="utf-8-sig"), newline="")))[1:]
    assert row[3] == "'=1+1"
    rejects.write_text(rejects.read_text(encoding="utf-8-sig").replace("?", "06/10/2026"), encoding="utf-8")
    again = await _run("voters", "import", str(rejects), "--reject", str(tmp_path / "none.csv"))
    assert (again.exit_code, "1 lodged" in again.output) == (0, True)
    assert not (tmp_path / "none.csv").exists()
