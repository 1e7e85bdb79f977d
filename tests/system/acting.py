"""What tests of a whole city do again and again as its people: lodge, accept, merge, answer, look."""

import io
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from PIL import Image

from caunoi_sdk import Lodging
from tests.system.cities import SETTLE_SECONDS_MAX, People

OFFICER = "canbo.xaydung"
OUT_LOUD = {"Accept-Language": "en"}
AT = {"latitude": 21.0285, "longitude": 105.8542}
ANSWER: dict[str, Any] = {"text": "Đã thay nắp cống mới.", "evidence": []}
RUNNING = {"running", "set", "overdue", "breached"}


def until(condition: Callable[[], Any], *, what: str = "it happens") -> Any:
    ends = time.monotonic() + SETTLE_SECONDS_MAX
    while not (found := condition()):
        assert time.monotonic() < ends, what
        time.sleep(0.1)
    return found


def photo(color: str) -> bytes:
    """Return a small picture that no other test sends."""
    stored = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(stored, "JPEG")
    return stored.getvalue()


def address(name: str) -> str:
    """Return a mail address by the number of its bearer's name: addresses know no accents."""
    return f"person.{sum(map(ord, name))}@example.vn"


def lodged(city: People, text: str, *, name: str, **petition: Any) -> dict[str, str]:
    """Lodge a report about a drain as a citizen, wait until its office has it; return the receipt."""
    person = {"name": name, "email": address(name)}
    given = {"kind": "field_report", "topic": "ngap-ung", "commune": "00070", "text": text, "petitioner": person} | petition
    receipt: dict[str, str] = city.ask(city.client().lodge(Lodging(**given))).model_dump(mode="json")
    city.wait_for(receipt["code"], "routing petition.routed", "escalation deadline.set")
    return receipt


def seen(city: People, code: str, account: str = OFFICER) -> dict[str, Any]:
    found: dict[str, Any] = city.get(account, f"/routing/api/petitions/{code}")
    return found


def act(city: People, code: str, what: str, account: str = OFFICER, **body: Any) -> dict[str, Any]:
    """Do an act on the version that the petition has now."""
    return city.ask(city.client(account).petition(code).do(what, **body)).model_dump(mode="json", exclude_unset=True)


def answered(city: People, code: str) -> None:
    """Answer with a photo of the result."""
    files = {"files": ("after.jpg", photo("green"), "image/jpeg")}
    path = f"/intake/api/petitions/{code}/attachments?purpose=evidence"
    stored = city.http.post(path, files=files, headers=city.bearer(OFFICER)).json()["attachments"][0]["id"]
    until(lambda: stored in seen(city, code)["evidence"])
    act(city, code, "answer", **ANSWER | {"evidence": [stored]})


def clocks(city: People, code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = city.get("kiemtoan", f"/escalation/api/petitions/{code}/deadlines")["items"]
    return found


def similar(city: People, text: str) -> list[dict[str, Any]]:
    asked = {"kind": "field_report", "text": text, "commune": "00070", **AT}
    found: list[dict[str, Any]] = city.http.post("/intake/api/similar", json=asked, headers=OUT_LOUD).json()["items"]
    return found


def told(city: People, code: str) -> list[dict[str, Any]]:
    """Return the mails about a petition with their words."""
    return [city.http.get(f"/mail/api/messages/{mail['id']}").json() for mail in city.mails_about(code)]


def was_told(city: People, code: str, name: str) -> bool:
    """Whether somebody was told by mail that there is an answer; its words are read with code and secret alone."""
    mails = [mail for mail in told(city, code) if address(name) in mail["to"]]
    assert not any(str(ANSWER["text"]) in mail["text"] or name in mail["text"] for mail in mails)
    return any(f"đã trả lời đơn {code}" in mail["text"] for mail in mails)


def two_merged(city: People, about: str) -> tuple[str, str]:
    """Return the codes of a lead and of a petition that was merged into it, both accepted."""
    lead, member = two_receipts(city, about)
    return lead["code"], member["code"]


def two_receipts(city: People, about: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the receipts of a lead and of a petition that was merged into it, both accepted."""
    lead, member = lodged(city, f"{about} một", name="Lê Một"), lodged(city, f"{about} hai", name="Lê Hai")
    for receipt in (lead, member):
        act(city, receipt["code"], "accept")
        until(partial(has_clock, city, receipt["code"], "IH.NORMAL"), what="the clock of the answer runs")
    act(city, member["code"], "merge", into=lead["code"])
    return lead, member


def has_clock(city: People, code: str, rule: str) -> bool:
    return rule in {clock["rule"] for clock in clocks(city, code)}
