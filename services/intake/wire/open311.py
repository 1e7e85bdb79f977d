"""Open311 GeoReport v2 as it is written: one answer, as XML or as JSON. Pure.

Invariant: both forms are made from the same values, and whatever they hold can be read back: what XML cannot carry is replaced.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson

from services.intake.domain.likeness import Place
from services.intake.domain.lodging import LEGAL_ZONE
from services.intake.domain.open311 import COMMUNE, Note, Report, Topic, status_of
from services.intake.domain.places import GRID_DEGREES
from services.intake.wire.words import STATES, STEPS

XML, JSON = "xml", "json"
MEDIA_TYPES = {XML: "text/xml; charset=utf-8", JSON: "application/json; charset=utf-8"}
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGESET = datetime(2026, 11, 28, tzinfo=LEGAL_ZONE)
"""When the document of discovery was changed last."""
_HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n'
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ITEMS = {
    "errors": "error",
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "notes": "note",
}
"""What one of a list is called in XML."""
_COMMITTEE = re.compile(r"^(U[ỷý] ban nhân dân|Ủy ban nhân dân|UBND|People's Committee of) ", re.IGNORECASE)

Names = Mapping[str, tuple[str, str]]
"""Vietnamese and English names by code."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: a list or an object, under the name of its XML root."""

    root: str
    content: Sequence[Mapping[str, Any]] | Mapping[str, Any]


def written(answer: Answer, form: str) -> bytes:
    """Return the answer as it is sent."""
    if form == JSON:
        return orjson.dumps(answer.content)
    root = Element(answer.root)
    _fill(root, answer.content)
    return _HEAD + tostring(root, encoding="unicode").encode()


def _fill(element: Element, value: Any) -> None:
    match value:
        case Mapping():
            for name, inner in value.items():
                _fill(SubElement(element, name), inner)
        case list():
            for inner in value:
                _fill(SubElement(element, _ITEMS[element.tag]), inner)
        case bool():
            element.text = "true" if value else "false"
        case None:
            pass
        case _:
            element.text = _NOT_XML.sub("\ufffd", str(value)) or None


def errors(status: int, descriptions: Iterable[str]) -> Answer:
    """Return the answer to what cannot be done, each mistake by itself."""
    return Answer("errors", [{"code": status, "description": description} for description in descriptions])


def discovery(url: str, contact: str, *, is_english: bool) -> Answer:
    """Return where the door is and who gives out keys. `url` is that of the folder in which this document lies."""
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{url}/v2",
        "changeset": instant(CHANGESET),
        "type": "production",
        "formats": ["text/xml", "application/json"],
    }
    key_service = (
        f"Keys are given out by: {contact}. Reading needs none."
        if is_english
        else f"Khoá api_key do nơi sau cấp: {contact}. Đọc thì không cần khoá."
    )
    found = {"changeset": instant(CHANGESET), "contact": contact, "key_service": key_service, "endpoints": [endpoint]}
    return Answer("discovery", found)


def services(topics: Iterable[Topic], *, is_english: bool) -> Answer:
    """Return the services: one for each topic."""
    group = "Field reports" if is_english else "Phản ánh hiện trường"
    found = [
        {
            "service_code": topic.code,
            "service_name": _name(topic, is_english=is_english),
            "description": _name(topic, is_english=is_english),
            "metadata": True,
            "type": "realtime",
            "keywords": None,
            "group": group,
        }
        for topic in topics
    ]
    return Answer("services", found)


def definition(topic: Topic, communes: Iterable[tuple[str, str]], *, is_english: bool) -> Answer:
    """Return the one attribute of a service: the commune, from the register."""
    attribute = {
        "variable": True,
        "code": COMMUNE,
        "datatype": "singlevaluelist",
        "required": False,
        "datatype_description": "Left out: told by the coordinates" if is_english else "Bỏ trống: xác định theo toạ độ",
        "order": 1,
        "description": "Commune" if is_english else "Phường, xã",
        "values": [{"key": code, "name": commune_name(name)} for code, name in communes],
    }
    return Answer("service_definition", {"service_code": topic.code, "attributes": [attribute]})


