"""Receipts while parts are away, late or killed: nobody gets a bad one, and what was given out once is good for ever."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from shared.testing import wait_until
from shared.tlog.notes import Signer, signed
from shared.tlog.verify import Checkpoint, Receipt, verify_receipt
from tests.fault.fleets import Fleet, FleetPeople, fleet_in
from tests.system.processes import ROOT

WORDS = "Đèn đường trước số 5 không sáng."
SECONDS_MAX = 60.0
NOT_YET, AWAY = 409, 503

pytestmark = pytest.mark.timeout(300)


def _lodge(people: FleetPeople) -> dict[str, str]:
    answer = people.http.post(f"{people.url}/intake/api/petitions", json={"kind": "recommendation", "text": WORDS})
    assert answer.status_code == 201, answer.text
    receipt: dict[str, str] = answer.json()
    return receipt


def _ask(people: FleetPeople, lodged: dict[str, str]) -> httpx.Response:
    asked = {"secret": lodged["secret"]}
    return people.http.post(f"{people.url}/intake/api/petitions/{lodged['code']}/proof", json=asked)


async def _fetch(people: FleetPeople, lodged: dict[str, str]) -> bytes:
    """Fetch a receipt as who lodged does it: again and again while it is said not to be there yet."""
    given: list[bytes] = []

    async def is_there() -> bool:
        answer = _ask(people, lodged)
        if answer.status_code in {NOT_YET, AWAY}:
            assert int(answer.headers["retry-after"]) > 0
            return False
        assert answer.status_code == 200, answer.text
        given.append(answer.content)
        return True

    await wait_until(is_there, SECONDS_MAX, what="the receipt is there")
    return given[0]


def _key(fleet: Fleet) -> str:
    return httpx.get(f"{fleet.url('audit')}/log/key").raise_for_status().text


def _checked(content: bytes, key: str, code: str) -> Receipt:
    receipt = verify_receipt(content, key, code=code)
    assert receipt.holds(WORDS.encode()) == "text"
    return receipt


async def test_receipts_survive_what_happens_to_the_city(tmp_path: Path) -> None:
    async with fleet_in(tmp_path) as fleet:
        people = fleet.people()
        first = _lodge(people)
        given = await _fetch(people, first)
        key = _key(fleet)
        before = _checked(given, key, first["code"])

        fleet.kill("audit")
        answer = _ask(people, first)
        assert (answer.status_code, answer.json()["code"]) == (AWAY, "audit_unreachable")
        meanwhile = _lodge(people)  # nobody is sent away because the log is
        fleet.start("audit")
        assert _ask(people, meanwhile).status_code in {NOT_YET, AWAY}
        later = _checked(await _fetch(people, meanwhile), key, meanwhile["code"])

        for name in ("intake", "audit", "nats", "postgres"):
            fleet.kill(name)
        for name in ("postgres", "nats", "intake", "audit"):
            fleet.start(name)
        await fleet.ready()
        again = _checked(await _fetch(people, first), key, first["code"])
        assert _key(fleet) == key
        assert (again.event, again.parts, again.proven.entry) == (before.event, before.parts, before.proven.entry)
        assert again.proven.proof.index == before.proven.proof.index
        assert before.proven.opened.checkpoint.size < later.proven.opened.checkpoint.size
        (tmp_path / "receipt").write_bytes(given)
        _has_only_grown(fleet, tmp_path / "receipt")
        people.close()
    _checks_alone(tmp_path, key)


def _has_only_grown(fleet: Fleet, old: Path) -> None:
    """The log after all that is the one of the receipt, grown longer; a log that somebody made up in its place is not."""
    key, log = _key(fleet), f"{fleet.url('audit')}/log"
    done = _caunoi("grown", str(old), "--key", key, "--log", log)
    assert (done.returncode, "only grown" in done.stdout) == (0, True), done.stderr
    signer = Signer.from_seed("caunoi/log", bytes.fromhex((fleet.directory / "city" / "secrets" / "log-key").read_text()))
    forged = Checkpoint(origin=signer.vkey.name, size=2, root=bytes(32))
    old.with_name("forged").write_text(str(signed(str(forged), signer)), encoding="utf-8")
    done = _caunoi("grown", str(old.with_name("forged")), "--key", key, "--log", log)
    assert (done.returncode, "not the old one" in done.stderr) == (1, True), done.stdout


def _caunoi(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.cli.main", "proof", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _checks_alone(directory: Path, key: str) -> None:
    """What was given out is checked by the command while no part of the city runs any more."""
    (directory / "words").write_text(WORDS, encoding="utf-8")
    done = _caunoi("verify", str(directory / "receipt"), "--key", key, "--content", str(directory / "words"))
    assert (done.returncode, "PROVEN" in done.stdout) == (0, True), done.stderr
