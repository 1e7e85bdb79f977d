"""`caunoi demo seed`: a synthetic Hanoi, clearly marked, for demonstrations."""

import os
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import httpx
import typer
from rich.console import Console
from rich.progress import track

from deploy.cli.client import TIMEOUT_SECONDS, call, city_url, client
from deploy.cli.demonstration.acts import play, wait_for_offices
from deploy.cli.demonstration.petitions import FAVOURITE, Plan, past, present
from deploy.cli.endings import fail
from deploy.cli.groups import group
from deploy.cli.importing.sending import BATCH_ROWS_MAX
from shared.kernel.clock import SystemClock

SOURCE = "synthetic"
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
PETITIONS_MAX = 200_000
DAYS_MAX = 365


def register(root: typer.Typer) -> None:
    group(root, "demo", help_text="Demonstrations.").command("seed")(seed)


def seed(
    petitions: Annotated[int, typer.Option(min=1, max=PETITIONS_MAX, help="how many")] = 300,
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, help="over how many days back")] = 60,
    number: Annotated[int, typer.Option("--seed", help="the same seed on the same day makes the same city, once")] = 1,
) -> None:
    """Fill a city with synthetic petitions: a past with its own times, some lodged now, and acts of the demo officers."""
    now = SystemClock().now().astimezone(HANOI)
    with client() as http:
        plan = Plan(petitions, days, number, now, _communes(http, now.date()))
        imported = _import(http, plan)
    with httpx.Client(base_url=city_url(), timeout=TIMEOUT_SECONDS) as http:  # petitioners do not sign in
        codes = _lodge(http, plan)
    print(f"{imported} imported, {len(codes)} lodged; every text begins with [Dữ liệu giả lập]")
    if os.environ.get("CAUNOI_TOKEN"):
        print("no acts: they need the demo officers, and CAUNOI_TOKEN names somebody else")
        return
    wait_for_offices(client, codes)
    print(f"{play(client, codes)} acts of the demo officers")


def _communes(http: httpx.Client, today: date) -> list[str]:
    found = call(http, "GET", "/routing/api/offices", params={"jurisdiction": "hanoi"}).json()["items"]
    day = today.isoformat()
    open_ones = [office for office in found if office["kind"] == "commune" and (office["valid_to"] or day) >= day]
    codes = sorted(office["code"].removeprefix("hanoi-") for office in open_ones)
    if FAVOURITE not in codes:
        fail("the directory of Hanoi is not loaded", "caunoi directory load")
    return codes


def _import(http: httpx.Client, plan: Plan) -> int:
    rows, imported = list(past(plan)), 0
    starts = range(0, len(rows), BATCH_ROWS_MAX)
    for start in track(starts, description="the past", console=Console(stderr=True), transient=True):
        body = {"rows": rows[start : start + BATCH_ROWS_MAX]}
        done = call(http, "POST", f"/intake/api/imports/{SOURCE}/rows", json=body).json()
        imported += done["imported"]
        if done["rejected"]:
            fail(f"a synthetic row was refused: {done['rejected'][0]}", "was this seed used on this day with other options?")
    return imported


def _lodge(http: httpx.Client, plan: Plan) -> dict[str, int]:
    """Lodge what is lodged now; return the codes with their numbers."""
    bodies = list(enumerate(present(plan)))
    codes = {}
    for place, (key, body) in track(bodies, description="the present", console=Console(stderr=True), transient=True):
        answer = call(http, "POST", "/intake/api/petitions", json=body, headers={"Idempotency-Key": key})
        codes[answer.json()["code"]] = place
    return codes