def commune_name(office: str) -> str:
    """Return a commune's name from that of its people's committee."""
    bare = _COMMITTEE.sub("", office)
    return bare[:1].upper() + bare[1:]


def lodged(code: str, notice: str, secret: str | None) -> Answer:
    """Return the receipt; `secret` where it was asked for."""
    receipt: dict[str, Any] = {"service_request_id": code, "service_notice": notice, "account_id": None}
    if secret is not None:
        receipt["extended_attributes"] = {"secret": secret}
    return Answer("service_requests", [receipt])


def token(code: str) -> Answer:
    """Return the request that a token stands for: the token of each is its own number."""
    return Answer("service_requests", [{"service_request_id": code, "token": code}])


@dataclass(frozen=True, slots=True)
class Shown:
    """Reports with the names of what they name; `notes` by code where the history is asked for."""

    reports: Sequence[Report]
    topics: Mapping[str, Topic]
    offices: Names
    notes: Mapping[str, Sequence[Note]] | None = None


def requests(shown: Shown, *, is_english: bool) -> Answer:
    """Return reports as everybody may see them."""
    return Answer("service_requests", [_request(report, shown, is_english=is_english) for report in shown.reports])


def _request(report: Report, shown: Shown, *, is_english: bool) -> dict[str, Any]:
    place = 1 if is_english else 0
    topic = shown.topics.get(report.topic or "")
    commune = shown.offices.get(commune_office(report.commune), (None, None))[place]
    found: dict[str, Any] = {
        "service_request_id": report.code,
        "status": status_of(report.state),
        "status_notes": STATES[report.state][place],
        "service_name": _name(topic, is_english=is_english) if topic else "",
        "service_code": topic.code if topic else "",
        "description": None,  # what a citizen wrote is not for everybody
        "agency_responsible": shown.offices.get(report.office or "", (report.office, report.office))[place],
        "service_notice": None,
        "requested_datetime": instant(report.lodged_at),
        "updated_datetime": instant(report.changed_at),
        "expected_datetime": instant(report.due_at) if report.due_at else None,
        "address": commune_name(commune) if commune else None,
        "address_id": report.commune,
        "zipcode": None,
        "lat": _degrees(report.place, "north"),
        "long": _degrees(report.place, "east"),
        "media_url": None,
    }
    if shown.notes is not None:
        notes = [_note(note, is_english=is_english) for note in shown.notes.get(report.code, ())]
        found["extended_attributes"] = {"notes": notes}
    return found


def commune_office(commune: str | None) -> str:
    """Return the code of a commune's office, by which its name is known."""
    return f"hanoi-{commune}" if commune else ""


def _note(note: Note, *, is_english: bool) -> dict[str, Any]:
    words = STEPS[note.step.what][1 if is_english else 0]
    return {"datetime": instant(note.step.effective_at), "status": note.status, "description": words}


def updates(notes: Iterable[Note], *, is_english: bool) -> Answer:
    """Return official steps as updates."""
    found = [
        {
            "update_id": f"{note.code}-{note.step.source}-{note.step.version}",
            "service_request_id": note.code,
            "status": note.status,
            "updated_datetime": instant(note.step.effective_at),
            "description": STEPS[note.step.what][1 if is_english else 0],
            "media_url": None,
        }
        for note in notes
    ]
    return Answer("service_request_updates", found)


def commented(code: str, number: int) -> Answer:
    """Return the receipt of a comment."""
    return Answer("service_request_updates", [{"update_id": f"{code}-comment-{number}"}])


def instant(at: datetime) -> str:
    """Return an instant with the zone of Hanoi, to the second."""
    return at.astimezone(LEGAL_ZONE).isoformat(timespec="seconds")


def _degrees(place: Place | None, side: str) -> float | None:
    return None if place is None else round(getattr(place, side) * GRID_DEGREES, 4)


def _name(topic: Topic, *, is_english: bool) -> str:
    return topic.name_en if is_english else topic.name_vi
