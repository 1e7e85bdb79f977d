"""`caunoi notice`: what was sent and what failed, the words of notices, and mails that come back."""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer

from deploy.cli.client import TIMEOUT_SECONDS, call, city_url, client, pages
from deploy.cli.groups import group

PAGE = 100
MAIL_BYTES_MAX = 200_000
TRY_LATER = 75
"""EX_TEMPFAIL (sysexits.h): the mail server keeps the mail and hands it over again."""


def register(root: typer.Typer) -> None:
    """Add `caunoi notice failed`, `retry`, `templates`, `preview`, `replace`, `people` and `bounce`."""
    commands = group(root, "notice", help_text="Notices to people: what failed, their words, mails that come back.")
    commands.command("failed")(failed)
    commands.command("retry")(retry)
    commands.command("templates")(templates)
    commands.command("preview")(preview)
    commands.command("replace")(replace)
    commands.command("people")(people)
    commands.command("bounce")(bounce)


def failed() -> None:
    """List notices that will not be tried again, latest first, with the reason."""
    with client() as http:
        for item in pages(http, "/notify/api/notices", {"state": "failed"}, limit=PAGE):
            last = (item["log"] or [{}])[-1]
            print(
                f"{item['id']}  {item['settled_at'][:19]}  {item['code'] or '-'}  {item['about']}.{item['audience']}  "
                f"{item['channel'] or '-'} {last.get('to', '-')}  {item['reason']}"
            )


def retry(notice: Annotated[str, typer.Argument(help="id of a notice that failed or was skipped")]) -> None:
    """Try a notice again, by every way."""
    with client() as http:
        print(call(http, "POST", f"/notify/api/notices/{notice}/retry").json()["state"])


def templates(
    name: Annotated[str | None, typer.Argument(help="a template: show its history and what it may tell")] = None,
) -> None:
    """List the templates of notices with the version that counts."""
    with client() as http:
        if name is None:
            for item in call(http, "GET", "/notify/api/templates").json()["items"]:
                print(f"{item['name']:<28} {item['counts']['vi']}  {item['counts']['en']}")
            return
        found = call(http, "GET", f"/notify/api/templates/{name}").json()
    for language, label in found["counts"].items():
        print(f"{language}: {label}; {{{{ }}}}: {', '.join(found['placeholders'][language])}")
    for row in found["own"]:
        what = "the city's own" if row["content"] else "the shipped ones again"
        print(f"c{row['version']} {row['language']}  {row['created_at'][:19]}  {row['actor']}: {what} ({row['note']})")
    for item in found["versions"]:
        print(f"\n== {item['template']}\n{item['text'].rstrip()}")


def preview(
    name: Annotated[str, typer.Argument(help="a template (caunoi notice templates)")],
    vi: Annotated[Path | None, typer.Option(help="Vietnamese words that are not in use yet")] = None,
    en: Annotated[Path | None, typer.Option(help="English words that are not in use yet")] = None,
) -> None:
    """Show what a template looks like in both languages, with facts of an invented petition."""
    with client() as http:
        if vi is None or en is None:
            items = call(http, "GET", f"/notify/api/templates/{name}/preview").json()["items"]
        else:
            items = call(http, "POST", f"/notify/api/templates/{name}/preview", json=_texts(vi, en)).json()["items"]
    for item in items:
        parts = f"  ({item['segments']} SMS)" if "segments" in item else ""
        print(f"== {item['template']}{parts}\n{item['subject'] or ''}\n{item['text'].rstrip()}\n".replace("\n\n\n", "\n\n"))


def replace(
    name: Annotated[str, typer.Argument(help="a template (caunoi notice templates)")],
    note: Annotated[str, typer.Option(help="why; kept with the version")],
    vi: Annotated[Path | None, typer.Option(help="file with the Vietnamese words")] = None,
    en: Annotated[Path | None, typer.Option(help="file with the English words")] = None,
) -> None:
    """Write words of the city's own in both languages; without --vi and --en the shipped ones count again."""
    texts = _texts(vi, en) if vi is not None and en is not None else None
    with client() as http:
        done = call(http, "POST", f"/notify/api/templates/{name}", json={"texts": texts, "note": note}).json()
    print(f"{done['counts']['vi']}  {done['counts']['en']}")


def people() -> None:
    """List officers, heads and leaders who registered an address of their own."""
    with client() as http:
        for item in call(http, "GET", "/notify/api/people").json()["items"]:
            state = "confirmed" if item["is_confirmed"] else "not confirmed"
            digest = "digest" if item["wants_digest"] else "no digest"
            print(f"{item['account']:<24} {item['office'] or '-':<16} {item['address'] or '-'}  {state}, {digest}")


def bounce() -> None:
    """Hand over a mail that came back (standard input), as a mail server does: `|caunoi notice bounce`.

    Needs no sign-in: the address that it came back to proves what it is about. Ends with 75 where the city does not answer, so
    that the mail server keeps the mail.
    """
    content = sys.stdin.buffer.read(MAIL_BYTES_MAX)
    recipient = os.environ.get("ORIGINAL_RECIPIENT") or os.environ.get("RECIPIENT")  # as Postfix and others tell a command
    if recipient and recipient.isprintable():
        content = f"X-Original-To: {recipient}\r\n".encode() + content
    try:
        url = f"{city_url()}/notify/api/bounces"
        answer = httpx.post(url, content=content, headers={"Content-Type": "text/plain"}, timeout=TIMEOUT_SECONDS)
    except httpx.TransportError as error:
        _try_later(f"the city does not answer: {type(error).__name__}")
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
        _try_later(f"the city answers {answer.status_code}")
    print(answer.json().get("outcome", answer.status_code))


def _try_later(why: str) -> NoReturn:
    print(why, file=sys.stderr)
    raise typer.Exit(TRY_LATER)


def _texts(vi: Path, en: Path) -> dict[str, str]:
    return {"vi": vi.read_text(encoding="utf-8"), "en": en.read_text(encoding="utf-8")}
