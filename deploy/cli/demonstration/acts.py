"""What the demo officers do about the petitions lodged now: some accept, some answer with evidence, some refuse or pass on."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import httpx

from deploy.cli.client import call
from deploy.cli.demonstration.words import ANSWERS

OFFICERS = ("tiepdan", "canbo.hoankiem", "canbo.xaydung")  # what is assigned from the pool is then acted upon
RECEPTION = "tiepdan"
PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.2
QUEUE_MAX = 200
EVIDENCE = b"%PDF-1.4\n% synthetic evidence of a demonstration\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"

ASKED = {"requests": ["Giải quyết nội dung nêu trong đơn."]}
REASONED = {
    "points": [{"request": 1, "answer": "Đã xem xét và trả lời như trên."}],
    "grounds": ["Kết quả kiểm tra thực tế của cơ quan."],
    "appeal": "Nếu không đồng ý, có thể khiếu nại tiếp hoặc khởi kiện tại Toà án.",
}

Client = Callable[[str], httpx.Client]


def wait_for_offices(clients: Client, codes: Iterable[str]) -> None:
    """Wait until every one of `codes` has an office, or patience is over: acts are then left out."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    waiting = set(codes)
    with clients(RECEPTION) as http:
        while waiting and time.monotonic() < deadline:
            states = {code: call(http, "GET", f"/intake/api/petitions/{code}").json()["state"] for code in waiting}
            waiting = {code for code, state in states.items() if state == "lodged"}
            if waiting:
                time.sleep(PAUSE_SECONDS)


def play(clients: Client, codes: Mapping[str, int]) -> int:
    """Let each demo officer work on what is in the own queue; return how many acts there were.

    What becomes of a petition follows from its number in `codes`, so that a second run finds nothing left to do.
    """
    acts = 0
    for officer in OFFICERS:
        with clients(officer) as http:
            mine = [item for item in _queue(http) if item["code"] in codes and item["state"] == "routed"]
            for item in sorted(mine, key=lambda item: codes[item["code"]]):
                acts += _act(http, item, codes[item["code"]])
    return acts


def _queue(http: httpx.Client) -> Iterator[Mapping[str, Any]]:
    parameters = {"limit": str(QUEUE_MAX)}
    while True:
        page = call(http, "GET", "/routing/api/queue", params=parameters).json()
        yield from page["items"]
        if not page["next"]:
            return
        parameters["cursor"] = page["next"]


def _act(http: httpx.Client, item: Mapping[str, Any], number: int) -> int:
    """Do what is this petition's turn: of five two are answered, one is accepted, one refused, one waits."""
    version = int(item["version"])
    if item["is_unassigned"]:
        if number % 2 == 0:
            return 0  # the pool stays visible
        body = {"to_office": "hanoi-00070", "reason": "assignment"}
        return _done(http, item, "transfer", version, body)
    match number % 5:
        case 0 | 1:
            accepted = _done(http, item, "accept", version, ASKED)
            return accepted + (_answer(http, item, version + 1, ANSWERS[number % len(ANSWERS)]) if accepted else 0)
        case 2:
            return _done(http, item, "accept", version, ASKED)
        case 3:
            return _done(http, item, "refuse", version, {"ground": "PA_1"})
    return 0


def _answer(http: httpx.Client, item: Mapping[str, Any], version: int, words: str) -> int:
    """Upload evidence, wait until routing knows it, answer."""
    path = f"/intake/api/petitions/{item['code']}/attachments"
    stored = _until_done(lambda: http.post(path, params={"purpose": "evidence"}, files={"files": ("a.pdf", EVIDENCE)}))
    if stored is None:
        return 0
    evidence = [stored.json()["attachments"][0]["id"]]
    body = {"version": version, "text": words, "evidence": evidence} | REASONED
    return int(_until_done(lambda: http.post(f"/routing/api/petitions/{item['code']}/answer", json=body)) is not None)


def _until_done(ask: Callable[[], httpx.Response]) -> httpx.Response | None:
    """Ask again while the other service has not heard yet."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = ask()
        if answer.is_success:
            return answer
        if answer.status_code not in (httpx.codes.NOT_FOUND, httpx.codes.CONFLICT):
            return None
        time.sleep(PAUSE_SECONDS)
    return None


def _done(http: httpx.Client, item: Mapping[str, Any], act: str, version: int, body: Mapping[str, Any]) -> int:
    path = f"/routing/api/petitions/{item['code']}/{act}"
    return int(http.post(path, json={"version": version, **body}).is_success)
