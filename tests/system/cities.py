"""A whole city to be asked as its people ask it: the one named by CAUNOI_URL, or one started for the test.

It is asked with the package that agencies get (sdk/): what they would stumble over, these tests do.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from caunoi_sdk import City as Client
from caunoi_sdk import Lodging, fixed
from deploy.local.accounts import DEMO_PASSWORD
from tests.system.processes import ROOT, Running, shell_environment

SETTLE_SECONDS_MAX = 60.0
PAUSE_SECONDS = 0.1

Answer = TypeVar("Answer")


@dataclass
class People:
    """Officers, auditors and citizens of the city at `url`."""

    url: str
    _tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=30)
        self._loop = asyncio.new_event_loop()
        self._asking = threading.Thread(target=self._loop.run_forever, daemon=True, name="people")
        self._asking.start()
        self._clients: dict[tuple[str | None, str], Client] = {}

    def bearer(self, account: str) -> dict[str, str]:
        if account not in self._tokens:
            form = {"grant_type": "password", "username": account, "password": DEMO_PASSWORD}
            self._tokens[account] = self.http.post("/issuer/token", data=form).json()["access_token"]
        return {"Authorization": f"Bearer {self._tokens[account]}"}

    def client(self, account: str | None = None, *, language: str = "vi") -> Client:
        """Return a client of the SDK, signed in as `account`."""
        known = (account, language)
        if known not in self._clients:
            token = fixed(self.bearer(account)["Authorization"].removeprefix("Bearer ")) if account else None
            self._clients[known] = Client(self.url, token=token, language=language)
        return self._clients[known]

    def ask(self, asking: Coroutine[Any, Any, Answer]) -> Answer:
        """Return what a client answers."""
        return asyncio.run_coroutine_threadsafe(asking, self._loop).result()

    def close(self) -> None:
        for client in self._clients.values():
            self.ask(client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._asking.join()
        self._loop.close()
        self.http.close()

    def lodge(self, **petition: Any) -> str:
        """Lodge as a citizen; return the tracking code."""
        return str(self.ask(self.client().lodge(Lodging(**petition))).code)

    def look(self, code: str) -> dict[str, Any]:
        """Look as whoever holds the code."""
        found: dict[str, Any] = self.ask(self.client(language="en").get(f"/intake/api/petitions/{code}"))
        return found

    def look_until(self, code: str, is_so: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Look until intake shows it so: it hears of an act by the bus on its own, before audit does or after."""
        ends = time.monotonic() + SETTLE_SECONDS_MAX
        while not is_so(seen := self.look(code)):
            assert time.monotonic() < ends, f"{code} is shown as {seen}"
            time.sleep(PAUSE_SECONDS)
        return seen

    def act(self, account: str, code: str, act: str, **body: Any) -> httpx.Response:
        """Do an act, or be refused: the answer whatever it is."""
        path = f"/routing/api/petitions/{code}/{act}"
        return self.ask(self.client(account).transport.raw("POST", path, json=body))

    def get(self, account: str, path: str) -> Any:
        answer = self.http.get(path, headers=self.bearer(account))
        assert answer.is_success, answer.text
        return answer.json()

    def trace(self, code: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get("kiemtoan", f"/audit/api/petitions/{code}/trace")
        return found

    def types(self, code: str) -> list[str]:
        """Return what was said of a petition, in the order of the log, as ``routing petition.routed``."""
        answer = self.http.get(f"/audit/api/petitions/{code}/trace", headers=self.bearer("kiemtoan"))
        events = answer.json()["events"] if answer.is_success else []
        return [re.sub(r"^petitions\.(\w+)\.(.*)\.v1$", r"\1 \2", event["type"]) for event in events]

    def wait_for(self, code: str, *types: str) -> list[str]:
        """Wait until all of `types` were said of a petition."""
        ends = time.monotonic() + SETTLE_SECONDS_MAX
        while set(types) - set(said := self.types(code)):
            assert time.monotonic() < ends, f"{code}: {sorted(set(types) - set(said))} missing in {said}"
            time.sleep(PAUSE_SECONDS)
        return said

    def mails_about(self, code: str) -> list[dict[str, Any]]:
        """Return the mails whose subject names a petition."""
        found = self.http.get("/mail/api/messages", params={"limit": 500}).json()["items"]
        return [mail for mail in found if code in mail["subject"]]

    def caunoi(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command line against this city."""
        command = [sys.executable, "-m", "deploy.cli.main", *words]
        environ = shell_environment() | {"CAUNOI_URL": self.url, "COLUMNS": "250"}
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environ)

    def caunoi_json(self, *words: str) -> Any:
        done = self.caunoi(*words)
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout)


class City(Running):
    """A city as a child process, with everything that it started."""

    def __init__(self, var: Path) -> None:
        super().__init__("up", "--port", "0", "--var", str(var))
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        found = re.search(r"http://[0-9.:]+", said)
        assert found, f"the city did not start:\n{said}"
        self.url = found.group()


@contextmanager
def some_city(var: Path) -> Iterator[People]:
    """Give the city that CAUNOI_URL names, or start one in `var` and stop it at the end."""
    named = os.environ.get("CAUNOI_URL")
    if named:
        people = People(named.rstrip("/"))
        yield people
        people.close()
        return
    city = City(var)
    people = People(city.url)
    try:
        yield people
    finally:
        people.close()
        city.end()
        assert city.process.stdout is not None
        city.process.stdout.close()
