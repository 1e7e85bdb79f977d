"""Webhooks and their deliveries as `caunoi webhook` prints them."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Column, Table

_SECONDS = 19


def webhook_table(found: Sequence[dict[str, Any]]) -> Table:
    """Return a table of webhooks."""
    table = Table(Column("id", no_wrap=True), "office", "state", "waiting", "last success", "last failure", "url")
    for item in found:
        failure = f"{item['last_failure']} ({item['failures']})" if item["last_failure"] else ""
        table.add_row(
            item["id"], item["office"], _state(item), str(item["waiting"]), _at(item["last_success_at"]), failure, item["url"]
        )
    return table


def webhook_details(item: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that tell of one webhook."""
    yield f"webhook      {item['id']}"
    yield f"office       {item['office']}"
    yield f"address      {item['url']}"
    if item["description"]:
        yield f"description  {item['description']}"
    yield f"events       {', '.join(item['event_types']) if item['event_types'] else 'all'}"
    yield f"state        {_state(item)}"
    yield f"waiting      {item['waiting']}"
    if item["failing_since"]:
        yield f"failing      since {_at(item['failing_since'])}, {item['failures']} in a row, last: {item['last_failure']}"
    for ends_at in item.get("former_secrets_end_at") or []:
        yield f"old secret   signs until {_at(ends_at)}"
    if "secret" in item:
        yield "secret       chỉ hiện một lần / shown once:"
        yield f"  {item['secret']}"
        if item.get("former_secret_ends_at"):
            yield f"the one before signs until {_at(item['former_secret_ends_at'])}"


def delivery_table(found: Sequence[dict[str, Any]]) -> Table:
    """Return a table of deliveries."""
    table = Table(
        Column("id", no_wrap=True), "queued at", "petition", "event", "state", "attempts", "status", "reason, or next attempt"
    )
    for item in found:
        what = item["type"].removeprefix("petitions.")
        more = item["reason"] or (_at(item["next_try_at"]) if item["state"] == "waiting" else "")
        status = str(item["status"] or "")
        table.add_row(
            item["id"], _at(item["created_at"]), item["petition"] or "", what, item["state"], str(item["attempts"]), status, more
        )
    return table


def delivery_details(item: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that tell of one delivery: what was sent, and what was answered each time."""
    yield f"delivery  {item['id']} ({item['type']}): {item['state']}{' · ' + item['reason'] if item['reason'] else ''}"
    if item["request_body"]:
        yield f"sent      {item['request_body']}"
    for attempt in item["log"] or []:
        took = f", {attempt['milliseconds']:.0f} ms" if attempt["milliseconds"] is not None else ""
        where = f" by {attempt['address']}" if attempt["address"] else ""
        yield f"attempt {attempt['number']}  {_at(attempt['started_at'])}: {attempt['outcome']}{where}{took}"
        for name, value in (attempt["response_headers"] or {}).items():
            yield f"    {name}: {value}"
        if attempt["response_body"]:
            yield f"    {attempt['response_body']}{' …' if attempt['is_cut'] else ''}"


def _state(item: dict[str, Any]) -> str:
    return f"{item['state']} ({item['paused_why']})" if item["paused_why"] else str(item["state"])


def _at(instant: str | None) -> str:
    return instant[:_SECONDS].replace("T", " ") if instant else ""
